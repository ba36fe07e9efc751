"""Finding entries, and lines of calls: across all incidents that somebody may see, and in one record by words, kind and time."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tocsin.kernel.db import Reader
from tocsin.kernel.sql import Statements
from tocsin.record.model import Entry

sql = Statements("tocsin.incidents", "search.sql")
WORDS, LONGEST = 12, 100
#: No record has a number like this.
LAST = 2_147_483_647
#: What would end a quoted word of a query.
_NO_WORD = re.compile(r"['\\]")
_PART = re.compile(r'"([^"]*)"?|(\S+)')


@dataclass(frozen=True, slots=True)
class Found:
    """An entry that holds the words, with the incident that it belongs to."""

    key: str
    summary: str
    seq: int
    kind: str
    happened_at: datetime
    recorded_at: datetime
    actor: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class FoundLine:
    """A line that holds the words that somebody looks for."""

    key: str
    summary: str
    seq: int
    n: int
    speaker: str
    text: str
    said_at: datetime


def tsquery(words: str) -> str:
    """What people type as PostgreSQL reads it: all words must occur; the last one, and one with a star, may go on; and
    `"as it stands"` for a phrase. That all may go on would cost ten times as much."""
    return " & ".join(f"'{bare}':*" if goes_on else f"'{bare}'" for bare, goes_on in split(words))


def split(words: str) -> list[tuple[str, bool]]:
    """Words and phrases; whether each may go on."""
    found = [
        (_NO_WORD.sub(" ", phrase or word).strip()[:LONGEST], not phrase, word.endswith("*"))
        for phrase, word in _PART.findall(words.replace("\x00", ""))[:WORDS]
    ]
    found = [each for each in found if re.search(r"\w", each[0])]
    return [
        (bare, single and (n == len(found) - 1 or starred) and len(re.sub(r"\W", "", bare)) > 1)
        for n, (bare, single, starred) in enumerate(found)
    ]


async def search(
    db: Reader, viewer: UUID | None, words: str, *, before: datetime | None = None, limit: int = 30
) -> list[Found]:
    """Entries of incidents that the viewer may see, the newest first. Of an edited line the newest words count."""
    query, exact = tsquery(words), [bare for bare, goes_on in split(words) if not goes_on]
    return await db.all(Found, sql.search, viewer, query, exact, before, limit) if query else []


async def lines(db: Reader, viewer: UUID | None, words: str, limit: int = 20) -> list[FoundLine]:
    """Lines of the transcripts of calls, of incidents that the viewer may see, the newest incidents first."""
    query = tsquery(words)
    return await db.all(FoundLine, sql.lines, viewer, query, limit) if query else []


async def lines_of(db: Reader, incident_id: UUID, words: str, limit: int = 50) -> list[FoundLine]:
    """Such lines of one incident, in the order in which they were said."""
    query = tsquery(words)
    return await db.all(FoundLine, sql.lines_of, incident_id, query, limit) if query else []


@dataclass(frozen=True, slots=True)
class Window:
    """Which entries of a record: of these kinds (None: all), holding these words, after or before a number or a time."""

    kinds: Sequence[str] | None = None
    words: str = ""
    after: int = 0
    before: int = LAST
    limit: int = 200


async def forward(db: Reader, incident_id: UUID, w: Window) -> list[Entry]:
    """The first entries of the window, in order."""
    return await db.all(Entry, sql.forward, incident_id, _kinds(w), _words(w), w.after, w.before, w.limit)


async def backward(db: Reader, incident_id: UUID, w: Window) -> list[Entry]:
    """The last entries of the window, in order."""
    found = await db.all(Entry, sql.backward, incident_id, _kinds(w), _words(w), w.after, w.before, w.limit)
    return found[::-1]


async def by_time(db: Reader, incident_id: UUID, w: Window, since: datetime | None) -> list[Entry]:
    """Entries in the order in which things happened, from a moment on; what was noted later stands where it belongs."""
    return await db.all(Entry, sql.by_time, incident_id, _kinds(w), _words(w), since, w.limit)


async def together(
    db: Reader, incident_ids: Sequence[UUID], w: Window, since: datetime | None
) -> list[Entry]:
    """The same for several records as one; whoever asks has asked which of them the reader may see."""
    return await db.all(Entry, sql.together, list(incident_ids), _kinds(w), _words(w), since, w.limit)


async def seq_at(db: Reader, incident_id: UUID, moment: datetime) -> int:
    """The first entry at or after a moment, or the last one there is."""
    return int(await db.value(sql.seq_at, incident_id, moment) or 1)


def _kinds(w: Window) -> list[str] | None:
    return None if w.kinds is None else list(w.kinds)


def _words(w: Window) -> str | None:
    if not w.words.strip():
        return None
    return tsquery(w.words) or "'.'"
