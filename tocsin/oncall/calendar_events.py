"""The stored events of a calendar: replaced as a whole, and the shifts computed anew when anything is different.

The schedule is locked before its events, as every edit does it.
"""

from collections.abc import Sequence
from uuid import UUID

from tocsin.kernel.db import Unit
from tocsin.kernel.sql import Statements
from tocsin.oncall.compute import lock, recompute
from tocsin.oncall.icalread import Occurrence
from tocsin.oncall.model import Event, Somebody
from tocsin.oncall.whose import Directory

sql = Statements("tocsin.oncall", "calendars.sql")


async def store(u: Unit, schedule_id: UUID, rotation_id: UUID, occurrences: Sequence[Occurrence]) -> bool:
    """The events in the place of what was there, and the shifts computed anew. Whether anything was different."""
    await lock(u, schedule_id)
    directory = Directory(await u.all(Somebody, sql.people_to_match))
    events = [directory.event(o) for o in occurrences]
    before = set(await u.all(Event, sql.stored_events, rotation_id))
    if before == set(events):
        return False
    await u.run(sql.remove_events, rotation_id)
    await u.run(
        sql.add_events, rotation_id, [e.uid for e in events], [e.starts_at for e in events],
        [e.ends_at for e in events], [e.user_id for e in events], [e.who for e in events],
    )  # fmt: skip
    await recompute(u, schedule_id, await _cause(u, rotation_id))
    return True


async def find_people(u: Unit, schedule_id: UUID, rotation_id: UUID) -> bool:
    """Looks again for whom nobody was found: they may have come since. Whether somebody was."""
    await lock(u, schedule_id)
    directory = Directory(await u.all(Somebody, sql.people_to_match))
    waiting = [row["who"] for row in await u.rows(sql.unmatched, rotation_id)]
    found = {who: person for who in waiting if (person := directory.in_text(who)) is not None}
    for who, person in found.items():
        await u.run(sql.match, rotation_id, who, person)
    if found:
        await recompute(u, schedule_id, await _cause(u, rotation_id))
    return bool(found)


async def _cause(u: Unit, rotation_id: UUID) -> str:
    row = await u.row(sql.source_of, rotation_id)
    return f"the calendar {row['name'] or 'of a layer'} changed" if row else "a calendar changed"
