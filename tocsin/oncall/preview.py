"""What a draft would bring, before anybody saves it: who is on call, whose shifts it changes, what is wrong with it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tocsin.kernel.db import Reader
from tocsin.kernel.errors import Conflict
from tocsin.oncall.checkup import ShiftChange, checkup_draft, preview_changes
from tocsin.oncall.commands import checked
from tocsin.oncall.drafts import ScheduleDraft, people_of
from tocsin.oncall.final import check_range, with_people
from tocsin.oncall.findings import Finding
from tocsin.oncall.model import Shift, ShiftRow
from tocsin.oncall.plans import draft_of_schedule, final_of, overrides_of, plan_of_draft

#: A draft has no id yet.
NO_SCHEDULE = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Preview:
    """Final shifts of the range from now on; changes against the stored schedule (none for a new one); findings."""

    final: list[ShiftRow]
    changes: list[ShiftChange]
    findings: list[Finding]


async def preview(
    db: Reader, draft: ScheduleDraft, start: datetime, end: datetime, schedule_id: UUID | None = None
) -> Preview:
    """A draft as if it were stored now, in place of `schedule_id` or as a new schedule. Nothing is saved. Raises `Invalid`
    for a draft that could not be saved and for a range that cannot be, and `NotFound`."""
    stored = await draft_of_schedule(db, schedule_id) if schedule_id else None
    draft = await checked(db, draft, people_of(stored) if stored else ())
    await check_range(db, start, end)
    try:
        changes = await preview_changes(db, schedule_id, draft, start, end) if schedule_id else []
        shifts = await _shifts(db, draft, start, end, schedule_id)
        found = await checkup_draft(db, draft, schedule_id)
    except ValueError as error:
        raise Conflict(f"This cannot be computed: {error}") from error
    return Preview(await with_people(db, schedule_id or NO_SCHEDULE, shifts), changes, found)


async def _shifts(
    db: Reader, draft: ScheduleDraft, start: datetime, end: datetime, schedule_id: UUID | None
) -> list[Shift]:
    start = max(start, await db.clock())
    if start >= end:
        return []
    overrides = await overrides_of(db, schedule_id, start, end) if schedule_id else []
    return await final_of(await plan_of_draft(db, draft), overrides, start, end)
