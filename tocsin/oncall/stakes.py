"""What a range means to whoever is asked to take it: their nights, what else they hold then, what it adds up to. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from tocsin.oncall.clocks import Range, merged
from tocsin.oncall.spans import nights_held, runs, shared, without

#: So far around a range nights in a row are looked for.
AROUND = timedelta(days=45)


@dataclass(frozen=True, slots=True)
class HeldBy:
    """A stored shift of somebody."""

    schedule_id: UUID
    schedule_name: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Stakes:
    """A range as the person who is asked sees it, on their clock. `nights` are 22:00 to 06:00 there; `elsewhere` is which
    other schedules have them then too, and when; `returned` and `nights_returned` what they give in return. `too_many` are the first and
    the last evening of more nights in a row than `max_nights`, when taking it makes them."""

    time_zone: str
    wanted: Range
    nights: int
    elsewhere: tuple[tuple[str, tuple[Range, ...]], ...]
    returned: Range | None
    nights_returned: int
    too_many: tuple[date, date] | None
    max_nights: int

    @property
    def nights_in_a_row(self) -> int:
        """Of `too_many`."""
        return (self.too_many[1] - self.too_many[0]).days + 1 if self.too_many else 0


def stakes(
    zone: str,
    schedule_id: UUID,
    wanted: Range,
    returned: Range | None,
    held: Sequence[HeldBy],
    max_nights: int,
) -> Stakes:
    """`held` is what the person holds around the range, in all schedules."""
    here = merged([(h.starts_at, h.ends_at) for h in held if h.schedule_id == schedule_id])
    nights = nights_held([wanted], zone)
    return Stakes(
        zone, wanted, len(nights), _elsewhere(schedule_id, wanted, held), returned,
        len(nights_held([returned], zone)) if returned else 0,
        _too_many(zone, here, wanted, [returned] if returned else [], max_nights), max_nights,
    )  # fmt: skip


def _elsewhere(
    schedule_id: UUID, wanted: Range, held: Sequence[HeldBy]
) -> tuple[tuple[str, tuple[Range, ...]], ...]:
    others: dict[str, list[Range]] = {}
    for h in held:
        if h.schedule_id != schedule_id:
            others.setdefault(h.schedule_name, []).append((h.starts_at, h.ends_at))
    both = ((name, tuple(shared([wanted], merged(ranges)))) for name, ranges in others.items())
    return tuple(sorted((each for each in both if each[1]), key=lambda each: (each[1][0], each[0])))


def _too_many(
    zone: str, here: Sequence[Range], wanted: Range, given: Sequence[Range], max_nights: int
) -> tuple[date, date] | None:
    """The row of nights that is too long with the range in it, and was not as long without."""
    before = set(nights_held(here, zone))
    after = nights_held(merged([*without(here, given), wanted]), zone)
    for first, last in runs(after):
        added = any(first <= night <= last and night not in before for night in after)
        if added and (last - first).days + 1 > max_nights:
            return first, last
    return None
