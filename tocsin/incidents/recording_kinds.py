"""What the record tells of calls that were recorded or written down by a tool."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tocsin.record.kinds import kind


@kind("recording_attached")
@dataclass(frozen=True, slots=True)
class RecordingAttached:
    """Somebody added a recording of a call; the entry's time is when it began."""

    file_id: UUID
    name: str
    media: str
    size: int
    caption: str = ""

    def sentence(self) -> str:
        return f"added a recording, {self.name}" + (f": {self.caption}" if self.caption else "")


@kind("transcript_attached")
@dataclass(frozen=True, slots=True)
class TranscriptAttached:
    """Somebody added what was said on a call; the entry's time is when it began, the lines are beside the record."""

    file_id: UUID
    name: str
    cues: int
    speakers: int
    length_ms: int
    caption: str = ""

    def sentence(self) -> str:
        return f"added the {self.title()[0].lower()}{self.title()[1:]}" + (
            f": {self.caption}" if self.caption else ""
        )

    def title(self) -> str:
        """`Transcript of the call, 48 min, 5 speakers`."""
        return f"Transcript of the call, {length(self.length_ms)}, {_many(self.speakers, 'speaker') if self.speakers else _many(self.cues, 'line')}"


@kind("recording_moved")
@dataclass(frozen=True, slots=True)
class RecordingMoved:
    """The moment at which a recording or a transcript began was corrected, also of those that began with it."""

    seq: int
    began_at: datetime
    was: datetime

    def sentence(self) -> str:
        seconds = round((self.began_at - self.was).total_seconds())
        words = length(abs(seconds) * 1000)
        return f"corrected the beginning of #{self.seq}: {words} {'later' if seconds >= 0 else 'earlier'}"


def length(ms: int) -> str:
    """`48 min`, `1 h 5 min`, `40 s`."""
    if ms < 60_000:
        return f"{ms // 1000} s"
    minutes = round(ms / 60_000)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"
