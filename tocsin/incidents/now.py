"""What the start page and a display on a wall show of incidents."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from tocsin.incidents.model import Status
from tocsin.incidents.role_model import words_of
from tocsin.kernel.db import Reader
from tocsin.kernel.sql import Statements
from tocsin.record.kinds import decode

sql = Statements("tocsin.incidents", "now.sql")
#: Of each incident so many lines of its last hour are shown.
LINES = 5


@dataclass(frozen=True, slots=True)
class Open:
    """An open incident. `roles`: the titles of what the viewer is in it; `late`: its promised update did not come."""

    id: UUID
    key: str
    summary: str
    severity: int
    status: Status
    private: bool
    declared_at: datetime
    update_due_at: datetime | None
    manager: str | None
    service: str | None
    late: bool
    roles: tuple[str, ...]
    takes_part: bool

    @property
    def part(self) -> str:
        """The viewer's part in words; empty for onlookers."""
        words = [words_of(title) for title in self.roles]
        return ", ".join(words) or ("you take part" if self.takes_part else "")


@dataclass(frozen=True, slots=True)
class Recent:
    """An entry of late, with how many acts and messages its incident had in that time."""

    key: str
    summary: str
    seq: int
    kind: str
    happened_at: datetime
    actor: str
    payload: dict[str, object]
    acts: int
    messages: int


@dataclass(frozen=True, slots=True)
class Happened:
    """One line: who did what."""

    seq: int
    at: datetime
    actor: str
    text: str


@dataclass(frozen=True, slots=True)
class Group:
    """An incident's last hour: the newest lines first, messages as one of them; `more` acts are not shown."""

    key: str
    summary: str
    lines: tuple[Happened, ...]
    more: int


async def open_incidents(db: Reader, viewer: UUID | None, limit: int = 50) -> list[Open]:
    """Late ones first. Without a viewer only those that everybody may see."""
    return await db.all(Open, sql.open_with_part, viewer, limit)


async def last_hour(db: Reader, viewer: UUID, since: datetime) -> list[Group]:
    """What happened since, per incident."""
    return grouped(await db.all(Recent, sql.recent, viewer, since, LINES))


def grouped(entries: Iterable[Recent]) -> list[Group]:
    """Entries that come together per incident, newest first, as lines to read."""
    return [_group(key, list(of)) for key, of in groupby(entries, key=lambda entry: entry.key)]


def _group(key: str, of: list[Recent]) -> Group:
    lines = [_line(entry) for entry in of][:LINES]
    told = sum(1 for entry in of[:LINES] if entry.kind != "message")
    return Group(key, of[0].summary, tuple(lines), of[0].acts - told)


def _line(entry: Recent) -> Happened:
    if entry.kind == "message" and entry.messages > 1:
        return Happened(
            entry.seq, entry.happened_at, entry.actor, f"wrote the newest of {entry.messages} messages"
        )
    text = decode(entry.kind, entry.payload).sentence()
    return Happened(entry.seq, entry.happened_at, entry.actor, text)
