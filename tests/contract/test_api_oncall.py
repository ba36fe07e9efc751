"""The API of on-call: schedules whole and back, who is on call at any moment, previews, overrides."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.api import Api
from tests.support import Company
from tocsin.kernel.db import Database
from tocsin.kernel.sql import Statement
from tocsin.people.commands import disable

DAY = timedelta(days=1)


def body(company: Company, **more: Any) -> dict[str, Any]:
    """Ana and Ben in turn, a day each from midnight in UTC."""
    layer = {
        "participants": [{"user": str(company.ana)}, {"user": str(company.ben)}], "kind": "daily",
        "handoff_time": "00:00", "start_date": "2025-01-06", "name": "Days",
    }  # fmt: skip
    return {"name": "Search", "time_zone": "UTC", "rotations": [layer], **more}


@pytest.fixture
async def schedule(api: Api, company: Company) -> str:
    return str((await api.good("POST", "/schedules", body(company)))["id"])


async def refused(api: Api, status: int, *request: Any, **query: Any) -> dict[str, Any]:
    answer = await api.ask(*request, **query)
    assert answer.status == status, answer
    assert answer.data["error"]
    return answer.data


async def test_one_whole_and_back(api: Api, company: Company, schedule: str) -> None:
    whole = await api.good("GET", f"/schedules/{schedule}")
    assert (whole["id"], whole["version"], whole["not_computed"]) == (schedule, 1, None)
    assert whole["rotations"][0]["participants"] == [{"user": str(company.ana)}, {"user": str(company.ben)}]
    whole["name"] = "Search and index"
    changed = await api.good("PUT", f"/schedules/{schedule}", whole)
    assert changed == {"id": schedule, "version": 2}
    again = await api.good("GET", f"/schedules/{schedule}")
    assert again["name"] == "Search and index"
    assert again["rotations"] == whole["rotations"], "the layer is the same one"


async def test_a_calendars_address_is_for_those_who_may_edit_it(api: Api, company: Company) -> None:
    layer = {"kind": "calendar", "source_url": "https://calendar.example/private-0123456789/basic.ics"}
    made = await api.good("POST", "/schedules", body(company, rotations=[layer]))
    viewer = await api.as_(company.as_vic())
    shown = await viewer.ask("GET", f"/schedules/{made['id']}")
    history = await viewer.ask("GET", f"/schedules/{made['id']}/history")
    assert shown.data["rotations"][0]["source_url"] == "https://calendar.example/…"
    assert "0123456789" not in str(shown.data) + str(history.data)
    whole = await api.good("GET", f"/schedules/{made['id']}")
    assert whole["rotations"][0]["source_url"] == layer["source_url"]


async def test_the_list_counts_layers(api: Api, schedule: str) -> None:
    found = {s["id"]: s for s in (await api.good("GET", "/schedules"))["schedules"]}
    assert found[schedule]["layers"] == 1
    assert (found[schedule]["name"], found[schedule]["coverage"]) == ("Search", "layered")
    assert [s["layers"] for s in found.values() if s["id"] != schedule] == [0]


async def test_the_second_of_two_sees_what_changed(api: Api, company: Company, schedule: str) -> None:
    mine = await api.good("GET", f"/schedules/{schedule}")
    ana = await api.as_(company.as_ana())
    await ana.good("PUT", f"/schedules/{schedule}", mine | {"time_zone": "Europe/Berlin"})
    await ana.good(
        "PUT", f"/schedules/{schedule}", mine | {"version": 2, "time_zone": "Europe/Berlin", "max_nights": 3}
    )
    data = await refused(api, 409, "PUT", f"/schedules/{schedule}", mine | {"name": "Mine"})
    assert data["version"] == 3
    assert [(c["actor"], c["what"]) for c in data["changes"]] == [
        ("Ana Silva", ["the time zone"]), ("Ana Silva", ["the limit of nights"]),
    ]  # fmt: skip
    assert (await api.good("GET", f"/schedules/{schedule}"))["name"] == "Search"
    await api.good("PUT", f"/schedules/{schedule}", mine | {"name": "Mine", "version": 3})


async def test_a_name_that_is_taken_is_no_stale_version(api: Api, schedule: str) -> None:
    mine = await api.good("GET", f"/schedules/{schedule}")
    data = await refused(api, 409, "PUT", f"/schedules/{schedule}", mine | {"name": "Payments on-call"})
    assert (data["version"], data["changes"]) == (1, [])
    assert "Another schedule is called Payments on-call." in data["error"]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"time_zone": "Mars/Phobos"}, "time_zone"),
        ({"name": " "}, "name"),
        ({"colour": "red"}, "colour"),
        ({"max_nights": 0}, "max_nights"),
        ({"rotations": [{"participants": []}]}, "participants"),
        ({"rotations": [{"participants": [{"user": str(uuid4())}]}]}, "participants"),
        ({"rotations": [{"participants": [{"user": str(uuid4()), "team": str(uuid4())}]}]}, "rotations.0.participants.0"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_named_and_nothing_is_saved(
    api: Api, company: Company, schedule: str, more: dict[str, Any], field: str
) -> None:
    version = {"version": 1}
    for method, path, extra in (
        ("POST", "/schedules", {}), ("POST", "/schedules/preview", {}), ("PUT", f"/schedules/{schedule}", version),
        ("POST", f"/schedules/{schedule}/preview", {}),
    ):  # fmt: skip
        data = await refused(api, 422, method, path, body(company) | {"name": "Other"} | more | extra)
        assert data["field"].startswith(field), (method, path, data)
    assert (await api.good("GET", f"/schedules/{schedule}"))["version"] == 1
    assert len((await api.good("GET", "/schedules"))["schedules"]) == 2


async def test_archived_is_gone_unless_somebody_relies_on_it(
    api: Api, company: Company, schedule: str
) -> None:
    await refused(api, 409, "DELETE", f"/schedules/{company.schedule}")
    await api.good("DELETE", f"/schedules/{schedule}")
    for request in (
        ("GET", ""), ("GET", "/findings"), ("GET", "/overrides"), ("PUT", ""), ("DELETE", ""), ("POST", "/preview"),
    ):  # fmt: skip
        sent = (
            body(company, **({"version": 1} if request[0] == "PUT" else {}))
            if request[0] in ("PUT", "POST")
            else None
        )
        await refused(api, 404, request[0], f"/schedules/{schedule}{request[1]}", sent)
    await refused(api, 404, "GET", "/on-call", schedule=schedule)
    await refused(api, 404, "GET", "/on-call/next", schedule=schedule)


async def test_now_at_any_moment_and_next(api: Api, company: Company, schedule: str) -> None:
    now = await api.db.clock()
    (held,) = (await api.good("GET", "/on-call", schedule=schedule))["on_call"]
    (then,) = (await api.good("GET", "/on-call/next", schedule=schedule))["next"]
    assert {held["user_id"], then["user_id"]} == {str(company.ana), str(company.ben)}
    assert (then["starts_at"], held["planned"]) == (held["ends_at"], None)
    assert len((await api.good("GET", "/on-call"))["on_call"]) == 2
    days = [now + n * DAY for n in (0, 1, 119, 120, 121, 400, 1500)]
    for day in days:
        (row,) = (await api.good("GET", "/on-call", schedule=schedule, at=day.isoformat()))["on_call"]
        assert (row["user_id"] == held["user_id"]) == ((day - now).days % 2 == 0), day
        midnight = day.replace(hour=0, minute=0, second=0, microsecond=0)
        if day != now and (day - now).days not in (119, 120):
            assert datetime.fromisoformat(row["starts_at"]) == midnight
            assert datetime.fromisoformat(row["ends_at"]) == midnight + DAY


async def test_the_past_is_as_it_was(
    api: Api, company: Company, schedule: str, later: Callable[..., Awaitable[None]]
) -> None:
    then = await api.db.clock()
    await later(days=3)
    await api.good("PUT", f"/schedules/{schedule}", body(company, version=1, rotations=[]))
    assert (await api.good("GET", "/on-call", schedule=schedule))["on_call"][0]["user"] is None
    (row,) = (await api.good("GET", "/on-call", schedule=schedule, at=then.isoformat()))["on_call"]
    assert row["user"] is not None
    far = (then + 300 * DAY).isoformat()
    assert (await api.good("GET", "/on-call", schedule=schedule, at=far))["on_call"][0]["user"] is None


async def test_a_hand_off_that_waits_names_both(api: Api, company: Company, db: Database) -> None:
    now = await db.clock()
    await db.run(
        Statement("test", "insert into handovers (id, schedule_id, track, from_user_id, to_user_id, starts_at, ends_at, "
                  "needs_acceptance) select gen_random_uuid(), schedule_id, 0, $2, user_id, starts_at, ends_at, true "
                  "from shifts where schedule_id = $1"),
        company.schedule, company.ben,
    )  # fmt: skip
    for query in ({}, {"at": now.isoformat()}):
        (row,) = (await api.good("GET", "/on-call", schedule=company.schedule, **query))["on_call"]
        assert (row["user"], row["planned"]) == ("Ben Okafor", "Ana Silva"), query
    (row,) = (await api.good("GET", "/on-call", schedule=company.schedule, at=(now + DAY).isoformat()))[
        "on_call"
    ]
    assert (row["user"], row["planned"]) == ("Ana Silva", None)
    await db.run(Statement("test", "update handovers set accepted_at = clock()"))
    (row,) = (await api.good("GET", "/on-call", schedule=company.schedule))["on_call"]
    assert (row["user"], row["planned"]) == ("Ana Silva", None)
    (row,) = (await api.good("GET", "/on-call", schedule=company.schedule, at=now.isoformat()))["on_call"]
    assert (row["user"], row["planned"]) == ("Ben Okafor", "Ana Silva")


async def test_together_each_has_a_row(api: Api, company: Company) -> None:
    layers = [
        {"participants": [str(p)], "kind": "daily", "handoff_time": "00:00", "start_date": "2025-01-06"}
        for p in (company.ana, company.ben)
    ]
    made = await api.good("POST", "/schedules", body(company, coverage="together", rotations=layers))
    rows = (await api.good("GET", "/on-call", schedule=made["id"]))["on_call"]
    assert [r["user"] for r in rows] == ["Ana Silva", "Ben Okafor"]
    far = (await api.db.clock() + 200 * DAY).isoformat()
    assert [r["user"] for r in (await api.good("GET", "/on-call", schedule=made["id"], at=far))["on_call"]] == [
        "Ana Silva", "Ben Okafor",
    ]  # fmt: skip


async def test_the_final_schedule_has_no_seam(api: Api, company: Company, schedule: str) -> None:
    now = await api.db.clock()
    start, end = now + 100 * DAY, now + 140 * DAY
    final = (
        await api.good("GET", f"/schedules/{schedule}/final", start=start.isoformat(), end=end.isoformat())
    )["final"]
    assert datetime.fromisoformat(final[0]["starts_at"]) == start
    assert datetime.fromisoformat(final[-1]["ends_at"]) == end
    for one, other in pairwise(final):
        assert one["ends_at"] == other["starts_at"]
        assert one["user_id"] != other["user_id"], "at the end of what is stored one shift stays one"


@pytest.mark.parametrize(
    ("start", "length", "field"),
    [(0, -1, "end"), (0, 0, "end"), (0, 400, "end"), (1800, 60, "end")],
)
async def test_ranges_have_an_end(
    api: Api, company: Company, schedule: str, start: int, length: int, field: str
) -> None:
    begins = await api.db.clock() + start * DAY
    query = {"start": begins.isoformat(), "end": (begins + length * DAY).isoformat()}
    data = await refused(api, 422, "GET", f"/schedules/{schedule}/final", **query)
    assert data["field"] == field
    assert (await refused(api, 422, "POST", "/schedules/preview", body(company), **query))["field"] == field


async def test_moments_are_near_and_have_an_offset(api: Api) -> None:
    assert (await refused(api, 422, "GET", "/on-call", at="2040-01-01T00:00:00Z"))["field"] == "at"
    assert (await refused(api, 422, "GET", "/on-call", at="2027-01-01T00:00:00"))["field"] == "at"
    assert (await refused(api, 422, "GET", "/on-call", at="yesterday"))["field"] == "at"


async def test_a_preview_saves_nothing(api: Api, company: Company, schedule: str) -> None:
    alone = body(company)
    alone["rotations"][0]["participants"] = [{"user": str(company.ben)}]
    found = await api.good("POST", f"/schedules/{schedule}/preview", alone)
    assert {f["user_name"] for f in found["final"]} == {"Ben Okafor"}
    assert {(c["user_name"], c["gains"]) for c in found["changes"]} == {
        ("Ana Silva", False),
        ("Ben Okafor", True),
    }
    assert isinstance(found["findings"], list)
    assert (await api.good("GET", f"/schedules/{schedule}"))["version"] == 1
    new = await api.good("POST", "/schedules/preview", body(company, name="New", rotations=[]))
    assert (new["final"], new["changes"]) == ([], [])
    assert [f["kind"] for f in new["findings"]]


async def test_layers_that_follow_the_sun(api: Api, company: Company) -> None:
    """Looked at, then saved: nobody is missing at any time."""
    sites = [
        {"name": "Sydney", "time_zone": "Australia/Sydney", "begins": "08:00", "people": [str(company.ben)]},
        {"name": "Berlin", "time_zone": "Europe/Berlin", "begins": "09:00", "people": [str(company.ana)]},
    ]
    layers = (await api.good("POST", "/schedules/templates/follow-the-sun", {"sites": sites}))["rotations"]
    assert [r["name"] for r in layers] == ["Sydney", "Berlin"]
    assert layers[0]["restrictions"] == [{"start": "08:00", "end": "09:00", "end_zone": "Europe/Berlin"}]
    made = await api.good("POST", "/schedules", body(company, name="Sun", rotations=layers))
    found = (await api.good("GET", f"/schedules/{made['id']}/findings"))["findings"]
    assert not any(f["grade"] == "problem" for f in found)
    for wrong, field in (
        (sites[:1], "sites"),
        ([sites[0], {**sites[1], "people": []}], "sites"),
        ([sites[0], {**sites[1], "time_zone": "Mars/Phobos"}], "time_zone"),
        ([sites[0], {**sites[1], "people": [str(uuid4())]}], "participants"),
    ):
        sent = {"sites": wrong}
        data = await refused(api, 422, "POST", "/schedules/templates/follow-the-sun", sent)
        assert data["field"] == field


async def test_findings_of_what_is_stored(api: Api, company: Company) -> None:
    made = await api.good("POST", "/schedules", body(company, rotations=[]))
    found = (await api.good("GET", f"/schedules/{made['id']}/findings"))["findings"]
    assert any(f["grade"] == "problem" for f in found)


async def test_overrides_and_taking_a_shift(api: Api, company: Company, schedule: str) -> None:
    now = await api.db.clock()
    start, end = (now + DAY).isoformat(), (now + 2 * DAY).isoformat()
    put = {"user_id": str(company.vic), "starts_at": start, "ends_at": end, "reason": "a concert"}
    made = await api.good("POST", f"/schedules/{schedule}/overrides", put)
    (row,) = (await api.good("GET", f"/schedules/{schedule}/overrides"))["overrides"]
    assert (row["id"], row["user_name"], row["reason"]) == (made["id"], "Vic Viewer", "a concert")
    assert (
        await api.good("GET", f"/schedules/{schedule}/overrides", start=end, end=(now + 9 * DAY).isoformat())
    ) == {"overrides": []}
    (held,) = (await api.good("GET", "/on-call", schedule=schedule, at=(now + 1.5 * DAY).isoformat()))[
        "on_call"
    ]
    assert held["user"] == "Vic Viewer"
    ana = await api.as_(company.as_ana())
    await ana.good(
        "POST",
        f"/schedules/{schedule}/take",
        {"holder_id": str(company.vic), "starts_at": start, "ends_at": end},
    )
    (held,) = (await api.good("GET", "/on-call", schedule=schedule, at=(now + 1.5 * DAY).isoformat()))[
        "on_call"
    ]
    assert held["user"] == "Ana Silva"
    await api.good("DELETE", f"/schedules/{schedule}/overrides/{made['id']}")
    await refused(api, 404, "DELETE", f"/schedules/{schedule}/overrides/{made['id']}")


async def test_viewers_look_only(api: Api, company: Company, schedule: str) -> None:
    vic = await api.as_(company.as_vic())
    await vic.good("GET", f"/schedules/{schedule}")
    await vic.good("POST", "/schedules/preview", body(company))
    for method, path, sent in (
        ("POST", "/schedules", body(company)), ("PUT", f"/schedules/{schedule}", body(company, version=1)),
        ("DELETE", f"/schedules/{schedule}", None),
    ):  # fmt: skip
        await refused(vic, 403, method, path, sent)


async def test_a_repeated_request_acts_once(api: Api, company: Company) -> None:
    one = await api.ask("POST", "/schedules", body(company), key="abc")
    two = await api.ask("POST", "/schedules", body(company), key="abc")
    assert (one.status, one.data) == (two.status, two.data)


async def test_a_request_key_is_for_one_thing(api: Api, company: Company, schedule: str) -> None:
    """The same key for another schedule, or another person, is refused and stores nothing."""
    other = (await api.good("POST", "/schedules", body(company, name="Other")))["id"]
    now = await api.db.clock()
    put = {
        "user_id": str(company.ben),
        "starts_at": (now + DAY).isoformat(),
        "ends_at": (now + 2 * DAY).isoformat(),
    }
    first = await api.ask("POST", f"/schedules/{schedule}/overrides", put, key="k1")
    again = await api.ask("POST", f"/schedules/{schedule}/overrides", put, key="k1")
    assert first.data == again.data
    for path, sent in (
        (f"/schedules/{other}/overrides", put),
        (f"/schedules/{schedule}/overrides", {**put, "user_id": str(company.ada)}),
    ):
        refused_ = await api.ask("POST", path, sent, key="k1")
        assert refused_.status == 409
        assert "used for something else" in refused_.data["error"]
    assert (await api.good("GET", f"/schedules/{other}/overrides")) == {"overrides": []}


@pytest.mark.parametrize("start", ["9999-12-31T00:00:00Z", "9999-12-20T00:00:00Z", "0001-01-01T00:00:00Z"])
async def test_the_ends_of_time_are_no_fault(api: Api, company: Company, schedule: str, start: str) -> None:
    found = await api.ask("GET", f"/schedules/{schedule}/overrides", start=start)
    assert found.status == 200
    for path in (f"/schedules/{schedule}/preview", "/schedules/preview"):
        answer = await api.ask("POST", path, body(company), start=start)
        assert answer.status in (200, 422), answer.data


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"team_id": str(uuid4())}, "team_id"),
        ({"name": "\u200b\u200b"}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"name": "a\r\nb"}, "name"),
        ({"name": "a\u0000b"}, "name"),
        ({"description": "a\u0000b"}, "description"),
        ({"rotations": [{"kind": "calendar", "source_url": "https://"}]}, "source_url"),
        ({"rotations": [{"kind": "calendar", "source_url": "http://["}]}, "source_url"),
        ({"rotations": [{"kind": "calendar", "source_url": "https://a b"}]}, "source_url"),
    ],
)
async def test_what_cannot_be_seen_or_reached_is_named(
    api: Api, company: Company, more: dict[str, Any], field: str
) -> None:
    for path in ("/schedules", "/schedules/preview"):
        assert (await refused(api, 422, "POST", path, body(company, **more)))["field"] == field


async def test_names_in_any_script_fit(api: Api, company: Company) -> None:
    for name in ("בדיקה", "قاعدة البيانات", "検索", "★ Search", "🔥"):
        await api.good("POST", "/schedules", body(company, name=name))


async def test_calendars_are_read_for_those_who_may_save_them(
    api: Api, company: Company, schedule: str
) -> None:
    vic = await api.as_(company.as_vic())
    sent = {"url": "https://calendar.example.org/secret.ics"}
    for path in ("calendars", "calendars/preview"):
        await refused(vic, 403, "POST", f"/schedules/{schedule}/{path}", sent)
    layer = {"kind": "calendar", "source_url": "https://calendar.example.org/secret.ics?k=1", "name": "Rota"}
    made = await api.good("POST", "/schedules", body(company, name="Imported", rotations=[layer]))
    (seen,) = (await vic.good("GET", f"/schedules/{made['id']}/calendars"))["calendars"]
    assert "secret" not in str(seen)
    (whole,) = (await api.good("GET", f"/schedules/{made['id']}/calendars"))["calendars"]
    assert whole["source_url"].endswith("secret.ics?k=1")


async def test_whoever_left_does_not_keep_others_from_editing(
    api: Api, company: Company, schedule: str
) -> None:
    async with api.db.unit(company.admin(), "web") as u:
        await disable(u, company.ben)
    whole = await api.good("GET", f"/schedules/{schedule}")
    saved = await api.good("PUT", f"/schedules/{schedule}", whole | {"description": "Still in use"})
    assert saved["version"] == whole["version"] + 1
    await api.good("POST", f"/schedules/{schedule}/preview", body(company))
    data = await refused(api, 422, "POST", "/schedules", body(company, name="New"))
    assert data["error"] == "Ben Okafor cannot be on call: the account is disabled."
