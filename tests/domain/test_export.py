"""Export and import: what goes out comes in again as the same record, and nothing hostile comes in with it."""

import asyncio
import time
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

import tocsin.app  # noqa: F401 - the composition root registers every kind
from tests.domain.street import again, declared, street
from tests.domain.test_catchup import do, work
from tests.support import Company
from tocsin.edge.import_file import MOST_TEXT, read
from tocsin.incidents import (
    claims,
    commands,
    edits,
    entries,
    export_markdown,
    exporting,
    importing,
    privacy,
    queries,
    said_read,
    tasks,
    updates,
)
from tocsin.incidents.catchup import brief_of
from tocsin.incidents.exporting import Extras, schema
from tocsin.incidents.model import Incident
from tocsin.kernel.db import Actor, Database
from tocsin.kernel.errors import Forbidden, Invalid, NotFound
from tocsin.kernel.sql import Statement
from tocsin.record.kinds import KINDS

#: What another installation says differently of the same record.
NAMED = {"export_id", "exported_at", "exported_by", "origin", "imported_from"}
#: And in its state: the record is one entry longer, and nothing is promised there.
STATE = {"entries", "update_due_at"}


async def exported(db: Database, incident: Incident, notes: str = "") -> dict[str, Any]:
    head = await exporting.head_of(
        db, incident, Extras(notes=notes), url="https://one.example", by="Ana Silva", at=await db.clock()
    )
    found = [entry async for batch in exporting.entries_of(db, incident) for entry in batch]
    data: dict[str, Any] = orjson.loads(orjson.dumps(head | {"entries": found}))
    return data


async def a_whole_one(db: Database, company: Company, **more: Any) -> Incident:
    """Worked on, with everything that an export has; resolved."""
    incident = await declared(db, company.as_ana(), service_id=company.service, **more)
    await work(db, company, incident)
    one, ana = incident.id, company.as_ana()
    claim = await do(db, ana, claims.claim, one, "the pool")
    await do(db, company.as_ben(), claims.join, one, claim)
    await do(db, ana, tasks.make, one, "tell support", owner_id=company.ana)
    await do(
        db, ana, updates.publish_update, one, audience="responders", state="Full again: מסד הנתונים 数据库",
        status_now=("restarted",), next_steps=("watch it",),
    )  # fmt: skip
    secret = await do(db, ana, entries.say, one, "the password is hunter2")
    await do(db, ana, edits.redact_entry, one, secret, "a secret")
    line = await do(db, ana, entries.say, one, "the pool is fuul")
    await do(db, ana, edits.edit_entry, one, line, "the pool is full")
    await do(db, ana, commands.resolve, one, "it works")
    return await again(db, incident)


async def test_what_goes_out_comes_in_as_the_same_record(db: Database, company: Company) -> None:
    street(db)
    incident = await a_whole_one(db, company)
    first = await exported(db, incident, "# Notes\n\n数据库")
    record = read(orjson.dumps(first))
    assert record.notes == "# Notes\n\n数据库"
    waiting = await value(db, "select count(*) from work")
    answer = await do(db, company.as_ben(), importing.import_record, record)
    assert answer["new"]
    assert answer["key"] != incident.key
    assert await value(db, "select count(*) from work") == waiting, "nothing follows"
    found = await queries.incident_by_key(db, answer["key"], company.ben)
    assert found is not None
    second = await exported(db, found, "# Notes\n\n数据库")
    assert {k: v for k, v in second.items() if k not in NAMED | {"incident", "entries"}} == {
        k: v for k, v in first.items() if k not in NAMED | {"incident", "entries"}
    }
    state = [{k: v for k, v in each["incident"].items() if k not in STATE} for each in (first, second)]
    assert state[0] == state[1]
    for entry in first["entries"]:
        # A reference to a row of the other installation; the service's name stands beside it.
        entry["payload"] |= {"service_id": None} if "service_id" in entry["payload"] else {}
    assert second["entries"][:-1] == first["entries"]
    assert second["entries"][-1]["kind"] == "incident_imported"
    assert second["entries"][-1]["text"] == f"imported the record of {incident.key} at https://one.example"
    assert second["imported_from"] == first["origin"]
    assert "hunter2" not in orjson.dumps(second).decode()
    # The brief is built from rows: those of the import say the same.
    said = [
        [s for s in (await brief_of(db, each)).sections[2:] if s.title != "Somebody is on it"]
        for each in (incident, found)
    ]
    assert said[0] == said[1]
    # Nobody is paged, nothing is opened, nothing is due, nobody is asked.
    assert await value(db, "select count(*) from pages") == 0
    assert await value(db, "select count(*) from places where incident_id = $1", found.id) == 0
    assert (found.update_due_at, found.service_id) == (None, None)


