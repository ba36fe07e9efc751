"""The notes page: merged, never refused for being late; kept in versions; private with its incident."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pycrdt import Doc, Text

from tests.domain.street import declared, street
from tests.support import Company
from tocsin.incidents.model import Incident
from tocsin.kernel.db import Actor, Database
from tocsin.kernel.errors import Invalid, NotFound
from tocsin.kernel.sql import Statement
from tocsin.places import notes, notes_queries, queries

Later = Callable[..., Awaitable[None]]


class Editor:
    """Somebody's editor: a document of their own."""

    def __init__(self, db: Database, incident: Incident, actor: Actor) -> None:
        self.db, self.incident, self.actor, self.seq = db, incident, actor, 0
        self.doc: Doc[Any] = Doc()
        self.text = self.doc.get("body", type=Text)

    async def fetch(self) -> None:
        self.seq, update = await notes_queries.updates_after(self.db, self.incident.id, self.seq)
        if update:
            self.doc.apply_update(update)

    async def write(self, at: int, words: str) -> bytes:
        had = self.doc.get_state()
        self.text.insert(at, words)
        update = self.doc.get_update(had)
        await self.send(update)
        return update

    async def send(self, update: bytes) -> int:
        async with self.db.unit(self.actor, "web") as u:
            return await notes.edit(u, self.incident.id, update)


@pytest.fixture
async def incident(db: Database, company: Company) -> Incident:
    pumps, found = street(db), await declared(db, company.as_ana())
    await pumps.settle()
    return found


async def body(db: Database, incident: Incident) -> str:
    found = await queries.notes_of(db, incident.id)
    assert found
    return found.body


async def act(db: Database, actor: Actor, what: Callable[..., Awaitable[Any]], *args: Any) -> Any:
    async with db.unit(actor, "web") as u:
        return await what(u, *args)


async def test_two_write_at_once_and_both_texts_are_there(
    db: Database, company: Company, incident: Incident
) -> None:
    ana, ben = Editor(db, incident, company.as_ana()), Editor(db, incident, company.as_ben())
    await asyncio.gather(ana.write(0, "Ana was here. "), ben.write(0, "Ben was here. "))
    await ana.fetch()
    await ben.fetch()
    assert str(ana.text) == str(ben.text) == await body(db, incident)
    assert "Ana was here." in str(ana.text)
    assert "Ben was here." in str(ana.text)


async def test_the_same_update_twice_and_out_of_order_changes_nothing(
    db: Database, company: Company, incident: Incident
) -> None:
    ana = Editor(db, incident, company.as_ana())
    ana.text.insert(0, "one ")
    first = ana.doc.get_update()
    state = ana.doc.get_state()
    ana.text.insert(4, "two")
    second = ana.doc.get_update(state)
    await ana.send(second)
    assert await body(db, incident) == "", "what it hangs on has not come yet"
    await ana.send(first)
    await ana.send(second)
    await ana.send(first)
    assert await body(db, incident) == "one two"


@pytest.mark.parametrize(
    "bad", [b"", b"\x00", b"hello", bytes(range(7, 71)), b"\xff" * 200, b"x" * 1_000_001]
)
async def test_hostile_bytes_are_refused_and_break_nothing(
    db: Database, company: Company, incident: Incident, bad: bytes
) -> None:
    ana = Editor(db, incident, company.as_ana())
    await ana.write(0, "safe")
    with pytest.raises(Invalid):
        await ana.send(bad)
    assert await body(db, incident) == "safe"


async def test_a_text_has_an_end(db: Database, company: Company, incident: Incident) -> None:
    ana = Editor(db, incident, company.as_ana())
    await ana.write(0, "x" * 400_000)
    with pytest.raises(Invalid, match="too long"):
        await ana.write(0, "y" * 200_000)
    with pytest.raises(Invalid, match="too long"):
        await act(db, company.as_ana(), notes.save, incident.id, "z" * 500_001)
    assert await body(db, incident) == "x" * 400_000


