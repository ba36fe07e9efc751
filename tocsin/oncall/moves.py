"""Whose shifts a change moves, and which: pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from tocsin.oncall.clocks import FOREVER, Range, merged
from tocsin.oncall.kinds import Move
from tocsin.oncall.spans import clipped, without

#: Of each person's gains and of their losses so many are named: one more than a message shows, which then says so.
NAMED = 4
#: Somebody's, from when to when.
Held = tuple[UUID, datetime, datetime]


def moves(
    before: Iterable[Held], after: Iterable[Held], start: datetime, end: datetime = FOREVER
) -> list[Move]:
    """What people gain and lose within a range, by person, the first few of each."""
    old, new = _by_person(before, start, end), _by_person(after, start, end)
    return [
        move
        for person in sorted(old.keys() | new.keys())
        for move in _moves_of(person, old.get(person, ()), new.get(person, ()))
    ]


def _moves_of(person: UUID, old: Sequence[Range], new: Sequence[Range]) -> Iterator[Move]:
    for gained, ranges in ((True, without(new, old)), (False, without(old, new))):
        for starts_at, ends_at in ranges[:NAMED]:
            yield Move(person, starts_at, ends_at, gained=gained)


def _by_person(held: Iterable[Held], start: datetime, end: datetime) -> dict[UUID, list[Range]]:
    found: dict[UUID, list[Range]] = {}
    for person, starts_at, ends_at in held:
        found.setdefault(person, []).append((starts_at, ends_at))
    return {person: clipped(merged(ranges), start, end) for person, ranges in found.items()}
