"""Once a day every schedule is looked over: what leaves a hole or wears somebody out within a week is told to its owners,
once, in one message each, on their own clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict
from uuid import UUID

from tocsin.duty.tell import tell
from tocsin.duty.words import zone_note
from tocsin.kernel import work
from tocsin.kernel.db import DATA_ERRORS, ENGINE, Database, Row, Unit
from tocsin.kernel.errors import Conflict, NotFound
from tocsin.kernel.log import logger
from tocsin.kernel.sql import Statements
from tocsin.kernel.work import Job, Work
from tocsin.oncall import told
from tocsin.oncall.checkup import case_of, found_in
from tocsin.oncall.findings import Finding, FindingKind, Occasion

sql = Statements("tocsin.duty", "weekahead.sql")
KIND, LOOK = "duty.week_ahead", "duty.look_ahead"
#: Told when it begins within eight days: at least a week ahead, for what was there by then.
AHEAD = timedelta(days=8)
TOLD = frozenset(FindingKind) - {FindingKind.HOLIDAY}
MOST_LINES = 20
#: A job has a minute; a schedule takes some hundredths of a second.
AT_ONCE = 50
log = logger(__name__)


class Part(TypedDict):
    """What is new about one schedule: whom to tell with the clock they live by, and the sentences per clock; as it travels in
    a row."""

    name: str
    owners: dict[str, str]
    sentences: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class _Looked:
    """A schedule's findings, in the same order for each clock of an owner."""

    found: list[Finding]
    by_zone: dict[str, list[Finding]]


async def look_ahead(db: Database, _: Work) -> None:
    """Job, once a day: begins to look."""
    async with db.unit(ENGINE, "engine") as u:
        await work.add(u, LOOK, {"after": None, "parts": []})
        await work.add(u, KIND, {}, key="daily", due_at=await u.clock() + timedelta(days=1))


async def look(db: Database, item: Work) -> None:
    """Job: some schedules, then the next row goes on. What was found travels in the row, and is marked as told in the
    transaction that leaves it: after a crash nothing is told twice, and nothing is forgotten."""
    rows = await db.rows(sql.watched, UUID(item.payload["after"]) if item.payload["after"] else None, AT_ONCE)
    until = await db.clock() + AHEAD
    looked = [(row, await _look_over(db, row, until)) for row in rows]
    async with db.unit(ENGINE, "engine") as u:
        parts: list[Part] = item.payload["parts"]
        for row, each in looked:
            fresh = await _fresh(u, row["id"], each.found, until) if each is not None else set()
            if each is not None and fresh:
                said = {
                    zone: [f.sentence for f in found if _name(f) in fresh]
                    for zone, found in each.by_zone.items()
                }
                parts.append({"name": row["name"], "owners": row["owners"], "sentences": said})
        if len(rows) == AT_ONCE:
            await work.add(u, LOOK, {"after": str(rows[-1]["id"]), "parts": parts})
        else:
            await _tell_owners(u, parts)


async def _tell_owners(u: Unit, parts: Sequence[Part]) -> None:
    for owner in sorted({owner for part in parts for owner in part["owners"]}):
        theirs = sorted((p for p in parts if owner in p["owners"]), key=lambda p: p["name"].lower())
        said = [(p["name"], p["sentences"].get(p["owners"][owner], [])) for p in theirs]
        zones = {p["owners"][owner] for p in theirs}
        await tell(u, [UUID(owner)], _subject(said), _text(said, min(zones)), "/on-call")


async def _look_over(db: Database, row: Row, until: datetime) -> _Looked | None:
    """None when this one cannot be computed: its page says so, and the others are still told. What was told already is not
    put into words for each owner's clock."""
    try:
        case = await case_of(db, row["id"])
        found = await found_in(case)
        keys = [key for f in found for o in _soon(f, until) for key in _keys(row["id"], f, o)]
        if await told.all_told(db, keys):
            return _Looked(found, {})
        return _Looked(found, {zone: await found_in(case, zone) for zone in set(row["owners"].values())})
    except NotFound:
        return None  # Archived meanwhile.
    except (Conflict, ValueError, *DATA_ERRORS) as error:
        log.warning("schedule_not_looked_over", schedule=str(row["id"]), error=repr(error))
        return None


def _name(finding: Finding) -> tuple[FindingKind, str]:
    return finding.kind, finding.key


def _soon(finding: Finding, until: datetime) -> list[Occasion]:
    """What of it is told by now."""
    return [o for o in finding.told if o.starts_at < until] if finding.kind in TOLD else []


def _keys(schedule_id: UUID, finding: Finding, occasion: Occasion) -> list[str]:
    """An unequal load stays told for its quarter, whether or not it comes and goes meanwhile."""
    prefix = "quarter" if finding.kind is FindingKind.IMBALANCE else "ahead"
    return [f"{prefix}:{schedule_id}:{key}"[:300] for key in occasion.keys]


async def _fresh(
    u: Unit, schedule_id: UUID, found: Sequence[Finding], until: datetime
) -> set[tuple[FindingKind, str]]:
    """Which findings have something that begins soon and was not told yet; what is mended is forgotten."""
    present = [key for f in found for o in f.told for key in _keys(schedule_id, f, o)]
    await told.forget(u, f"ahead:{schedule_id}:", present)
    fresh = set()
    for finding in found:
        for occasion in _soon(finding, until):
            if await told.say_once(u, _keys(schedule_id, finding, occasion)):
                fresh.add(_name(finding))
    return fresh


def _subject(said: Sequence[tuple[str, list[str]]]) -> str:
    number = sum(len(sentences) for _, sentences in said)
    what = "1 thing" if number == 1 else f"{number} things"
    where = said[0][0] if len(said) == 1 else f"{len(said)} schedules"
    return f"On-call: {what} to look at in {where}"


def _text(said: Sequence[tuple[str, list[str]]], zone: str) -> str:
    lines: list[str] = []
    for name, found in said:
        more = [f"- and {len(found) - MOST_LINES} more"] if len(found) > MOST_LINES else []
        lines += [f"{name}:", *(f"- {sentence}" for sentence in found[:MOST_LINES]), *more, ""]
    return "\n".join([*lines, zone_note(zone)])


async def begin(db: Database) -> None:
    """Called at every start: due at once, once for all processes."""
    async with db.unit(ENGINE, "engine") as u:
        await work.add(u, KIND, {}, key="daily")


JOBS: dict[str, Job] = {KIND: look_ahead, LOOK: look}
