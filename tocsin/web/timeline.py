"""A schedule drawn over time: what the template needs, as shares of the width. Pure; the reader's clock is a zone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from tocsin.oncall.clocks import instant, local, next_clock_changes
from tocsin.oncall.model import Shift, ShiftRow
from tocsin.oncall.shifts import gaps

COLOURS = 8
#: How far a click goes: the steps to which dragging snaps, in minutes.
SNAP = {"week": 60, "month": 360, "quarter": 1440}
WEEKS = {"week": 1, "month": 5, "quarter": 13}
VIEWS = tuple(WEEKS)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a lane; `x` and `width` are percent. Nobody has it when `user_id` is None."""

    user_id: UUID | None
    name: str
    starts_at: datetime
    ends_at: datetime
    x: float
    width: float
    colour: int = 0
    override: bool = False
    past: bool = False
    #: The whole shift, where the piece is cut off by what is shown.
    shift_starts_at: datetime | None = None
    shift_ends_at: datetime | None = None
    #: What is drawn together here, being too short to be read apart.
    parts: tuple["Piece", ...] = ()

    @property
    def names(self) -> str:
        """Who has it, each once: what a range that is picked over it would replace."""
        return ", ".join(dict.fromkeys(part.name for part in self.parts)) or self.name or "nobody"

    @property
    def initials(self) -> str:
        """For narrow pieces: AS for Ana Silva."""
        words = self.name.split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()

    def shown(self, scale: float = 1.0) -> str:
        """As much of the name as the width takes; `scale` is how wide the lane is drawn, 1 for a whole page."""
        room = self.width * scale
        if self.parts:
            return self.name if room >= 7 else self.name.split()[0] if room >= 1 else ""
        if room >= 11:
            return self.name
        if room >= 6:
            return self.name.split()[0] if self.name else ""
        return self.initials if room >= 2 else ""


@dataclass(frozen=True, slots=True)
class Lane:
    """One row. `kind` is result, overrides or layer."""

    kind: str
    name: str
    note: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """A column, with what is special about it."""

    day: date
    x: float
    width: float
    today: bool
    weekend: bool
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """The range that is shown: whole weeks on the clock of `zone`, most often from a Monday on."""

    view: str
    zone: str
    first: date
    start: datetime
    end: datetime

    def share(self, moment: datetime) -> float:
        """How far from the left edge, in percent."""
        return round((moment - self.start) / (self.end - self.start) * 100, 3)

    def day_of(self, moment: datetime) -> date:
        """The day that it is then, on the frame's clock."""
        return local(moment, self.zone).date()

    @property
    def earlier(self) -> date:
        return self.first - timedelta(weeks=max(WEEKS[self.view] - 1, 1))

    @property
    def later(self) -> date:
        return self.first + timedelta(weeks=max(WEEKS[self.view] - 1, 1))

    @property
    def last(self) -> date:
        return self.first + timedelta(weeks=WEEKS[self.view], days=-1)


@dataclass(frozen=True, slots=True)
class Timeline:
    """Everything that is drawn. `now` is a share of the width, None when it is not in view."""

    frame: Frame
    days: tuple[Day, ...]
    lanes: tuple[Lane, ...]
    now: float | None
    people: Mapping[UUID, tuple[str, int]] = field(default_factory=dict)

    @property
    def together(self) -> bool:
        """Whether short turns are drawn together somewhere."""
        return any(piece.parts for lane in self.lanes for piece in lane.pieces)


def dense(coming: Sequence[Shift | ShiftRow], now: datetime) -> bool:
    """Whether people take turns so often that only a week of them can be read."""
    near = [shift for shift in coming if shift.starts_at < now + timedelta(days=8)]
    return len(near) > 9


def frame_of(view: str, day: date, zone: str) -> Frame:
    """The weeks of a view around a day, from Monday on."""
    return frame_from(view, day - timedelta(days=day.weekday()), zone)


def frame_from(view: str, first: date, zone: str) -> Frame:
    """As many days as a view has, from this one on."""
    after = first + timedelta(weeks=WEEKS[view])
    return Frame(view, zone, first, instant(_midnight(first), zone), instant(_midnight(after), zone))


