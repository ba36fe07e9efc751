"""A schedule's lanes as they are drawn, on its page and beside its editor. Pure."""

from collections.abc import Iterable
from datetime import datetime

from tocsin.oncall.model import Shift
from tocsin.oncall.schedule_view import View
from tocsin.web import timeline
from tocsin.web.slivers import grouped
from tocsin.web.timeline import Frame, Lane, Piece, Timeline


def drawn(frame: Frame, seen: View, now: datetime, scale: float = 1.0) -> Timeline:
    """The lanes from top to bottom: what counts, overrides, then the layers, the highest first. `scale` is how wide they
    are drawn, 1 for a whole page."""
    names = timeline.colours((p.id, p.name) for p in seen.people.values())

    def pieces(shifts: Iterable[Shift], *, holes: bool = False) -> tuple[Piece, ...]:
        return grouped(frame, timeline.pieces_of(frame, shifts, names, now, holes=holes), scale)

    together = len(timeline.tracks(seen.final)) > 1
    lanes = [
        Lane(
            "result", "On call" if not together else f"On call {number + 1}", "",
            pieces(shifts, holes=not together),
        )
        for number, (_, shifts) in enumerate(timeline.tracks(seen.final))
    ]  # fmt: skip
    if seen.overrides:
        lanes.append(Lane("overrides", "Overrides", "", pieces(seen.overrides)))
    lanes += [Lane("layer", e.name, e.words, pieces(e.shifts)) for e in reversed(seen.layers)]
    inside = frame.start <= now < frame.end
    days = timeline.days_of(frame, now, seen.marks)
    return Timeline(frame, days, tuple(lanes), frame.share(now) if inside else None, names)
