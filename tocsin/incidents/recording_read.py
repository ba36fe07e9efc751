"""Reading recordings and transcripts: which there are, their lines, and what was said when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tocsin.incidents.model import Incident
from tocsin.incidents.recording_kinds import length
from tocsin.kernel.db import Reader
from tocsin.kernel.errors import NotFound
from tocsin.kernel.sql import Statements

sql = Statements("tocsin.incidents", "recordings.sql")
#: Lines on one page of a transcript.
PAGE = 500


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording of a call."""

    id: UUID
    seq: int
    name: str
    media: str
    size: int
    began_at: datetime

    @property
    def moving(self) -> bool:
        """Whether there is something to see."""
        return self.media.startswith("video/")


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said on a call; `seq` is its entry's number."""

    seq: int
    name: str
    began_at: datetime
    length_ms: int
    cues: int
    speakers: int

    @property
    def length(self) -> str:
        """In words."""
        return length(self.length_ms)

    def covers(self, moment: datetime) -> bool:
        """Whether the call went on at a moment; its last words take a while."""
        return self.began_at <= moment <= self.began_at + timedelta(milliseconds=self.length_ms, seconds=15)


@dataclass(frozen=True, slots=True)
class CueRow:
    """A line: `told_seq` is the entry that puts it on the timeline, if one does."""

    n: int
    starts_ms: int
    ends_ms: int | None
    speaker: str
    user_id: UUID | None
    text: str
    told_seq: int | None

    @property
    def offset(self) -> str:
        """`00:07:12`."""
        seconds = self.starts_ms // 1000
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


@dataclass(frozen=True, slots=True)
class Calls:
    """All that an incident holds of its calls."""

    recordings: Sequence[Recording]
    transcripts: Sequence[Transcript]

    def recording(self, seq: int) -> Recording | None:
        """The recording of an entry."""
        return next((r for r in self.recordings if r.seq == seq), None)

    def transcript(self, seq: int) -> Transcript | None:
        """The transcript of an entry."""
        return next((t for t in self.transcripts if t.seq == seq), None)

    def of_the_same(self, began_at: datetime) -> Recording | None:
        """The recording that began at the same moment as a transcript."""
        return next((r for r in self.recordings if abs(r.began_at - began_at) < timedelta(seconds=1)), None)

    def said_at(self, moment: datetime) -> Transcript | None:
        """The transcript that has what was said at a moment: of several, the one that began last."""
        return next((t for t in reversed(self.transcripts) if t.covers(moment)), None)


async def calls_of(db: Reader, incident_id: UUID) -> Calls:
    """Recordings and transcripts that were not taken out."""
    return Calls(
        await db.all(Recording, sql.recordings, incident_id),
        await db.all(Transcript, sql.transcripts, incident_id, None),
    )


async def transcript_of(db: Reader, incident_id: UUID, seq: int) -> Transcript:
    """One transcript. Raises `NotFound`."""
    found = await db.first(Transcript, sql.transcripts, incident_id, seq)
    if found is None:
        raise NotFound("There is no such transcript.")
    return found


async def cues_of(db: Reader, incident_id: UUID, seq: int, first: int = 1, limit: int = PAGE) -> list[CueRow]:
    """Lines of a transcript, from one on."""
    return await db.all(CueRow, sql.cues, incident_id, seq, first, limit)


async def cue_of(db: Reader, incident_id: UUID, seq: int, n: int) -> CueRow:
    """One line. Raises `NotFound`."""
    await transcript_of(db, incident_id, seq)
    found = await cues_of(db, incident_id, seq, n, 1)
    if not found or found[0].n != n:
        raise NotFound("There is no such line.")
    return found[0]


async def cue_at(db: Reader, incident_id: UUID, transcript: Transcript, moment: datetime) -> int:
    """The number of the line that was being said at a moment."""
    after = max(0, min(round((moment - transcript.began_at).total_seconds() * 1000), 86_400_000))
    return int(await db.value(sql.cue_at, incident_id, transcript.seq, after))


async def offered_start(db: Reader, incident: Incident) -> datetime:
    """When a call of the incident most probably began: when people said so, else when it was declared."""
    began: datetime | None = await db.value(sql.call_began, incident.id)
    return began or incident.declared_at
