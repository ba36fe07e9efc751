"""Overrides: the later one wins; instead of somebody, only their time; together, one more."""

from uuid import UUID

from tests.unit.oncall_parts import ANA, BEN, CAT, DEE, override, rotation, told, utc
from tocsin.oncall.shifts import final_shifts


def test_an_override_splits_a_shift() -> None:
    swap = override(DEE, utc(2026, 1, 7, 12), utc(2026, 1, 8, 12))
    found = final_shifts("UTC", [rotation(ANA)], [swap], utc(2026, 1, 6), utc(2026, 1, 10))
    assert told(found) == [
        (ANA, "01-06 00:00", "01-07 12:00"),
        (DEE, "01-07 12:00", "01-08 12:00"),
        (ANA, "01-08 12:00", "01-10 00:00"),
    ]
    assert [(s.rotation_id is None, s.override_id) for s in found] == [
        (False, None),
        (True, swap.id),
        (False, None),
    ]


def test_the_later_override_wins() -> None:
    first = override(CAT, utc(2026, 1, 7), utc(2026, 1, 8), 1)
    second = override(DEE, utc(2026, 1, 7, 12), utc(2026, 1, 8, 12), 2)
    found = final_shifts("UTC", [], [second, first], utc(2026, 1, 6), utc(2026, 1, 10))
    assert told(found) == [(CAT, "01-07 00:00", "01-07 12:00"), (DEE, "01-07 12:00", "01-08 12:00")]


def test_the_later_override_wins_also_where_it_begins_earlier() -> None:
    first = override(CAT, utc(2026, 1, 7), utc(2026, 1, 8), 1)
    second = override(DEE, utc(2026, 1, 6), utc(2026, 1, 7, 12), 2)
    found = final_shifts("UTC", [], [first, second], utc(2026, 1, 5), utc(2026, 1, 10))
    assert told(found) == [(DEE, "01-06 00:00", "01-07 12:00"), (CAT, "01-07 12:00", "01-08 00:00")]


def test_an_override_fills_a_gap_and_spans_hand_offs() -> None:
    over = override(DEE, utc(2026, 1, 1), utc(2026, 1, 14))
    found = final_shifts("UTC", [rotation(ANA, BEN)], [over], utc(2026, 1, 1), utc(2026, 1, 19, 9))
    assert told(found) == [(DEE, "01-01 00:00", "01-14 00:00"), (BEN, "01-14 00:00", "01-19 09:00")]


def test_instead_of_somebody_takes_only_that_persons_time() -> None:
    for_ana = override(DEE, utc(2026, 1, 11), utc(2026, 1, 21), replaces=ANA)
    found = final_shifts("UTC", [rotation(ANA, BEN)], [for_ana], utc(2026, 1, 10), utc(2026, 1, 22))
    assert told(found) == [
        (ANA, "01-10 00:00", "01-11 00:00"),
        (DEE, "01-11 00:00", "01-12 09:00"),
        (BEN, "01-12 09:00", "01-19 09:00"),
        (DEE, "01-19 09:00", "01-21 00:00"),
        (ANA, "01-21 00:00", "01-22 00:00"),
    ]


def test_a_replacement_can_be_replaced() -> None:
    first = override(CAT, utc(2026, 1, 6), utc(2026, 1, 8), 1, replaces=ANA)
    second = override(DEE, utc(2026, 1, 7), utc(2026, 1, 9), 2, replaces=CAT)
    found = final_shifts("UTC", [rotation(ANA)], [first, second], utc(2026, 1, 5, 9), utc(2026, 1, 9))
    assert [s.user_id for s in found] == [ANA, CAT, DEE, ANA]
    made_first = override(DEE, utc(2026, 1, 7), utc(2026, 1, 9), 0, replaces=CAT)
    found = final_shifts("UTC", [rotation(ANA)], [first, made_first], utc(2026, 1, 5, 9), utc(2026, 1, 9))
    assert [s.user_id for s in found] == [ANA, CAT, ANA], "it replaced nobody when it was made"


def test_together_an_override_adds_its_person() -> None:
    extra = override(DEE, utc(2026, 1, 6), utc(2026, 1, 7))
    found = final_shifts("UTC", [rotation(ANA)], [extra], utc(2026, 1, 5, 9), utc(2026, 1, 9), together=True)
    assert [(s.user_id, s.track) for s in found] == [(ANA, 0), (DEE, extra.number)]


def test_together_somebody_is_replaced_on_their_own_track() -> None:
    stack = [rotation(ANA), rotation(BEN, id=UUID(int=101), position=1)]
    swap = override(DEE, utc(2026, 1, 6), utc(2026, 1, 7), replaces=BEN)
    found = final_shifts("UTC", stack, [swap], utc(2026, 1, 5, 9), utc(2026, 1, 9), together=True)
    assert [(s.user_id, s.track) for s in found] == [(ANA, 0), (BEN, 1), (DEE, 1), (BEN, 1)]
