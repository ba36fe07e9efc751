"""Cover by the pages, as people use them without scripts: ask, answer in one tap, a leave, history and undo."""

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from tests.product import setting
from tests.product.doors import Browser, House, served_house
from tocsin.duty.words import day_and_time
from tocsin.edge.access import Who
from tocsin.kernel.crypto import Keys, load_master
from tocsin.oncall.links import swap_token

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with served_house() as served:
        yield served


@pytest.fixture
def schedule(house: House) -> Iterator[str]:
    """The administrator and the member in turn, a day each; nobody stands in another one."""
    people = [setting.id_of(house.server, house.token, f"{who}@example.org") for who in ("ada", "member")]
    layer = {"participants": people, "kind": "daily", "handoff_time": "00:00", "start_date": "2026-01-05"}
    name = f"Search {datetime.now(UTC).isoformat()}"
    body = {"name": name, "time_zone": "UTC", "rotations": [layer]}
    made = str(house.server.api("POST", "/schedules", body, house.token)["id"])
    yield made
    house.server.api("DELETE", f"/schedules/{made}", token=house.token)


def turn(house: House, schedule: str, email: str, number: int = 0) -> tuple[str, str]:
    """A turn of somebody that is still to come."""
    rows = house.server.rows(
        "select starts_at, ends_at from shifts s join users u on u.id = s.user_id "
        "where schedule_id = $1 and email = $2 and starts_at > clock() order by starts_at",
        UUID(schedule), email,
    )  # fmt: skip
    return rows[number]["starts_at"].isoformat(), rows[number]["ends_at"].isoformat()


def holder(house: House, schedule: str, at: str) -> str:
    rows = house.server.rows(
        "select email from shifts s join users u on u.id = s.user_id "
        "where schedule_id = $1 and starts_at <= $2 and ends_at > $2",
        UUID(schedule), datetime.fromisoformat(at),
    )  # fmt: skip
    return str(rows[0]["email"])


def read(person: Browser, path: str, expected: int = 200) -> str:
    status, _, page = person.ask("GET", path)
    assert status == expected, (path, status, page[:2000])
    return html.unescape(page)


def sent(person: Browser, path: str, **fields: str) -> str:
    """Posts a form that must be taken, and reads the page that follows."""
    status, headers, page = person.post(path, **fields)
    assert status == 303, (path, status, page[:3000])
    return read(person, headers["location"])


def asked(house: House, schedule: str, **fields: str) -> str:
    """The member asks; answers the request's id."""
    member = house.people[Who.MEMBER]
    starts, ends = turn(house, schedule, "member@example.org")
    page = sent(
        member, f"/on-call/{schedule}/swap", starts_at=starts[:16], ends_at=ends[:16],
        **({"to_user_id": "", "note": ""} | fields),
    )  # fmt: skip
    assert "Asked. You are told" in page
    found = house.server.rows("select id from swap_requests where schedule_id = $1", UUID(schedule))
    return str(found[0]["id"])


def test_asking_starts_with_a_shift(house: House, schedule: str) -> None:
    member = house.people[Who.MEMBER]
    page = read(member, f"/on-call/{schedule}/swap")
    link = re.search(rf'href="(/on-call/{schedule}/swap\?from=[^"]+)"', page.replace("&amp;", "&"))
    assert link
    form = read(member, re.findall(rf'href="(/on-call/{schedule}/swap\?from=[^"]+)"', page)[-1])
    assert 'name="starts_at" type="datetime-local" value="20' in form
    assert "Everybody in the schedule (1)" in form
    assert re.search(
        r"Ada Admin · [☾☀] \d\d:\d\d · on call then|Ada Admin · [☾☀] \d\d:\d\d · free then", form
    )
    assert "Ada Admin: " in form, "a shift in return"
    assert "of your shift" not in read(house.people[Who.ADMIN], f"/on-call/{schedule}/swap")
    assert house.people[Who.VIEWER].ask("GET", f"/on-call/{schedule}/swap")[0] == 403


def test_asked_and_accepted_in_one_tap(house: House, schedule: str) -> None:
    admin, member = house.people[Who.ADMIN], house.people[Who.MEMBER]
    ada = setting.id_of(house.server, house.token, setting.ADA)
    back = turn(house, schedule, setting.ADA)
    swap = asked(house, schedule, in_return=f"{ada} {back[0]} {back[1]}", note="I have <b>a cold</b>.")
    waiting = admin.ask("GET", "/on-call/cover")[2]
    assert "Waiting for you" in waiting
    assert "I have &lt;b&gt;a cold&lt;/b&gt;." in waiting
    assert "What you asked" in read(member, "/on-call/cover")
    assert "Between others" in read(house.people[Who.VIEWER], "/on-call/cover")
    assert "Accept" not in read(house.people[Who.VIEWER], "/on-call/cover")
    starts, _ = turn(house, schedule, "member@example.org")
    page = sent(admin, f"/on-call/cover/{swap}", answer="accept")
    assert "It is yours now." in page
    assert "Member → Ada Admin" in re.sub(r"<[^>]+>", "", page)
    assert holder(house, schedule, starts) == setting.ADA
    assert holder(house, schedule, back[0]) == "member@example.org"
    assert "Ada Admin has taken it already." in sent(admin, f"/on-call/cover/{swap}", answer="decline")