async def value(db: Database, text: str, *args: Any) -> Any:
    return await db.value(Statement("test", text), *args)


async def test_the_same_export_makes_one_incident(db: Database, company: Company) -> None:
    data = orjson.dumps(await exported(db, await a_whole_one(db, company)))

    async def bring() -> str:
        return str((await do(db, company.as_ben(), importing.import_record, read(data)))["key"])

    found = await asyncio.gather(bring(), bring(), return_exceptions=True)
    keys = {key for key in [*found, await bring()] if isinstance(key, str)}
    assert len(keys) == 1
    assert await value(db, "select count(*) from incident_imports") == 1
    assert await value(db, "select count(*) from incidents") == 2


async def test_what_was_open_there_is_over_here(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana(), severity=1)
    data = await exported(db, incident)
    answer = await do(db, company.as_ben(), importing.import_record, read(orjson.dumps(data)))
    found = await queries.incident_by_key(db, answer["key"], company.ben)
    assert found is not None
    assert found.resolved_at is not None
    assert found.update_due_at is None
    assert [card.key for card in await queries.incident_cards(db, company.ben, resolved=False)] == [
        incident.key
    ]


async def test_a_private_one_stays_private(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana(), private=True)
    data = await exported(db, incident)
    assert data["confidential"]
    assert "Confidential" in "\n".join(export_markdown.head(data))
    record = read(orjson.dumps(data))
    answer = await do(db, company.as_ana(), importing.import_record, record)
    assert await queries.incident_by_key(db, answer["key"], company.ben) is None
    assert await queries.incident_by_key(db, answer["key"], company.ana)
    with pytest.raises(NotFound):
        await do(db, company.as_ben(), importing.import_record, record)
    with pytest.raises(Forbidden):
        await do(db, company.as_vic(), importing.import_record, record)


async def test_the_output_fits_its_schema(db: Database, company: Company) -> None:
    validator = Draft202012Validator(orjson.loads(schema()))
    Draft202012Validator.check_schema(validator.schema)
    for incident in (await a_whole_one(db, company), await declared(db, company.as_ana())):
        errors = [
            f"{list(e.absolute_path)}: {e.message}"
            for e in validator.iter_errors(await exported(db, incident))
        ]
        assert errors == []


async def test_markdown_says_everything_and_no_markup_of_others(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana(), impact="<script>alert(1)</script> [x](http://evil)")
    await do(db, company.as_ana(), entries.say, incident.id, "# not a heading\n> two lines")
    data = await exported(db, await again(db, incident), "# Our notes")
    text = "\n".join(
        [*export_markdown.head(data), *export_markdown.entries(data["entries"]), *export_markdown.notes(data)]
    )
    assert text.startswith(f"# {incident.key}: Checkout is failing\n")
    assert "\\<script\\>" in text
    assert "\\[x\\]" in text
    assert "> \\# not a heading\n> \\> two lines" in text
    assert text.endswith("# Our notes")


async def test_an_edited_line_stands_in_its_newest_words(db: Database, company: Company) -> None:
    """And what it said before stands with the edit."""
    incident, ana = await declared(db, company.as_ana()), company.as_ana()
    line = await do(db, ana, entries.say, incident.id, "restarted edge-3", said_by="Zoë")
    await do(db, ana, edits.edit_entry, incident.id, line, "restarted edge-4")
    await do(db, ana, edits.edit_entry, incident.id, line, "restarted edge-5")
    found = await again(db, incident)
    data = await exported(db, found)
    texts = [e["text"] for e in data["entries"][1:]]
    assert texts[0] == "Zoë said: restarted edge-5"
    assert texts[1:] == [
        "edited entry 2, which said: restarted edge-3",
        "edited entry 2, which said: restarted edge-4",
    ]
    assert data["entries"][1]["payload"]["text"] == "restarted edge-3", "what was written stays what it is"
    text = "\n".join(export_markdown.entries(data["entries"]))
    assert text.index("edge-5") < text.index("edge-3") < text.index("edge-4")
    await do(db, ana, edits.edit_entry, incident.id, line, "restarted edge-6")
    assert await exported(db, found) | {"exported_at": 0} == data | {"exported_at": 0}, (
        "what came later is left to the next"
    )
    await do(db, ana, edits.redact_entry, incident.id, line, "a secret")
    assert "edge-" not in orjson.dumps((await exported(db, await again(db, incident)))["entries"]).decode()


