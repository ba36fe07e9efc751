"""The API of handovers: the brief, accepting, notes."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest

from tests.contract.api import Api
from tests.support import Company
from tocsin.duty.handover_clock import HandoverClock
from tocsin.kernel.crypto import Keys
from tocsin.kernel.db import Database
from tocsin.kernel.sql import Statement

Later = Callable[..., Awaitable[None]]


@pytest.fixture
async def handover(api: Api, db: Database, company: Company, later: Later) -> str:
    """Ben's shift began a minute ago and waits for him; Ana is paged meanwhile."""
    next_shift = (
        "insert into shifts (schedule_id, user_id, starts_at, ends_at)"
        " select schedule_id, $1, ends_at, ends_at + interval '1 day' from shifts"
    )
    await db.run(
        Statement("test", "update schedules set needs_acceptance = true, acceptance_since = clock()")
    )
    await db.run(Statement("test", next_shift), company.ben)
    await later(days=6, minutes=-20)
    await HandoverClock(db, Keys(b"a master secret of this test")).turn()
    await later(minutes=21)
    data = await api.good("GET", f"/schedules/{company.schedule}/handover")
    (found,) = data["handovers"]
    assert (found["from"], found["to"], found["waits"], found["held_back"]) == (
        "Ana Silva",
        "Ben Okafor",
        True,
        True,
    )
    return str(found["id"])


async def test_accepted_by_the_incoming_person(api: Api, company: Company, handover: str) -> None:
    ben = await api.as_(company.as_ben())
    ((waiting),) = (await ben.good("GET", "/handovers", waiting="true"))["handovers"]
    assert waiting["id"] == handover
    answer = await ben.good("POST", f"/handovers/{handover}/accept")
    assert (answer["waits"], answer["accepted_by"]) == (False, "Ben Okafor")
    assert (await ben.good("GET", "/handovers", waiting="true"))["handovers"] == []


async def test_the_sent_brief_is_for_its_reader(api: Api, company: Company, handover: str) -> None:
    ben = await api.as_(company.as_ben())
    assert (await ben.good("GET", f"/handovers/{handover}"))["brief"]["alerts"] == []
    assert "brief" not in await api.good("GET", f"/handovers/{handover}")


async def test_a_manager_accepts_and_nobody_else(api: Api, company: Company, handover: str) -> None:
    ana, vic = await api.as_(company.as_ana()), await api.as_(company.as_vic())
    for other in (ana, vic):
        assert (await other.ask("POST", f"/handovers/{handover}/accept")).status == 403
    answer = await api.good("POST", f"/handovers/{handover}/accept")
    assert answer["accepted_by"] == "Ada Admin"


async def test_what_is_not_there(api: Api) -> None:
    nothing = uuid4()
    for method, path in (
        ("GET", f"/handovers/{nothing}"), ("POST", f"/handovers/{nothing}/accept"), ("GET", f"/schedules/{nothing}/handover"),
        ("POST", f"/shift-notes/{nothing}/done"),
    ):  # fmt: skip
        assert (await api.ask(method, path)).status == 404, path
    assert (await api.ask("POST", f"/schedules/{nothing}/notes", {"text": "Hello"})).status == 404


async def test_a_note_until_it_is_done(api: Api, company: Company) -> None:
    ana = await api.as_(company.as_ana())
    note = await ana.good("POST", f"/schedules/{company.schedule}/notes", {"text": "Renewed on Friday"})
    brief = (await api.good("GET", f"/schedules/{company.schedule}/handover"))["brief"]
    assert [(n["id"], n["author"], n["text"]) for n in brief["notes"]] == [
        (note["id"], "Ana Silva", "Renewed on Friday")
    ]
    assert (await ana.ask("POST", f"/shift-notes/{note['id']}/done")).status == 204
    assert (await api.good("GET", f"/schedules/{company.schedule}/handover"))["brief"]["notes"] == []
    answer = await ana.ask("POST", f"/schedules/{company.schedule}/notes", {"text": "  "})
    assert (answer.status, answer.data["field"]) == (422, "text")


async def test_a_viewer_reads_and_writes_nothing(api: Api, company: Company) -> None:
    vic = await api.as_(company.as_vic())
    await vic.good("GET", f"/schedules/{company.schedule}/handover")
    answer = await vic.ask("POST", f"/schedules/{company.schedule}/notes", {"text": "Hello"})
    assert answer.status == 403