def test_declined_and_withdrawn(house: House, schedule: str) -> None:
    admin, member = house.people[Who.ADMIN], house.people[Who.MEMBER]
    swap = asked(house, schedule)
    assert "Member's request" not in read(admin, "/on-call/cover")
    assert "Declined. Member is told." in sent(admin, f"/on-call/cover/{swap}", answer="decline")
    asked(house, schedule)
    newest = house.server.rows(
        "select id from swap_requests where schedule_id = $1 and state = 'open'", UUID(schedule)
    )
    assert "Withdrawn." in sent(member, f"/on-call/cover/{newest[0]['id']}", answer="withdraw")


def test_what_is_wrong_stands_beside_the_field(house: House, schedule: str) -> None:
    member = house.people[Who.MEMBER]
    starts, ends = turn(house, schedule, "member@example.org")
    path = f"/on-call/{schedule}/swap"
    for fields, sentence in [
        ({"starts_at": ends[:16], "ends_at": starts[:16]}, "The end must come after the start."),
        ({"starts_at": "", "ends_at": ends[:16]}, "Both a start and an end are needed."),
        ({"starts_at": "yesterday", "ends_at": ends[:16]}, "is not a date and time"),
        ({"starts_at": "2020-01-01T00:00", "ends_at": ends[:16]}, "begun already"),
        ({"starts_at": starts[:16], "ends_at": ends[:16], "in_return": "x y z"}, "This shift is not known."),
    ]:
        status, _, page = member.post(path, **fields)
        assert status == 422, (fields, status)
        assert sentence in html.unescape(page), fields
    assert house.people[Who.VIEWER].post(path, starts_at=starts)[0] == 403


def test_a_manager_asks_and_answers_for_who_is_away(house: House, schedule: str) -> None:
    admin = house.people[Who.ADMIN]
    member_id = setting.id_of(house.server, house.token, "member@example.org")
    ada = setting.id_of(house.server, house.token, setting.ADA)
    starts, ends = turn(house, schedule, "member@example.org")
    page = read(admin, f"/on-call/{schedule}/swap?from={starts[:16]}&to={ends[:16]}&for={member_id}")
    assert "Ask somebody to take the shift of Member" in page
    named = read(admin, f"/on-call/{schedule}/swap?from={starts[:16]}&to={ends[:16]}")
    assert "Ask somebody to take the shift of Member" in named, "whose it is follows from the time"
    sent(admin, f"/on-call/{schedule}/swap", from_user_id=member_id, starts_at=starts[:16], ends_at=ends[:16])
    assert "Waiting for you" in read(admin, "/on-call/cover"), "everybody was asked"
    (row,) = house.server.rows("select id from swap_requests where schedule_id = $1", UUID(schedule))
    assert "Answered. Both are told." in sent(
        admin, f"/on-call/cover/{row['id']}", answer="accept", as_user=ada
    )
    assert house.people[Who.MEMBER].ask("GET", f"/on-call/{schedule}/swap?for={ada}")[0] == 403


def test_the_link_in_a_message(house: House, schedule: str) -> None:
    """Opening it changes nothing; its button answers without signing in."""
    swap = asked(house, schedule)
    ada = UUID(setting.id_of(house.server, house.token, setting.ADA))
    keys = Keys(load_master(Path(house.server.data), None))
    starts, _ = turn(house, schedule, "member@example.org")
    path = f"/swap/{swap_token(keys, UUID(swap), ada, datetime.fromisoformat(starts))}"
    stranger = house.stranger()
    house.server.rows("update users set time_zone = 'Asia/Tokyo' where id = $1", ada)
    page = read(stranger, path)
    assert "Can you take the shift of Member?" in page
    assert "As Ada Admin." in page
    # On her clock, whoever's device it is, and before any script.
    assert "Times are in Asia/Tokyo." in page
    assert 'data-time-zone="Asia/Tokyo"' in page
    assert day_and_time(datetime.fromisoformat(starts), "Asia/Tokyo") in page
    assert "of your nights." in page
    read(stranger, path)
    assert holder(house, schedule, starts) == "member@example.org"
    token = re.search(r'name="csrf" value="([^"]+)"', stranger.ask("GET", path)[2])
    assert token
    status, _, done = stranger.post(path, csrf=token.group(1), answer="accept")
    assert status == 200, done[:2000]
    assert "It is yours, Ada Admin." in done
    assert holder(house, schedule, starts) == setting.ADA
    assert "Accept</button>" not in read(stranger, path)
    assert read(stranger, f"{path}x", 404)
    old = swap_token(keys, UUID(swap), ada, datetime.now(UTC) - DAY)
    assert "Sign in and look under On-call" in read(stranger, f"/swap/{old}", 404)