def changed(data: dict[str, Any], **more: Any) -> bytes:
    return orjson.dumps(data | more)


async def test_hostile_files_are_refused_or_kept_as_text(db: Database, company: Company) -> None:
    data = await exported(db, await a_whole_one(db, company))
    first = data["entries"][0]
    deep: Any = {}
    for _ in range(60):
        deep = {"x": deep}
    for broken, said in (
        (b"not json", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not an export of version 1"),
        (b"{}", "not an export of version 1"),
        (changed(data, version=2), "version"),
        (changed(data, format="other"), "format"),
        (changed(data, entries=[]), "entries"),
        (changed(data, entries=data["entries"][1:]), "gap"),
        (changed(data, entries=[data["entries"][0], data["entries"][0]]), "gap"),
        (changed(data, entries=[first | {"kind": "message"}]), "declaration"),
        (changed(data, entries=[first | {"payload": deep}]), "deeply"),
        (changed(data, entries=[first | {"text": "x" * (MOST_TEXT + 1)}]), "too long"),
        (changed(data, entries=[first | {"happened_at": "yesterday"}]), "happened_at"),
        (b" " * 30_000_001, "too large"),
    ):
        with pytest.raises(Invalid, match=said):
            read(broken)
    for payload in ({"severity": 9}, {"summary": "x" * 301}, {"summary": ""}, {"impact": "x" * 5001}):
        file = changed(data, export_id="00000000-0000-0000-0000-000000000001",
                       entries=[first | {"payload": first["payload"] | payload}])  # fmt: skip
        with pytest.raises(Invalid, match="impossible"):
            await do(db, company.as_ben(), importing.import_record, read(file))


async def test_unknown_kinds_and_people_are_kept_as_text(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana(), summary="From elsewhere")
    data = await exported(db, incident)
    stranger = "00000000-0000-0000-0000-00000000abcd"
    odd = data["entries"][0] | {"seq": 2, "kind": "teleported", "text": "teleported it\x00", "payload": {"to": [1, {}]},
                                "actor": "Zoë", "actor_id": stranger}  # fmt: skip
    wrong = odd | {
        "seq": 3,
        "kind": "severity_changed",
        "text": "set it to eleven",
        "payload": {"severity": "eleven"},
    }
    forged = odd | {"seq": 4, "kind": "incident_imported", "text": "imported it", "payload": {}}
    file = changed(data, entries=[data["entries"][0], odd, wrong, forged])
    answer = await do(db, company.as_ben(), importing.import_record, read(file))
    found = await queries.incident_by_key(db, answer["key"], company.ben)
    assert found is not None
    out = await exported(db, found)
    assert [(e["kind"], e["text"], e["actor"], e["actor_id"]) for e in out["entries"][1:4]] == [
        ("entry_imported", "teleported it", "Zoë", None),
        ("entry_imported", "set it to eleven", "Zoë", None),
        ("entry_imported", "imported it", "Zoë", None),
    ]
    assert found.head == 5
    assert found.severity == incident.severity


async def test_a_long_record_takes_seconds(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana(), severity=3)
    data = await exported(db, incident)
    line = data["entries"][0] | {"kind": "message", "payload": {"text": "the pool is full " * 8}}
    entries_ = [data["entries"][0], *(line | {"seq": n} for n in range(2, 5001))]
    began = time.monotonic()
    answer = await do(db, company.as_ben(), importing.import_record, read(changed(data, entries=entries_)))
    found = await queries.incident_by_key(db, answer["key"], company.ben)
    assert found is not None
    out = await exported(db, found)
    assert len(out["entries"]) == 5001
    assert time.monotonic() - began < 20, "seconds, also on a busy machine"


def test_every_kind_has_a_place_in_an_export() -> None:
    assert {"incident_imported", "entry_imported"} <= set(KINDS)


async def imported(db: Database, company: Company, file: bytes) -> Incident:
    answer = await do(db, company.as_ana(), importing.import_record, read(file))
    found = await queries.incident_by_key(db, answer["key"], company.ana)
    assert found is not None
    return found


async def test_the_file_says_itself_that_it_is_private(db: Database, company: Company) -> None:
    """Also when the entry that says so had its words taken out, or says something else."""
    incident = await declared(db, company.as_ana())
    await do(db, company.as_ana(), privacy.make_private, incident.id, "about the salary of Vic")
    await do(db, company.as_ana(), edits.redact_entry, incident.id, 2, "a name")
    data = await exported(db, await again(db, incident))
    assert data["incident"]["private"]
    for file in (
        orjson.dumps(data),
        changed(data, export_id="00000000-0000-0000-0000-000000000001", entries=data["entries"][:1]),
    ):
        found = await imported(db, company, file)
        assert found.private
        assert await queries.incident_by_key(db, found.key, company.ben) is None
    with pytest.raises(Invalid, match="nobody could see it"):
        await do(db, Actor(None, "Scanner", "service", "member"), importing.import_record, read(
            changed(data, export_id="00000000-0000-0000-0000-000000000002", entries=data["entries"][:1])))  # fmt: skip


async def test_an_imported_line_has_its_edits_and_replies(db: Database, company: Company) -> None:
    incident, ana = await declared(db, company.as_ana()), company.as_ana()
    line = await do(db, ana, entries.say, incident.id, "the pool is fuul")
    await do(db, ana, edits.edit_entry, incident.id, line, "the password is hunter2")
    answer = await do(db, ana, entries.say, incident.id, "take that out", reply_to=line)
    found = await imported(db, company, orjson.dumps(await exported(db, await again(db, incident))))
    extra = (await said_read.extras(db, found.id, [line]))[line]
    assert (extra.text, extra.revisions, extra.replies) == ("the password is hunter2", 1, 1)
    assert [e.seq for e in await said_read.thread(db, found.id, line)] == [answer]
    assert [v.text for v in await said_read.versions(db, found.id, line)] == [
        "the pool is fuul",
        "the password is hunter2",
    ]
    await do(db, ana, edits.redact_entry, found.id, line, "a secret")
    assert "hunter2" not in orjson.dumps(await exported(db, await again(db, found))).decode()
    assert await value(db, "select count(*) from entries where stream = $1 and payload::text like '%hunter2%'", found.id) == 0  # fmt: skip


async def test_edits_in_a_file_that_cannot_be_stay_entries_of_their_own(
    db: Database, company: Company
) -> None:
    incident, ana = await declared(db, company.as_ana()), company.as_ana()
    line = await do(db, ana, entries.say, incident.id, "the pool is full")
    data = await exported(db, await again(db, incident))
    said = data["entries"][1]
    edit = {"kind": "entry_edited", "text": "edited it"}
    forged = [
        said | edit | {"amends": 1, "payload": {"seq": 1, "text": "hunter2 one", "revision": 1}},
        said | edit | {"amends": 6, "payload": {"seq": 6, "text": "hunter2 two", "revision": 1}},
        said | {"amends": line, "payload": {"text": "hunter2 three", "reply_to": 99}},
        said | edit | {"amends": None, "payload": {"seq": line, "text": "hunter2 four", "revision": 1}},
    ]
    file = changed(
        data, entries=[*data["entries"], *(entry | {"seq": n} for n, entry in enumerate(forged, 3))]
    )
    found = await imported(db, company, file)
    extras = await said_read.extras(db, found.id, range(1, 7))
    assert [extras[n].text for n in range(1, 7)] == [None, "hunter2 four", None, None, None, None]
    for seq in (2, 3, 4, 5):
        await do(db, ana, edits.redact_entry, found.id, seq, "a secret")
    assert await value(db, "select count(*) from entries where stream = $1 and payload::text like '%hunter2%'", found.id) == 0  # fmt: skip