def days_of(frame: Frame, now: datetime, marks: Mapping[date, Sequence[str]]) -> tuple[Day, ...]:
    """The columns; a day of a clock change is an hour narrower or wider, as it is in life."""
    today = local(now, frame.zone).date()
    noted = {day: list(words) for day, words in marks.items()}
    for change in next_clock_changes(frame.zone, frame.start - timedelta(seconds=1), 3):
        if change.at < frame.end:
            minutes = int(change.by / timedelta(minutes=1))
            words = f"clocks go {'forward' if minutes > 0 else 'back'} {_length(abs(minutes))}"
            noted.setdefault(local(change.at, frame.zone).date(), []).insert(0, words)
    found = []
    for number in range(WEEKS[frame.view] * 7):
        day = frame.first + timedelta(days=number)
        begins, ends = (
            instant(_midnight(day), frame.zone),
            instant(_midnight(day + timedelta(days=1)), frame.zone),
        )
        x = frame.share(begins)
        found.append(
            Day(
                day,
                x,
                round(frame.share(ends) - x, 3),
                day == today,
                day.weekday() >= 5,
                tuple(noted.get(day, ())),
            )
        )
    return tuple(found)


def pieces_of(
    frame: Frame,
    shifts: Iterable[Shift],
    names: Mapping[UUID, tuple[str, int]],
    now: datetime,
    *,
    holes: bool = False,
) -> tuple[Piece, ...]:
    """A lane's pieces, clipped to the frame. With `holes`, what nobody covers is a piece too."""
    inside = sorted(
        (s for s in shifts if s.starts_at < frame.end and s.ends_at > frame.start), key=lambda s: s.starts_at
    )
    found = [_piece(frame, s, names, now) for s in inside]
    if holes:
        found += [
            Piece(None, "", begins, ends, frame.share(begins), _width(frame, begins, ends), past=ends <= now)
            for begins, ends in gaps(inside, frame.start, frame.end)
        ]
    return tuple(sorted(found, key=lambda p: p.starts_at))


def _piece(frame: Frame, shift: Shift, names: Mapping[UUID, tuple[str, int]], now: datetime) -> Piece:
    name, colour = names.get(shift.user_id, ("somebody who left", 0))
    begins, ends = max(shift.starts_at, frame.start), min(shift.ends_at, frame.end)
    return Piece(
        shift.user_id, name, begins, ends, frame.share(begins), _width(frame, begins, ends), colour,
        shift.override_id is not None, ends <= now, shift.starts_at, shift.ends_at,
    )  # fmt: skip


def _width(frame: Frame, begins: datetime, ends: datetime) -> float:
    return round(frame.share(ends) - frame.share(begins), 3)


def colours(people: Iterable[tuple[UUID, str]]) -> dict[UUID, tuple[str, int]]:
    """Name and colour per person, the same in every view as long as the same people take turns."""
    known = dict(people)
    ranked = sorted(known.items(), key=lambda item: (item[1].lower(), str(item[0])))
    return {user_id: (name, number % COLOURS) for number, (user_id, name) in enumerate(ranked)}


def tracks(shifts: Iterable[Shift]) -> list[tuple[int, list[Shift]]]:
    """The shifts of each track, lowest first; one empty track when there are none."""
    found: dict[int, list[Shift]] = {}
    for shift in shifts:
        found.setdefault(shift.track, []).append(shift)
    return sorted(found.items()) or [(0, [])]


def hours(begins: datetime, ends: datetime, zone: str) -> str:
    """`Mon 4 May 09:00 to Mon 11 May 09:00` on the clock of a zone; the day once when it is one."""
    first, last = begins.astimezone(ZoneInfo(zone)), ends.astimezone(ZoneInfo(zone))
    until = f"{last:%H:%M}" if first.date() == last.date() else f"{last:%a %-d %b %H:%M}"
    return f"{first:%a %-d %b %H:%M} to {until}"


def moment(at: datetime, zone: str) -> str:
    """`Mon 4 May 09:00` on the clock of a zone."""
    return f"{at.astimezone(ZoneInfo(zone)):%a %-d %b %H:%M}"


def _length(minutes: int) -> str:
    whole, rest = divmod(minutes, 60)
    return " ".join(part for part in (f"{whole} h" if whole else "", f"{rest} min" if rest else "") if part)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def wall(moment: datetime, zone: str) -> datetime:
    """What the clock of a zone shows, as inputs of forms want it."""
    return local(moment, zone)
