"""How a page would reach somebody at a moment, asked of the same SQL function as the engine asks, and said in a sentence."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from tocsin.kernel.db import Reader
from tocsin.kernel.sql import Statements

sql = Statements("tocsin.paging", "reaching.sql")
URGENCIES = ("high", "low")
#: What people call these in the middle of a sentence; others go by their title.
_CALLED = {"sms": "SMS", "voice": "call", "email": "mail", "webpush": "push"}


@dataclass(frozen=True, slots=True)
class Way:
    """One message of a page. `why`: what it waits for; of one that does not work, the reason."""

    contact_method_id: UUID | None
    transport: str
    address: str
    due_at: datetime
    works: bool
    why: str


@dataclass(frozen=True, slots=True)
class Reached:
    """The messages of a page of an urgency at a moment, and the sentence about them. `working`: this server can send at least one."""

    urgency: str
    ways: tuple[Way, ...]
    sentence: str
    working: bool


async def reached_at(
    db: Reader, user_id: UUID, at: datetime, clock: str, titles: Mapping[str, str], working: Collection[str]
) -> list[Reached]:
    """Per urgency, the urgent first. `clock`: how the moment is called; `titles`: of transports; `working`: those that can send."""
    found = []
    for urgency in URGENCIES:
        ways = await db.all(Way, sql.ways_at, user_id, urgency, at)
        able = any(way.works and way.transport in working for way in ways)
        found.append(Reached(urgency, tuple(ways), sentence(urgency, ways, clock, titles), able))
    return found


def sentence(urgency: str, ways: Sequence[Way], clock: str, titles: Mapping[str, str]) -> str:
    """`A high-urgency page at 03:12: push and mail at once, SMS after 2 min, call after 5 min.`"""
    page = f"A {urgency}-urgency page at {clock}"
    able = [way for way in ways if way.works]
    if not able:
        return f"{page} does not reach you. {ways[0].why if ways else ''}".rstrip()
    begins = min(way.due_at for way in able)
    waits = next((way.why for way in able if way.due_at == begins and way.why), "")
    parts = [
        f"{_listed([_CALLED.get(w.transport) or titles.get(w.transport, w.transport) for w in group])} {_after(due, begins)}"
        for due, group in groupby(able, lambda way: way.due_at)
    ]
    told = ", ".join(parts)
    return f"{page} {waits}: {told.replace(' at once', ' then')}." if waits else f"{page}: {told}."


def _listed(names: Sequence[str]) -> str:
    unique = list(dict.fromkeys(names))
    return " and ".join([", ".join(unique[:-1]), unique[-1]]) if len(unique) > 1 else unique[0]


def _after(due: datetime, begins: datetime) -> str:
    seconds = round((due - begins).total_seconds())
    if not seconds:
        return "at once"
    if seconds < 60:
        return f"after {seconds} s"
    return f"after {seconds // 60} min" if seconds < 6000 else f"after {seconds / 3600:.0f} hours"
