"""A typo in a decision, a task or a caption is mended, and what it said before stays."""

from uuid import uuid4

import orjson
import pytest

from tests.domain.street import again, declared
from tests.domain.test_catchup import do
from tests.domain.test_export import exported, imported
from tests.support import Company
from tocsin.chatops.grammar import say_or_do
from tocsin.incidents import claims, edits, files, said_read, search, tasks
from tocsin.incidents.export_entries import entries_of
from tocsin.incidents.files import Kept
from tocsin.incidents.item_queries import items_of
from tocsin.incidents.model import Incident
from tocsin.incidents.said_kinds import ItemReworded
from tocsin.kernel.db import Actor, Database
from tocsin.kernel.errors import Conflict, Forbidden, Invalid
from tocsin.record.queries import entry


@pytest.fixture
async def incident(db: Database, company: Company) -> Incident:
    return await declared(db, company.as_ana())


async def text_of(db: Database, incident: Incident, seq: int) -> str:
    return next(item.text for item in await items_of(db, incident.id) if item.seq == seq)


async def one_of_each(db: Database, company: Company, incident: Incident) -> list[int]:
    ana, one = company.as_ana(), incident.id
    return [
        await do(db, ana, claims.claim, one, "the pol"),
        await do(db, ana, claims.claim, one, "a leak in the driver, prehaps", hypothesis=True, anyway=True),
        await do(db, ana, tasks.make, one, "tel support"),
        await do(db, ana, tasks.decide, one, "fail ovr", why="it is full", undo="fail back"),
        await do(db, ana, tasks.ask, one, "who is afected?"),
        await do(db, ana, tasks.know, one, "it began at nien"),
    ]


async def test_each_is_reworded_in_panel_and_record(
    db: Database, company: Company, incident: Incident
) -> None:
    for seq in await one_of_each(db, company, incident):
        before = await text_of(db, incident, seq)
        made = await do(db, company.as_ana(), edits.edit_entry, incident.id, seq, f"better words {seq}")
        assert await text_of(db, incident, seq) == f"better words {seq}"
        stored = await entry(db, incident.id, made)
        assert stored is not None
        assert (stored.kind, stored.payload["text"], stored.actor) == (
            "item_reworded",
            f"better words {seq}",
            "Ana Silva",
        )
        assert [v.text for v in await said_read.versions(db, incident.id, seq)] == [
            before,
            f"better words {seq}",
        ]
        assert (await said_read.extras(db, incident.id, [seq]))[seq].text == f"better words {seq}"
    assert len([e for e in await search.search(db, company.ana, "better") if e.kind == "item_reworded"]) == 6


async def test_why_and_undo_stay_and_the_export_says_both(
    db: Database, company: Company, incident: Incident
) -> None:
    ana = company.as_ana()
    seq = await do(db, ana, tasks.decide, incident.id, "fail ovr", why="it is full", undo="fail back")
    await do(db, ana, say_or_do, await again(db, incident), f"/edit {seq} fail over.")
    found = await again(db, incident)
    said = [e["text"] async for batch in entries_of(db, found) for e in batch]
    assert said[seq - 1] == "decided: fail over, because it is full. To undo: fail back"
    assert said[-1] == f"reworded entry {seq}: fail over, which said: fail ovr"
    there = await imported(db, company, orjson.dumps(await exported(db, found)))
    assert await text_of(db, there, seq) == "fail over"
    assert [v.text for v in await said_read.versions(db, there.id, seq)] == ["fail ovr", "fail over"]