async def test_a_text_from_elsewhere_is_merged(db: Database, company: Company, incident: Incident) -> None:
    await act(db, company.as_ana(), notes.save, incident.id, "# Facts\n\none\ntwo\n")
    editor = Editor(db, incident, company.as_ben())
    await editor.fetch()
    await editor.write(len("# Facts\n\none\ntwo\n"), "three \U0001f525\n")
    await act(
        db, company.as_ana(), notes.save, incident.id, "# Facts\n\nzero\none\ntwo\n", "# Facts\n\none\ntwo\n"
    )
    assert await body(db, incident) == "# Facts\n\nzero\none\ntwo\nthree \U0001f525\n"
    await act(db, company.as_ana(), notes.save, incident.id, "new \U0001f9ef words")
    assert await body(db, incident) == "new \U0001f9ef words"
    await editor.fetch()
    assert str(editor.text) == "new \U0001f9ef words"


async def test_versions_are_kept_and_one_comes_back(
    db: Database, company: Company, incident: Incident, later: Later
) -> None:
    ana = Editor(db, incident, company.as_ana())
    await ana.write(0, "first")
    await ana.write(5, " more")
    assert await notes_queries.versions(db, incident.id) != [] or await body(db, incident) == "first more"
    await later(minutes=4)
    await ana.write(0, "second ")
    kept = {
        v.version: await notes_queries.version_text(db, incident.id, v.version)
        for v in await notes_queries.versions(db, incident.id)
    }
    assert "first more" in kept.values()
    number = next(n for n, text in kept.items() if text == "first more")
    await act(db, company.as_ben(), notes.restore, incident.id, number)
    assert await body(db, incident) == "first more"
    await ana.fetch()
    assert str(ana.text) == "first more"
    with pytest.raises(NotFound):
        await act(db, company.as_ben(), notes.restore, incident.id, 999)


async def test_many_updates_become_one_piece(db: Database, company: Company, incident: Incident) -> None:
    ana, ben = Editor(db, incident, company.as_ana()), Editor(db, incident, company.as_ben())
    for number in range(230):
        await ana.write(0, f"{number} ")
    (left,) = await db.rows(Statement("test", "select count(*) as n from notes_updates"))
    assert left["n"] < 170
    await ben.fetch()
    assert str(ben.text) == str(ana.text) == await body(db, incident)
    late = Editor(db, incident, company.as_ben())
    late.seq = 3
    await late.fetch()
    assert str(late.text) == str(ana.text), "whoever saw a number that is gone gets the whole"


async def test_a_page_that_was_written_before_is_taken_over(
    db: Database, company: Company, incident: Incident
) -> None:
    await db.run(
        Statement("test", "update notes_pages set body = $2 where incident_id = $1"), incident.id, "old words"
    )
    await act(db, company.as_ana(), notes.begin, incident.id)
    ana = Editor(db, incident, company.as_ana())
    await ana.fetch()
    assert str(ana.text) == "old words"
    await ana.write(0, "new and ")
    assert await body(db, incident) == "new and old words"


async def test_private_notes_are_for_those_who_see_the_incident(db: Database, company: Company) -> None:
    pumps, hidden = street(db), await declared(db, company.as_ana(), private=True)
    await pumps.settle()
    ana, ben = Editor(db, hidden, company.as_ana()), Editor(db, hidden, company.as_ben())
    await ana.write(0, "secret")
    for attempt in (
        ben.write(0, "x"),
        act(db, company.as_ben(), notes.save, hidden.id, "x"),
        act(db, company.as_ben(), notes.restore, hidden.id, 1),
        act(db, company.as_ben(), notes.point, hidden.id, "c", "x"),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert await body(db, hidden) == "secret"


async def test_where_people_are_is_known_for_half_a_minute(
    db: Database, company: Company, incident: Incident, later: Later
) -> None:
    await act(db, company.as_ana(), notes.point, incident.id, "tab-1", "here")
    await act(db, company.as_ben(), notes.point, incident.id, "tab-2", "there")
    await act(db, company.as_ben(), notes.point, incident.id, "tab-1", "stolen")
    assert [(c["name"], c["place"]) for c in await notes_queries.cursors(db, incident.id)] == [
        ("Ana Silva", "here"),
        ("Ben Okafor", "there"),
    ]
    await act(db, company.as_ana(), notes.point, incident.id, "tab-1", "")
    assert [c["name"] for c in await notes_queries.cursors(db, incident.id)] == ["Ben Okafor"]
    await later(seconds=31)
    assert await notes_queries.cursors(db, incident.id) == []
    for client, place in (("", "x"), ("c" * 41, "x"), ("c", "x" * 1001)):
        with pytest.raises(Invalid):
            await act(db, company.as_ana(), notes.point, incident.id, client, place)
