"""Recordings and transcripts of an incident's calls."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Query, UploadFile
from pydantic import AwareDatetime, BaseModel

from tocsin.api.v1.auth import Call, LargeRoute
from tocsin.api.v1.shown import incident_of
from tocsin.edge.attachments import recording_for, transcript_for
from tocsin.incidents import recordings
from tocsin.incidents.entries import check_time
from tocsin.incidents.recording_read import Calls, CueRow, calls_of, cues_of, transcript_of

router = APIRouter(tags=["Recordings"], route_class=LargeRoute)
Upload = Annotated[UploadFile, File()]
Began = Annotated[AwareDatetime, Form(description="When it began, with its zone.")]
Ahead = Annotated[
    int,
    Form(
        ge=-86_400,
        le=86_400,
        description="By how many seconds the clock that says so was ahead; below 0: behind.",
    ),
]
Caption = Annotated[str, Form(max_length=500)]


class StartBody(BaseModel):
    """When it really began."""

    began_at: AwareDatetime


@router.get("/incidents/{key}/recordings")
async def list_recordings(call: Call, key: str) -> dict[str, Any]:
    """Recordings and transcripts, by when they began. A recording's bytes are its file; ranges of them can be asked for."""
    incident = await incident_of(call, key)
    return _shown(await calls_of(call.db, incident.id), key)


def _shown(calls: Calls, key: str) -> dict[str, Any]:
    return {
        "recordings": [
            {"seq": r.seq, "id": r.id, "name": r.name, "media": r.media, "size": r.size, "began_at": r.began_at,
             "url": f"/api/v1/incidents/{key}/files/{r.id}"}
            for r in calls.recordings
        ],
        "transcripts": [
            {"seq": t.seq, "name": t.name, "began_at": t.began_at, "length_s": t.length_ms / 1000, "cues": t.cues,
             "speakers": t.speakers, "url": f"/api/v1/incidents/{key}/transcripts/{t.seq}"}
            for t in calls.transcripts
        ],
    }  # fmt: skip


def _one(shown: dict[str, Any], what: str, seq: int) -> dict[str, Any]:
    return next(each for each in shown[what] if each["seq"] == seq)


@router.post("/incidents/{key}/recordings", status_code=201)
async def attach_recording(
    call: Call, key: str, file: Upload, began_at: Began, clock_ahead_s: Ahead = 0, caption: Caption = ""
) -> dict[str, Any]:
    """Puts a recording into the record at the moment it began: MP3, M4A, MP4, Ogg, Opus, WebM, WAV or FLAC, by its content; 500 MB
    unless the operator says otherwise."""
    incident, began = await incident_of(call, key), _began(began_at, clock_ahead_s)
    await check_time(call.db, incident, began, "began_at")
    async with recording_for(call.site, incident, file.file) as kept, call.unit() as u:
        seq = await recordings.attach_recording(
            u, incident.id, kept, file.filename or "recording", began, caption
        )
    return _one(_shown(await calls_of(call.db, incident.id), key), "recordings", seq)


@router.post("/incidents/{key}/transcripts", status_code=201)
async def attach_transcript(
    call: Call, key: str, file: Upload, began_at: Began, clock_ahead_s: Ahead = 0, caption: Caption = ""
) -> dict[str, Any]:
    """Puts a transcript into the record: WebVTT, SRT, or text with times such as `[00:07:12] Name: words`; 5 MB and 50,000 lines."""
    incident, began = await incident_of(call, key), _began(began_at, clock_ahead_s)
    await check_time(call.db, incident, began, "began_at")
    async with transcript_for(call.site, incident, file.file) as (kept, cues), call.unit() as u:
        name = file.filename or "transcript"
        seq = await recordings.attach_transcript(u, incident.id, kept, name, began, cues, caption)
    return _one(_shown(await calls_of(call.db, incident.id), key), "transcripts", seq)


def _began(at: datetime, ahead_s: int) -> datetime:
    return at - timedelta(seconds=ahead_s)


@router.get("/incidents/{key}/transcripts/{seq}")
async def lines(
    call: Call,
    key: str,
    seq: int,
    first: Annotated[int, Query(ge=1, le=100_000, description="From this line on.")] = 1,
    limit: Annotated[int, Query(ge=1, le=5000)] = 500,
) -> dict[str, Any]:
    """The lines of a transcript, each with its moment. `entry` is the one that puts it on the timeline."""
    incident = await incident_of(call, key)
    transcript = await transcript_of(call.db, incident.id, seq)
    found = await cues_of(call.db, incident.id, seq, first, limit)
    return {
        "seq": seq, "name": transcript.name, "began_at": transcript.began_at, "cues": transcript.cues,
        "lines": [_line(transcript.began_at, cue) for cue in found],
    }  # fmt: skip


def _line(began_at: datetime, cue: CueRow) -> dict[str, Any]:
    return {
        "n": cue.n, "at": began_at + timedelta(milliseconds=cue.starts_ms), "starts_ms": cue.starts_ms, "ends_ms": cue.ends_ms,
        "speaker": cue.speaker, "user_id": cue.user_id, "text": cue.text, "entry": cue.told_seq,
    }  # fmt: skip


@router.post("/incidents/{key}/transcripts/{seq}/lines/{n}/entry", status_code=201)
async def tell(call: Call, key: str, seq: int, n: int) -> dict[str, Any]:
    """Puts a line on the timeline at the moment it was said; one that is there already answers its entry."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        return {"seq": await recordings.tell_cue(u, incident.id, seq, n)}


@router.put("/incidents/{key}/recordings/{seq}/start")
async def move(call: Call, key: str, seq: int, body: StartBody) -> dict[str, Any]:
    """Corrects when a recording or a transcript (by its entry's number) began, and with it those of the same beginning."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        await recordings.move_recording(u, incident.id, seq, body.began_at)
    return _shown(await calls_of(call.db, incident.id), key)