async def test_whose_it_is(db: Database, company: Company, incident: Incident) -> None:
    """Its author, who has it in hand, and administrators; nobody else."""
    one = incident.id
    seq = await do(db, company.as_ana(), tasks.make, one, "tel support", owner_id=company.ben)
    other = await do(db, company.as_ana(), tasks.make, one, "tel sales")
    await do(db, company.as_ben(), edits.edit_entry, one, seq, "tell support")
    await do(db, company.admin(), edits.edit_entry, one, seq, "tell the support")
    await do(db, company.as_ana(), edits.edit_entry, one, other, "tell sales")
    head = (await again(db, incident)).head
    for actor in (
        company.as_ben(),
        Actor(None, "Scanner", "service", "member"),
        Actor(uuid4(), "Zoë", "user", "member"),
    ):
        with pytest.raises(Forbidden):
            await do(db, actor, edits.edit_entry, one, other, "mine")
    with pytest.raises(Invalid, match="500 characters fit"):
        await do(db, company.as_ana(), edits.edit_entry, one, other, "x" * 501)
    await do(db, company.as_ana(), tasks.take, one, other)
    with pytest.raises(Invalid, match="where it began"):
        await do(db, company.as_ana(), edits.edit_entry, one, head + 1, "given")
    await do(db, company.as_ana(), edits.edit_entry, one, other, " tell  sales ")
    assert (await again(db, incident)).head == head + 1, "the same words are no edit"


async def test_who_was_faster_is_told(db: Database, company: Company, incident: Incident) -> None:
    seq = await do(db, company.as_ana(), tasks.decide, incident.id, "fail ovr")
    await do(db, company.as_ana(), edits.edit_entry, incident.id, seq, "fail over", 0)
    with pytest.raises(edits.EditConflict) as refused:
        await do(db, company.admin(), edits.edit_entry, incident.id, seq, "fail it over", 0)
    assert (refused.value.text, refused.value.revision) == ("fail over", 1)


async def test_taking_it_out_takes_every_wording(db: Database, company: Company, incident: Incident) -> None:
    ana, one = company.as_ana(), incident.id
    seq = await do(db, ana, tasks.make, one, "hunter2 is the pasword", owner_id=company.ben)
    reworded = await do(db, company.as_ben(), edits.edit_entry, one, seq, "hunter2 is the password")
    with pytest.raises(Forbidden, match="Ana Silva"):
        await do(db, company.as_ben(), edits.redact_entry, one, reworded, "a secret")
    await do(db, ana, edits.redact_entry, one, seq, "a secret")
    assert await text_of(db, incident, seq) == "(taken out)"
    data = orjson.dumps(await exported(db, await again(db, incident))).decode()
    assert "hunter2" not in data
    assert not await search.search(db, company.ana, "hunter2")
    with pytest.raises(Conflict, match="taken out"):
        await do(db, ana, edits.edit_entry, one, seq, "again")


async def test_a_caption_has_a_history_and_goes_with_its_file(
    db: Database, company: Company, incident: Incident
) -> None:
    ana, one = company.as_ana(), incident.id
    await do(db, ana, files.attach, one, Kept("text/plain", 1, "0" * 64), "log.txt", "the eror hunter2")
    seq = (await again(db, incident)).head
    changed = await do(db, ana, edits.edit_entry, one, seq, "the error hunter2")
    assert [v.text for v in await said_read.versions(db, one, seq)] == [
        "the eror hunter2",
        "the error hunter2",
    ]
    said = [e["text"] async for batch in entries_of(db, await again(db, incident)) for e in batch]
    assert said[seq - 1] == "attached log.txt: the error hunter2"
    assert said[changed - 1].endswith("which said: the eror hunter2")
    await do(db, ana, edits.edit_entry, one, seq, "")
    with pytest.raises(Forbidden):
        await do(db, company.as_ben(), edits.edit_entry, one, seq, "mine")
    await do(db, ana, edits.redact_entry, one, seq, "a secret")
    assert "hunter2" not in orjson.dumps(await exported(db, await again(db, incident))).decode()
    assert not await search.search(db, company.ana, "hunter2")


def test_what_it_sets_is_the_text_alone() -> None:
    assert ItemReworded(3, "x", 1).item() == {"text": "x"}
