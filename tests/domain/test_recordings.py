"""Recordings and transcripts in the record: told later, line by line onto the timeline, corrected, taken out, out and in again."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from jsonschema import Draft202012Validator

from tests.domain.street import again, declared
from tests.domain.test_catchup import do
from tests.domain.test_export import exported, value
from tests.support import Company
from tocsin.edge.import_file import read
from tocsin.incidents import (
    edits,
    export_markdown,
    importing,
    privacy,
    queries,
    recording_read,
    recordings,
    search,
)
from tocsin.incidents.exporting import schema
from tocsin.incidents.files import Kept, files_of
from tocsin.incidents.model import Incident
from tocsin.incidents.transcript_text import MOST_CUES, Cue, cues_of
from tocsin.kernel.db import Database
from tocsin.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from tocsin.kernel.ids import new_id
from tocsin.record.model import Entry
from tocsin.record.queries import entry

SOUND = Kept("audio/mpeg", 5000, "a" * 64)
TEXT = Kept("text/plain", 500, "b" * 64)


def fresh(kept: Kept) -> Kept:
    """The same, sent once more: each upload has an id of its own."""
    return replace(kept, id=new_id())


CALL = cues_of(
    "[00:00:05] Ana Silva: the pool is full\n[00:07:12] Ben Okafor: restarting quagga\n[00:47:30] Ana (guest): <b>done</b>"
)


async def an_hour_ago(db: Database) -> datetime:
    return (await db.clock() - timedelta(hours=1)).replace(microsecond=0)


async def told(
    db: Database, company: Company, incident: Incident, cues: Any = CALL, began: Any = None
) -> int:
    began = began or await an_hour_ago(db)
    seq: int = await do(
        db, company.as_ana(), recordings.attach_transcript, incident.id, fresh(TEXT), "call.vtt", began, cues
    )
    return seq


async def found(db: Database, incident: Incident, seq: int) -> Entry:
    one = await entry(db, incident.id, seq)
    assert one is not None
    return one


async def test_a_call_stands_where_it_began(db: Database, company: Company) -> None:
    incident, began = await declared(db, company.as_ana()), await an_hour_ago(db)
    seq = await do(
        db,
        company.as_ana(),
        recordings.attach_recording,
        incident.id,
        fresh(SOUND),
        "../call.mp3",
        began,
        "the bridge",
    )
    one = await found(db, incident, seq)
    assert (one.kind, one.happened_at, one.payload["name"]) == ("recording_attached", began, "call.mp3")
    assert one.recorded_at - one.happened_at >= timedelta(hours=1)
    written = await told(db, company, incident, began=began)
    calls = await recording_read.calls_of(db, incident.id)
    transcript = calls.transcript(written)
    assert transcript
    assert (transcript.cues, transcript.speakers, transcript.length) == (3, 3, "48 min")
    assert calls.of_the_same(transcript.began_at) == calls.recording(seq)
    lines = await recording_read.cues_of(db, incident.id, written)
    assert [(c.offset, c.speaker, c.user_id) for c in lines] == [
        ("00:00:05", "Ana Silva", company.ana), ("00:07:12", "Ben Okafor", company.ben), ("00:47:30", "Ana (guest)", None),
    ]  # fmt: skip
    # What was said then: the line that was being said, for moments within the call.
    assert calls.said_at(began + timedelta(minutes=8)) == transcript
    assert calls.said_at(began + timedelta(minutes=50)) is None
    assert await recording_read.cue_at(db, incident.id, transcript, began + timedelta(minutes=8)) == 2
    assert await recording_read.cue_at(db, incident.id, transcript, began) == 1


async def test_two_people_of_one_name_are_nobody(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana())
    await value(db, "update users set name = 'ana silva' where id = $1", company.vic)
    seq = await told(db, company, incident)
    assert (await recording_read.cues_of(db, incident.id, seq))[0].user_id is None


@pytest.mark.parametrize("away", [timedelta(days=-31), timedelta(minutes=-40), timedelta(minutes=10)])
async def test_a_call_that_cannot_have_been_then_is_refused(
    db: Database, company: Company, away: timedelta
) -> None:
    """Too long ago, not over yet, or still to come."""
    incident, now = await declared(db, company.as_ana()), await db.clock()
    with pytest.raises(Invalid) as refused:
        await told(db, company, incident, began=now + away)
    assert refused.value.field == "began_at"
    if away > timedelta(0):
        with pytest.raises(Invalid):
            await do(
                db,
                company.as_ana(),
                recordings.attach_recording,
                incident.id,
                fresh(SOUND),
                "x.mp3",
                now + away,
            )


async def test_a_line_goes_onto_the_timeline_once(db: Database, company: Company) -> None:
    incident, began = await declared(db, company.as_ana()), await an_hour_ago(db)
    seq = await told(db, company, incident, began=began)
    line = await do(db, company.as_ben(), recordings.tell_cue, incident.id, seq, 2)
    one = await found(db, incident, line)
    assert (one.kind, one.happened_at, one.actor) == (
        "message",
        began + timedelta(minutes=7, seconds=12),
        "Ben Okafor",
    )
    assert (one.payload["said_by"], one.payload["text"]) == ("Ben Okafor", "restarting quagga")
    assert (one.payload["transcript"], one.payload["cue"]) == (seq, 2)
    assert await do(db, company.as_ana(), recordings.tell_cue, incident.id, seq, 2) == line
    assert (await again(db, incident)).head == line
    # Its words were taken out: the line may be told again.
    await do(db, company.as_ben(), edits.redact_entry, incident.id, line, "wrong")
    assert (await recording_read.cue_of(db, incident.id, seq, 2)).told_seq is None
    assert await do(db, company.as_ana(), recordings.tell_cue, incident.id, seq, 2) > line
    for n in (0, 4, 99):
        with pytest.raises(NotFound):
            await do(db, company.as_ana(), recordings.tell_cue, incident.id, seq, n)


async def test_the_beginning_is_corrected_for_all_that_began_together(db: Database, company: Company) -> None:
    incident, began = await declared(db, company.as_ana()), await an_hour_ago(db)
    sound = await do(
        db, company.as_ana(), recordings.attach_recording, incident.id, fresh(SOUND), "call.mp3", began
    )
    seq = await told(db, company, incident, began=began)
    other = await told(db, company, incident, began=began - timedelta(minutes=1))
    right = began + timedelta(seconds=40)
    said = await do(db, company.as_ben(), recordings.move_recording, incident.id, seq, right)
    assert (await found(db, incident, said)).payload["seq"] == seq
    calls = await recording_read.calls_of(db, incident.id)
    assert [c.began_at for c in (calls.recording(sound), calls.transcript(seq), calls.transcript(other)) if c] == [
        right, right, began - timedelta(minutes=1),
    ]  # fmt: skip
    with pytest.raises(Invalid):
        await do(db, company.as_ben(), recordings.move_recording, incident.id, seq, right)
    with pytest.raises(Invalid):
        await do(db, company.as_ben(), recordings.move_recording, incident.id, seq, await db.clock())
    with pytest.raises(NotFound):
        await do(db, company.as_ben(), recordings.move_recording, incident.id, 1, began)


async def test_lines_are_found_by_who_may_see_them(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana())
    seq = await told(db, company, incident)
    for viewer in (company.ana, company.vic):
        (line,) = await search.lines(db, viewer, "quag")
        assert (line.key, line.seq, line.n, line.speaker) == (incident.key, seq, 2, "Ben Okafor")
    assert [c.n for c in await search.lines_of(db, incident.id, "okafor restarting")] == [2]
    assert [e.seq for e in await search.forward(db, incident.id, search.Window(words="quagga"))] == [seq]
    # Words of two lines are not the words of one.
    assert await search.forward(db, incident.id, search.Window(words="quagga pool")) == []
    await do(db, company.as_ana(), privacy.make_private, incident.id, "names of customers")
    assert await search.lines(db, company.vic, "quag") == []
    assert len(await search.lines(db, company.ana, "quag")) == 1
    with pytest.raises(NotFound):
        await do(db, company.as_ben(), recordings.tell_cue, incident.id, seq, 2)


async def test_redacting_takes_lines_at_once(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana())
    seq = await told(db, company, incident)
    await do(db, company.as_ana(), edits.redact_entry, incident.id, seq, "a password")
    assert await value(db, "select count(*) from transcript_cues") == 0
    assert await search.lines(db, company.ana, "quag") == []
    assert await files_of(db, incident.id) == []
    with pytest.raises(NotFound):
        await recording_read.transcript_of(db, incident.id, seq)
    assert "quagga" not in orjson.dumps(await exported(db, await again(db, incident))).decode()


async def test_who_only_looks_adds_nothing(db: Database, company: Company) -> None:
    incident, began = await declared(db, company.as_ana()), await an_hour_ago(db)
    with pytest.raises(Forbidden):
        await do(db, company.as_vic(), recordings.attach_recording, incident.id, fresh(SOUND), "x", began)


async def test_recordings_are_weighed_by_themselves(db: Database, company: Company) -> None:
    incident, began = await declared(db, company.as_ana()), await an_hour_ago(db)
    large = Kept("audio/mpeg", 5_000_000_000, "a" * 64)
    for _ in range(4):
        await do(db, company.as_ana(), recordings.attach_recording, incident.id, fresh(large), "x.mp3", began)
    with pytest.raises(Conflict, match="4 recordings"):
        await do(db, company.as_ana(), recordings.attach_recording, incident.id, fresh(SOUND), "x.mp3", began)
    await told(db, company, incident, began=began)


async def test_the_same_request_acts_once(db: Database, company: Company) -> None:
    incident, began = await declared(db, company.as_ana()), await an_hour_ago(db)
    seqs = []
    for _ in range(2):
        async with db.unit(company.as_ana(), "web", "key-1") as u:
            seqs.append(await recordings.attach_transcript(u, incident.id, TEXT, "call.vtt", began, CALL))
    assert seqs[0] == seqs[1]
    assert await value(db, "select count(*) from transcript_cues") == 3


async def test_fifty_thousand_lines(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana())
    cues = tuple(
        Cue(n * 60, n * 60 + 50, f"Speaker {n % 7}", f"line {n} about the pool") for n in range(MOST_CUES)
    )
    seq = await told(db, company, incident, cues)
    assert [c.n for c in await recording_read.cues_of(db, incident.id, seq, 49_990)] == list(
        range(49_990, 50_001)
    )
    assert len(await search.lines(db, company.ana, "pool")) == 20


async def test_lines_go_out_and_come_in(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana())
    seq = await told(db, company, incident)
    line = await do(db, company.as_ana(), recordings.tell_cue, incident.id, seq, 2)
    data = await exported(db, await again(db, incident))
    Draft202012Validator(orjson.loads(schema())).validate(data)
    assert [c["entry"] for c in data["transcripts"][0]["cues"]] == [None, line, None]
    text = "\n".join(export_markdown.transcripts(data))
    assert "**Ben Okafor**: restarting quagga (#3)" in text
    assert r"\<b\>done\</b\>" in text
    made = await do(db, company.as_ben(), importing.import_record, read(orjson.dumps(data)))
    brought = await queries.incident_by_key(db, made["key"], company.ben)
    assert brought is not None
    assert (await exported(db, brought))["transcripts"] == data["transcripts"]
    assert [c.n for c in await search.lines_of(db, brought.id, "quagga")] == [2]


def refused(data: dict[str, Any], **cue: Any) -> None:
    data["transcripts"][0]["cues"][0] |= cue
    with pytest.raises(Invalid):
        read(orjson.dumps(data))


@pytest.mark.parametrize(
    "cue",
    [
        {"starts_ms": -1},
        {"starts_ms": 86_400_001},
        {"text": ""},
        {"text": "x" * 5001},
        {"speaker": "x" * 101},
    ],
)
async def test_lines_that_do_not_fit_do_not_come_in(
    db: Database, company: Company, cue: dict[str, Any]
) -> None:
    incident = await declared(db, company.as_ana())
    await told(db, company, incident)
    refused(await exported(db, await again(db, incident)), **cue)


async def test_lines_of_another_entry_are_left_out(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana())
    await told(db, company, incident)
    data = await exported(db, await again(db, incident))
    data["transcripts"][0]["seq"] = 1 + data["transcripts"][0]["seq"]
    assert read(orjson.dumps(data)).transcripts == ()
    assert UUID(data["export_id"])
