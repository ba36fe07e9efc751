"""Once a day every schedule is looked over: what leaves a hole or wears somebody out within a week is told to its owners,
once, in one message each."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypedDict
from uuid import UUID

from tocsin.duty.tell import tell
from tocsin.kernel import work
from tocsin.kernel.db import DATA_ERRORS, ENGINE, Database, Row, Unit
from tocsin.kernel.errors import Conflict, NotFound
from tocsin.kernel.log import logger
from tocsin.kernel.sql import Statements
from tocsin.kernel.work import Job, Work
from tocsin.oncall.checkup import checkup
from tocsin.oncall.findings import Finding, FindingKind

sql = Statements("tocsin.duty", "weekahead.sql")
KIND, LOOK = "duty.week_ahead", "duty.look_ahead"
#: Told when it begins within eight days: at least a week ahead, for what was there by then.
AHEAD = timedelta(days=8)
TOLD = frozenset({FindingKind.GAP, FindingKind.EMPTY_SHIFT, FindingKind.DOUBLE, FindingKind.NIGHTS})
MOST_LINES = 20
#: A job has a minute; a schedule takes some hundredths of a second.
AT_ONCE = 50
log = logger(__name__)


class Part(TypedDict):
    """What is new about one schedule, and whom to tell; as it travels in a row."""

    name: str
    owners: list[str]
    sentences: list[str]


async def look_ahead(db: Database, _: Work) -> None:
    """Job, once a day: begins to look."""
    async with db.unit(ENGINE, "engine") as u:
        await work.add(u, LOOK, {"after": None, "parts": []})
        await work.add(u, KIND, {}, key="daily", due_at=await u.clock() + timedelta(days=1))


async def look(db: Database, item: Work) -> None:
    """Job: some schedules, then the next row goes on. What was found travels in the row, and is marked as told in the
    transaction that leaves it: after a crash nothing is told twice, and nothing is forgotten."""
    rows = await db.rows(sql.watched, UUID(item.payload["after"]) if item.payload["after"] else None, AT_ONCE)
    found = [(row, await _findings(db, row)) for row in rows]
    until = await db.clock() + AHEAD
    async with db.unit(ENGINE, "engine") as u:
        parts: list[Part] = item.payload["parts"]
        for row, each in found:
            fresh = await _fresh(u, row["id"], each, until) if each is not None else []
            if fresh:
                owners = [str(owner) for owner in row["owners"]]
                parts.append({"name": row["name"], "owners": owners, "sentences": fresh})
        if len(rows) == AT_ONCE:
            await work.add(u, LOOK, {"after": str(rows[-1]["id"]), "parts": parts})
        else:
            await _tell_owners(u, parts)


async def _tell_owners(u: Unit, parts: Sequence[Part]) -> None:
    for owner in sorted({owner for part in parts for owner in part["owners"]}):
        theirs = sorted((p for p in parts if owner in p["owners"]), key=lambda p: p["name"].lower())
        await tell(u, [UUID(owner)], _subject(theirs), _text(theirs), "/on-call")


async def _findings(db: Database, row: Row) -> list[Finding] | None:
    """None when this one cannot be computed: its page says so, and the others are still told."""
    try:
        return await checkup(db, row["id"])
    except NotFound:
        return None  # Archived meanwhile.
    except (Conflict, ValueError, *DATA_ERRORS) as error:
        log.warning("schedule_not_looked_over", schedule=str(row["id"]), error=repr(error))
        return None


async def _fresh(u: Unit, schedule_id: UUID, found: Sequence[Finding], until: datetime) -> list[str]:
    """What begins soon and was not told yet; what is mended is forgotten."""
    prefix = f"ahead:{schedule_id}:"
    keys = [f"{prefix}{f.key}"[:300] for f in found]
    await u.run(sql.forget, f"{prefix}%", keys)
    fresh = []
    for finding, key in zip(found, keys, strict=True):
        soon = finding.kind in TOLD and finding.starts_at < until
        if soon and await u.value(sql.say_once, key):
            fresh.append(finding.sentence)
    return fresh


def _subject(parts: Sequence[Part]) -> str:
    number = sum(len(part["sentences"]) for part in parts)
    what = "1 thing" if number == 1 else f"{number} things"
    where = parts[0]["name"] if len(parts) == 1 else f"{len(parts)} schedules"
    return f"On-call: {what} to look at in {where}"


def _text(parts: Sequence[Part]) -> str:
    lines: list[str] = []
    for part in parts:
        found = part["sentences"]
        more = [f"- and {len(found) - MOST_LINES} more"] if len(found) > MOST_LINES else []
        lines += [f"{part['name']}:", *(f"- {sentence}" for sentence in found[:MOST_LINES]), *more, ""]
    return "\n".join(lines).strip()


async def begin(db: Database) -> None:
    """Called at every start: due at once, once for all processes."""
    async with db.unit(ENGINE, "engine") as u:
        await work.add(u, KIND, {}, key="daily")


JOBS: dict[str, Job] = {KIND: look_ahead, LOOK: look}
