"""Recordings and transcripts of calls, told later: put into the record where they began, and line by line onto the timeline."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from tocsin.incidents.change import change, lock, text
from tocsin.incidents.entries import check_time, say
from tocsin.incidents.files import Kept, make_room, note, safe_name
from tocsin.incidents.model import Incident
from tocsin.incidents.recording_kinds import RecordingAttached, RecordingMoved, TranscriptAttached
from tocsin.incidents.recording_read import calls_of, cue_of, sql, transcript_of
from tocsin.incidents.said_model import plain
from tocsin.incidents.transcript_text import Cue, length_of, speakers_of
from tocsin.kernel.commands import command
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Invalid, NotFound
from tocsin.people.queries import users

CAPTION = 500


@command("incident.attach_recording")
async def attach_recording(
    u: Unit, incident_id: UUID, kept: Kept, name: str, began_at: datetime, caption: str = ""
) -> int:
    """Puts a recording into the record at the moment it began; its bytes are kept before. Answers the entry's number."""
    incident = await lock(u, incident_id)
    await check_time(u, incident, began_at, "began_at")
    await make_room(u, incident, kept.size, recording=True)
    file_id, shown = kept.id, safe_name(name)
    payload = RecordingAttached(file_id, shown, kept.media, kept.size, _caption(caption))
    after = await change(u, incident, payload, happened_at=began_at)
    await note(u, after, file_id, shown, kept, began_at)
    return after.head


@command("incident.attach_transcript")
async def attach_transcript(
    u: Unit,
    incident_id: UUID,
    kept: Kept,
    name: str,
    began_at: datetime,
    cues: Sequence[Cue],
    caption: str = "",
) -> int:
    """Puts a transcript into the record as one entry, with its lines beside it; the file as it came is kept too."""
    incident, length = await lock(u, incident_id), length_of(cues)
    await check_time(u, incident, began_at, "began_at")
    await _check_end(u, incident, began_at, length)
    await make_room(u, incident, kept.size)
    file_id, shown = kept.id, safe_name(name)
    payload = TranscriptAttached(file_id, shown, len(cues), speakers_of(cues), length, _caption(caption))
    after = await change(u, incident, payload, happened_at=began_at)
    await note(u, after, file_id, shown, kept)
    await store(u, incident_id, after.head, shown, began_at, cues)
    return after.head


async def _check_end(u: Unit, incident: Incident, began_at: datetime, length_ms: int) -> None:
    """A call that would end in the future began at another time."""
    await check_time(u, incident, began_at + timedelta(milliseconds=length_ms), "began_at")


async def store(
    u: Unit,
    incident_id: UUID,
    seq: int,
    name: str,
    began_at: datetime,
    cues: Sequence[Cue],
    told: Sequence[int | None] = (),
) -> None:
    """A transcript with its lines, beside its entry. Speakers who go by the name of one person here are that person."""
    people = await _people(u)
    await u.run(
        sql.add_transcript, incident_id, seq, name, began_at, length_of(cues), len(cues), speakers_of(cues)
    )
    await u.run(
        sql.add_cues, incident_id, seq, list(range(1, len(cues) + 1)), [c.starts_ms for c in cues],
        [c.ends_ms for c in cues], [c.speaker for c in cues], [people.get(c.speaker.casefold()) for c in cues],
        [c.text for c in cues], list(told) or [None] * len(cues),
    )  # fmt: skip


async def _people(u: Unit) -> dict[str, UUID | None]:
    """People by their whole name, casefolded; two of one name are nobody."""
    found: dict[str, UUID | None] = {}
    for user in await users(u):
        if user.disabled_at is None:
            name = user.name.casefold()
            found[name] = None if name in found else user.id
    return found


@command("incident.tell_cue")
async def tell_cue(u: Unit, incident_id: UUID, seq: int, n: int) -> int:
    """Puts a line of a transcript onto the timeline at the moment it was said. Answers the entry's number; a line that is there
    already is not put twice."""
    await lock(u, incident_id)
    transcript = await transcript_of(u, incident_id, seq)
    cue = await cue_of(u, incident_id, seq, n)
    if cue.told_seq is not None:
        return cue.told_seq
    at = transcript.began_at + timedelta(milliseconds=cue.starts_ms)
    told = await say(
        u, incident_id, cue.text, at=at, said_by=cue.speaker, tag="said" if cue.speaker else "", cue=(seq, n)
    )
    await u.run(sql.tell_cue, incident_id, seq, n, told)
    return told


@command("incident.move_recording")
async def move_recording(u: Unit, incident_id: UUID, seq: int, began_at: datetime) -> int:
    """Corrects when a recording or a transcript began, and with it those of the same beginning. Answers the entry's number."""
    incident, calls = await lock(u, incident_id), await calls_of(u, incident_id)
    found = calls.recording(seq) or calls.transcript(seq)
    if found is None:
        raise NotFound("There is no such recording or transcript.")
    await check_time(u, incident, began_at, "began_at")
    if began_at == found.began_at:
        raise Invalid("began_at", "It begins then already.")
    longest = max((t.length_ms for t in calls.transcripts if t.began_at == found.began_at), default=0)
    await _check_end(u, incident, began_at, longest)
    await u.run(sql.move_recordings, incident_id, found.began_at, began_at)
    await u.run(sql.move_transcripts, incident_id, found.began_at, began_at)
    after = await change(u, incident, RecordingMoved(seq, began_at, found.began_at))
    return after.head


def _caption(caption: str) -> str:
    return text("caption", plain(caption), CAPTION, needed=False)