def test_a_leave_is_saved_at_once(house: House, schedule: str) -> None:
    member = house.people[Who.MEMBER]
    first, last = turn(house, schedule, "member@example.org"), turn(house, schedule, "member@example.org", 2)
    assert "First day" in read(member, "/on-call/leave")
    page = read(member, f"/on-call/leave?first={first[0][:10]}&last={last[0][:10]}")
    chosen = re.findall(rf'<option value="({schedule} [^"]+)"[^>]* selected>', page)
    assert len(chosen) == 3
    body = {"first": first[0][:10], "last": last[0][:10], "reason": "Holiday", "cover": chosen[0]}
    assert "1 shift is covered." in sent(member, "/on-call/leave", **body)
    assert holder(house, schedule, first[0]) == setting.ADA
    assert holder(house, schedule, last[0]) == "member@example.org"
    for wrong in ({"cover": "nonsense"}, {"cover": ""}):
        status, _, page = member.post("/on-call/leave", **(body | wrong))
        assert status == 422, wrong
    for query, sentence in [
        ("first=2020-01-01&last=2020-01-02", "over already"),
        ("first=2026-01-01", "Both a first and a last day are needed."),
        ("first=x&last=y", "is not a date"),
        ("first=2027-01-01&last=2029-01-02", "a year at most"),
        ("first=9999-01-01&last=9999-01-02", "must lie between 1900 and 2200"),
    ]:
        assert sentence in read(member, f"/on-call/leave?{query}", 422), query
    ada = setting.id_of(house.server, house.token, setting.ADA)
    assert member.post("/on-call/leave", **(body | {"person": ada}))[0] == 403


def test_the_history_shows_what_changed_and_undoes_it(house: House, schedule: str) -> None:
    admin, viewer = house.people[Who.ADMIN], house.people[Who.VIEWER]
    api = house.server.api
    whole = api("GET", f"/schedules/{schedule}", token=house.token)
    whole["rotations"][0]["participants"].pop()
    api("PUT", f"/schedules/{schedule}", whole, house.token)
    page = read(admin, f"/on-call/{schedule}/history")
    assert "<del>Ada Admin → Member</del>" in page
    assert "<ins>Ada Admin</ins>" in page
    assert "Undo" not in re.sub(r"Undoing", "", read(viewer, f"/on-call/{schedule}/history"))
    seq = re.search(r'name="seq" value="(\d+)"', page)
    assert seq
    assert "Undone, from now on." in sent(admin, f"/on-call/{schedule}/history", seq=seq.group(1))
    assert "This was undone already." in sent(admin, f"/on-call/{schedule}/history", seq=seq.group(1))
    assert "Nothing older" in read(admin, f"/on-call/{schedule}/history?before=1")


def test_from_the_shell(house: House, schedule: str) -> None:
    """Ada asks and withdraws, answers for the member, covers a leave as suggested, and takes it back."""
    starts, ends = turn(house, schedule, setting.ADA)

    def shell(*words: str) -> str:
        return house.server.cli("cover", *words, token=house.token)

    (name,) = (
        r["name"] for r in house.server.rows("select name from schedules where id = $1", UUID(schedule))
    )
    said = shell("ask", name, "--from", starts, "--to", ends, "--note", "A move.")
    assert "Asked everybody in the schedule." in said
    request = said.split()[-1].rstrip(".")
    assert request in shell("list")
    assert "Nobody is asking." in shell("list", "--waiting")
    assert "Withdrawn." in shell("withdraw", request)
    back = turn(house, schedule, "member@example.org")
    ways = ("--of", "member@example.org", "--return-from", back[0], "--return-to", back[1])
    request = shell("ask", schedule, "--from", starts, "--to", ends, *ways).split()[-1].rstrip(".")
    assert "Member takes it" in shell("accept", request, "--for", "member")
    assert (holder(house, schedule, starts), holder(house, schedule, back[0])) == (
        "member@example.org",
        setting.ADA,
    )
    theirs = turn(house, schedule, "member@example.org", 3)
    request = (
        shell("ask", schedule, "--from", theirs[0], "--to", theirs[1], "--for", "member")
        .split()[-1]
        .rstrip(".")
    )
    assert "Declined. Member is told." in shell("decline", request)
    leave = (
        "--from",
        turn(house, schedule, setting.ADA, 3)[0],
        "--to",
        turn(house, schedule, setting.ADA, 4)[1],
    )
    assert "Member" in shell("leave", *leave)
    assert "batch" in shell("leave", *leave, "--reason", "Holiday", "--yes", "--json")
    assert "There is no shift in that time." in shell("leave", *leave)
    history = shell("history", schedule)
    assert "Holiday" in history
    number = next(
        line.split()[0] for line in history.splitlines() if "Holiday" in line and line.endswith("yes")
    )
    assert "Undone" in shell("undo", schedule, number)
    assert "Member" in shell("leave", *leave)
