"""A shift changes hands in a running installation: the mail with the brief, its link, and the pages."""

import html
from collections.abc import Iterator
from typing import Any

import pytest

from tests.product import setting
from tests.product.doors import Browser, House, served_house
from tests.product.harness import link_in, until
from tocsin.edge.access import Who


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with served_house() as served:
        yield served


@pytest.fixture(scope="module")
def schedule(house: House) -> str:
    """The administrator and the member in turn, an hour each: the next hand-off is prepared at once."""
    people = [setting.id_of(house.server, house.token, f"{who}@example.org") for who in ("ada", "member")]
    layer = {"participants": people, "kind": "hourly", "handoff_time": "00:00", "start_date": "2026-01-05"}
    body = {"name": "Search", "time_zone": "UTC", "rotations": [layer], "needs_acceptance": True}
    return str(house.server.api("POST", "/schedules", body, house.token)["id"])


def prepared(house: House, schedule: str) -> list[dict[str, Any]]:
    """The hand-off to come, and the one with which the schedule began."""
    found = house.server.api("GET", f"/schedules/{schedule}/handover", token=house.token)["handovers"]
    return list(found) if len(found) >= 2 else []


def read(person: Browser, path: str, expected: int = 200) -> str:
    status, _, page = person.ask("GET", path)
    assert status == expected, (path, status, page[:2000])
    return html.unescape(page)


def sent(person: Browser, path: str, **fields: str) -> str:
    status, headers, page = person.post(path, **fields)
    assert status == 303, (path, status, page[:3000])
    return read(person, headers["location"])


def test_the_link_in_the_mail_accepts(house: House, schedule: str) -> None:
    until(lambda: prepared(house, schedule), "two prepared handovers")
    mail = house.mailbox.wait("member@example.org", "your shift ")
    path = link_in(mail, "/handover/")
    stranger = house.stranger()
    page = read(stranger, path)
    assert "Search: your shift" in page
    said = ("Ada Admin is paged", "Nobody has this shift before you", "You are on call either way")
    assert any(words in page for words in said), page[-3000:]
    assert "Nothing is open" in page
    status, _, page = stranger.post(path)
    assert status == 200, page[:3000]
    assert "Accepted, Member." in page or "It is yours, Member." in page
    assert "Accept</button>" not in read(stranger, path)
    (mine,) = [h for h in prepared(house, schedule) if h["to"] == "Member" and h["accepted_at"]]
    assert mine["accepted_by"] == "Member"
    assert stranger.ask("GET", path[:-3])[0] == 404


def test_the_page_shows_what_waits_and_a_manager_accepts(house: House, schedule: str) -> None:
    until(lambda: prepared(house, schedule), "two prepared handovers")
    here = f"/on-call/{schedule}/handover"
    waiting = [h for h in prepared(house, schedule) if h["waits"]]
    assert waiting
    assert "Handover" in read(house.people[Who.VIEWER], here)
    assert "Accept</button>" not in read(house.people[Who.VIEWER], here)
    page = sent(house.people[Who.ADMIN], f"{here}/accept", handover_id=waiting[0]["id"])
    assert "Accepted" in page
    assert "Handed over" in page


def test_notes_stand_until_they_are_done(house: House, schedule: str) -> None:
    member, here = house.people[Who.MEMBER], f"/on-call/{schedule}/handover"
    page = sent(member, f"{here}/notes", text="Watch <b>the queue</b>")
    assert "The note is in the next brief." in page
    assert "&lt;b&gt;the queue" in member.ask("GET", here)[2]
    status, _, page = member.post(f"{here}/notes", text=" ")
    assert status == 422
    assert "Write what the next person should know." in page
    brief = house.server.api("GET", f"/schedules/{schedule}/handover", token=house.token)["brief"]
    assert "Watch" not in sent(member, f"{here}/notes/done", note_id=brief["notes"][0]["id"])


def test_on_the_command_line(house: House, schedule: str) -> None:
    cli = house.server.cli
    cli("handover", "note", "Search", "Renewed on Friday", token=house.token)
    shown = cli("handover", "show", "Search", token=house.token)
    assert "Renewed on Friday" in shown
    assert "Member" in shown
    note = house.server.api("GET", f"/schedules/{schedule}/handover", token=house.token)["brief"]["notes"][0][
        "id"
    ]
    assert cli("handover", "done", note, token=house.token).strip() == "Done."
    waiting = house.server.api("GET", "/handovers?waiting=true", token=house.token)["handovers"]
    if waiting:
        assert "Accepted: Ada Admin" in cli("handover", "accept", "--id", waiting[0]["id"], token=house.token)
