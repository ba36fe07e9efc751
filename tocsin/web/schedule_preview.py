"""What the form of a schedule would bring, while it is typed: the news first, then the coming weeks."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request

from tocsin.edge.door import Form, site_of, viewer_of
from tocsin.kernel.errors import Conflict, Invalid
from tocsin.oncall import offered, schedule_view
from tocsin.oncall.model import Schedule
from tocsin.web import schedule_form as forms
from tocsin.web import timeline
from tocsin.web.drawing import drawn

#: How wide the timeline is beside the form, of a whole page.
SCALE = 0.5


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody gains or loses; None where it begins before, or ends after, what is looked at."""

    name: str
    gains: bool
    begins: datetime | None
    ends: datetime | None


async def preview_of(request: Request, schedule: Schedule | None, form: Form) -> dict[str, Any]:
    """What the template of the preview needs; a sentence when the form cannot be computed yet."""
    db, viewer = site_of(request).database, await viewer_of(request)
    now = await db.clock()
    frame = timeline.frame_from("month", timeline.wall(now, viewer.time_zone).date(), viewer.time_zone)
    try:
        draft = forms.draft_in(form)
        draft = draft if draft.name else replace(draft, name="New")
        found = await offered.previewed(db, draft, schedule.id if schedule else None, now, frame.end)
        seen = await schedule_view.view_of_draft(db, draft, found.overrides, now, frame.end)
    except (Invalid, Conflict, ValueError) as error:
        return {"problem": str(error), "begun": any(layer["participants"] for layer in forms.layers_in(form))}
    return {
        "problem": "", "begun": True, "timeline": drawn(frame, seen, now, SCALE), "scale": SCALE, "stored": schedule is not None,
        "changes": [_change(c, now, frame.end) for c in found.changes], "most": offered.MOST_CHANGES, "fresh": found.fresh, "known": found.known,
        "frame": frame, "moment": lambda at: timeline.moment(at, viewer.time_zone),
        "hours": timeline.hours, "zone": viewer.time_zone,
    }  # fmt: skip


def _change(change: offered.ShiftChange, now: datetime, end: datetime) -> Change:
    begins, ends = change.starts_at, change.ends_at
    # "Now" is a moment later where the changes are reckoned.
    return Change(
        change.user_name, change.gains, begins if begins > now + timedelta(minutes=1) else None,
        ends if ends < end else None,
    )  # fmt: skip
