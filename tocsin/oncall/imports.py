"""Calendars as layers: adding one, and putting another file in the place of one that is there."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import time
from uuid import UUID

from tocsin.kernel.commands import command
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Invalid, NotFound
from tocsin.kernel.sql import Statements
from tocsin.oncall.calendar_events import store
from tocsin.oncall.commands import replace_schedule
from tocsin.oncall.drafts import MAX_LAYERS, RotationDraft
from tocsin.oncall.icalread import Occurrence
from tocsin.oncall.model import RotationKind
from tocsin.oncall.plans import draft_of_schedule
from tocsin.people.audit import audit

sql = Statements("tocsin.oncall", "calendars.sql")
oncall_sql = Statements("tocsin.oncall")


@command("calendar.add")
async def add_calendar(
    u: Unit, schedule_id: UUID, occurrences: Sequence[Occurrence], *, name: str = "", url: str | None = None
) -> UUID:
    """A calendar as the new top layer of a schedule; with `url` it is asked again every hour. Answers the layer's id."""
    version = await _locked(u, schedule_id)
    draft = await draft_of_schedule(u, schedule_id)
    if draft is None:
        raise NotFound("There is no such schedule.")
    if len(draft.rotations) >= MAX_LAYERS:
        raise Invalid("calendar", f"A schedule has {MAX_LAYERS} layers at most.")
    layer = RotationDraft(
        (), time(0), (await u.clock()).date(), RotationKind.CALENDAR, name=name.strip() or "Calendar",
        source_url=url and url.strip(),
    )  # fmt: skip
    await replace_schedule(u, schedule_id, version, replace(draft, rotations=(*draft.rotations, layer)))
    rotation_id: UUID = (await u.rows(oncall_sql.rotations, schedule_id))[-1]["id"]
    await store(u, schedule_id, rotation_id, occurrences)
    return rotation_id


@command("calendar.import_file")
async def import_file(
    u: Unit, schedule_id: UUID, rotation_id: UUID, occurrences: Sequence[Occurrence]
) -> int:
    """Puts the events of another file in the place of a layer's. Answers how many are stored."""
    await _locked(u, schedule_id)
    row = await u.row(sql.source_of, rotation_id)
    if row is None or row["schedule_id"] != schedule_id:
        raise NotFound("There is no such calendar.")
    if row["source_url"] is not None:
        raise Invalid(
            "calendar", "This layer is fetched from its address: a file would be gone within the hour."
        )
    await store(u, schedule_id, rotation_id, occurrences)
    await audit(u, "calendar.import_file", row["name"] or "Calendar", None, {"events": len(occurrences)})
    return len(occurrences)


async def _locked(u: Unit, schedule_id: UUID) -> int:
    """The version of a schedule that nobody else changes meanwhile."""
    if await u.row(oncall_sql.lock_schedule, schedule_id) is None:
        raise NotFound("There is no such schedule.")
    version: int = await u.value(oncall_sql.version_of, schedule_id)
    return version
