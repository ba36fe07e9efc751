"""What may be wrong with a schedule, each kind by hand: who must be told, and who must not."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.oncall.findings import NOBODY, Case, Elsewhere, Person, Vacancy
from tocsin.oncall.model import Event, Override, Restriction, Rotation, RotationKind
from tocsin.oncall.quality import MOST_PER_KIND, Finding, FindingKind, Grade, findings
from tocsin.oncall.shifts import final_shifts
from tocsin.oncall.spans import clipped, nights_held, runs, shared, total, without

ANA, BEN, CID = (UUID(int=n) for n in (1, 2, 3))
START = datetime(2027, 1, 4, tzinfo=UTC)  # A Monday.
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
YEAR = 52 * WEEK
PEOPLE = {
    ANA: Person(ANA, "Ana", "Europe/Berlin", "DE", "BE"),
    BEN: Person(BEN, "Ben", "Australia/Sydney"),
    CID: Person(CID, "Cid", "UTC"),
}
WORK = Restriction(time(9), time(17), (1, 2, 3, 4, 5))
EVENINGS = Restriction(time(18), time(9), (1, 2, 3, 4))
WEEKENDS = Restriction(time(18), time(9), (5,), 1)


def layer(*people: UUID | None, number: int = 0, **more: object) -> Rotation:
    """Weekly, Mondays at midnight, unless told otherwise."""
    fields: dict[str, object] = {"handoff_time": time(0), "start_date": date(2026, 1, 5), "length": 1}
    fields |= {"kind": RotationKind.WEEKLY, "name": f"layer {number + 1}"}
    return Rotation(UUID(int=100 + number), number, participants=people, **(fields | more))  # type: ignore[arg-type]


def case(
    *layers: Rotation, zone: str = "UTC", length: timedelta = YEAR, together: bool = False,
    overrides: Sequence[Override] = (), start: datetime = START, **more: object,
) -> Case:  # fmt: skip
    shifts = final_shifts(zone, layers, overrides, start, start + length, together=together)
    return Case(zone, layers, shifts, start, start + length, PEOPLE, **more)  # type: ignore[arg-type]


def of(kind: FindingKind, found: Case) -> list[Finding]:
    return [f for f in findings(found) if f.kind is kind]


def sentences(kind: FindingKind, found: Case) -> list[str]:
    return [f.sentence for f in of(kind, found)]


# -- gaps


def test_a_covered_schedule_has_no_gap() -> None:
    assert of(FindingKind.GAP, case(layer(ANA, BEN))) == []


def test_a_gap_every_weekday_is_one_finding() -> None:
    (found,) = of(FindingKind.GAP, case(layer(ANA, restrictions=(WORK, EVENINGS, WEEKENDS))))
    assert found.sentence == (
        "Nobody is on call every weekday 17:00-18:00, 260 times, first on Mon 4 January."
    )
    assert (found.grade, found.count) == (Grade.PROBLEM, 260)
    assert found.starts_at == START + timedelta(hours=17)
    assert found.ends_at == START + timedelta(hours=18)


def test_nights_and_weekends_are_two_patterns() -> None:
    assert sentences(FindingKind.GAP, case(layer(ANA, restrictions=(WORK,)), start=START + 9 * DAY / 24)) == [
        "Nobody is on call every Monday, Tuesday, Wednesday and Thursday 17:00-09:00, 208 times, first on Mon 4 January.",
        "Nobody is on call from Fridays 17:00 to Mondays 09:00, 52 times, first on Fri 8 January.",
    ]


def test_a_gap_cut_off_at_the_end_belongs_to_its_weekday() -> None:
    """Of a schedule from nine to five on weekdays: the last Thursday night is cut off, and is none of the Fridays'."""
    start = START + 3 * DAY + timedelta(hours=20)
    assert sentences(FindingKind.GAP, case(layer(ANA, restrictions=(WORK,)), start=start)) == [
        "Nobody is on call every Monday, Tuesday, Wednesday and Thursday 17:00-09:00, 209 times, first on Thu 7 January.",
        "Nobody is on call from Fridays 17:00 to Mondays 09:00, 52 times, first on Fri 8 January.",
    ]


def test_a_weekend_cut_off_by_now_is_a_weekend() -> None:
    start = START + 5 * DAY
    found = sentences(FindingKind.GAP, case(layer(ANA, restrictions=(WORK,)), start=start))
    assert (
        found[0] == "Nobody is on call from Fridays 17:00 to Mondays 09:00, 53 times, first on Sat 9 January."
    )


def test_a_reader_on_another_clock_is_told_which_clock_it_is() -> None:
    whole = case(layer(ANA, restrictions=(WORK,)), zone="Europe/Berlin", start=START + 9 * DAY / 24)
    assert "17:00 to Mondays 09:00, 52" in sentences(FindingKind.GAP, whole)[1]
    dublin = replace(whole, reader="Europe/Dublin")
    assert "17:00 to Mondays 09:00 (Europe/Berlin), 52" in sentences(FindingKind.GAP, dublin)[1]
    ends = START + 30 * DAY
    once = case(layer(ANA, ends_at=ends), zone="Europe/Berlin")
    assert "from Wed 3 February 01:00 on" in sentences(FindingKind.GAP, once)[0]
    assert (
        "from Wed 3 February 00:00 on" in sentences(FindingKind.GAP, replace(once, reader="Europe/Dublin"))[0]
    )


def test_a_gap_cut_off_by_now_belongs_to_its_kind() -> None:
    now = START + timedelta(hours=17, minutes=20)
    (found,) = of(FindingKind.GAP, case(layer(ANA, restrictions=(WORK, EVENINGS, WEEKENDS)), start=now))
    assert found.count == 261
    assert found.starts_at == now
    assert "17:00-18:00" in found.sentence


def test_a_gap_keeps_its_local_hours_over_clock_changes() -> None:
    found = of(
        FindingKind.GAP, case(layer(ANA, restrictions=(Restriction(time(8), time(7)),)), zone="Europe/Berlin")
    )
    assert [f.count for f in found] == [364]
    assert "every day 07:00-08:00" in found[0].sentence


def test_nobody_on_purpose_is_no_gap() -> None:
    assert of(FindingKind.GAP, case(layer(None), layer(ANA, number=1, restrictions=(WORK,)))) == []
    assert of(FindingKind.GAP, case(layer(ANA, None, BEN))) == []


def test_nobody_on_purpose_covers_only_its_own_time() -> None:
    quiet = layer(None, restrictions=(Restriction(time(17), time(9)),))
    found = of(FindingKind.GAP, case(quiet, layer(ANA, number=1, restrictions=(WORK,))))
    assert [f.sentence for f in found] == [
        "Nobody is on call every Saturday and Sunday 09:00-17:00, 104 times, first on Sat 9 January."
    ]


def test_no_layers_at_all() -> None:
    (found,) = of(FindingKind.GAP, case())
    assert found.sentence == "Nobody is on call at any time."


def test_a_layer_that_ends_leaves_the_rest_open() -> None:
    (found,) = of(FindingKind.GAP, case(layer(ANA, ends_at=START + 3 * WEEK)))
    assert found.sentence == "Nobody is on call from Mon 25 January 00:00 on."


def test_at_most_twenty_of_a_kind_and_the_soonest() -> None:
    events = tuple(Event(str(n), START + n * 2 * DAY, START + n * (2 * DAY + timedelta(minutes=7)) + DAY, ANA)
                   for n in range(60))  # fmt: skip
    found = of(FindingKind.GAP, case(layer(kind=RotationKind.CALENDAR, events=events)))
    assert len(found) == MOST_PER_KIND
    assert [f.starts_at for f in found] == sorted(f.starts_at for f in found)


# -- empty shifts


def test_an_event_that_names_a_stranger() -> None:
    events = (
        Event("a", START, START + DAY, ANA),
        Event("b", START + DAY, START + 2 * DAY, None, "zoe@example.org"),
        Event("c", START + 3 * DAY, START + 4 * DAY, None, "zoe@example.org"),
    )
    calendar = layer(kind=RotationKind.CALENDAR, events=events, number=1)
    (found,) = of(FindingKind.EMPTY_SHIFT, case(calendar))
    assert found.sentence == (
        "The calendar of layer 2 names zoe@example.org, whom nobody here goes by, 2 times, first Tue 5 January 00:00 to"
        " Wed 6 January 00:00."
    )
    assert found.grade is Grade.PROBLEM
    (covered,) = of(FindingKind.EMPTY_SHIFT, case(layer(BEN), calendar))
    assert covered.grade is Grade.WARNING


def test_a_layer_whose_people_left() -> None:
    gone = Vacancy(
        layer(NOBODY, restrictions=(WORK,)),
        "Nobody takes turns in Nights: everybody in it has left.",
        alone=True,
    )
    (found,) = of(FindingKind.EMPTY_SHIFT, case(layer(ANA), vacancies=[gone]))
    assert (found.grade, found.count) == (Grade.PROBLEM, 260)
    assert found.starts_at == START + timedelta(hours=9)


# -- on call twice


def test_twice_in_one_schedule() -> None:
    layers = (layer(ANA, BEN), layer(BEN, BEN, ANA, ANA, number=1))
    both = of(FindingKind.DOUBLE, case(*layers, together=True))
    assert {f.user_id for f in both} == {ANA, BEN}
    (found,) = of(FindingKind.DOUBLE, case(layer(ANA), layer(ANA, number=1), together=True, length=WEEK))
    assert found.grade is Grade.PROBLEM
    assert found.sentence == (
        "Ana is on call twice at once, in two layers: Mon 4 January 00:00 to Mon 11 January 00:00."
    )


def test_on_call_for_another_schedule_too() -> None:
    other = UUID(int=50)
    elsewhere = [
        Elsewhere(other, "Search", ANA, START + DAY, START + 2 * DAY),
        Elsewhere(other, "Search", BEN, START + DAY, START + 2 * DAY),
        Elsewhere(other, "Search", ANA, START + 3 * DAY, START + 9 * DAY),
    ]
    (found,) = of(FindingKind.DOUBLE, case(layer(ANA, BEN), elsewhere=elsewhere))
    assert found.user_id == ANA
    assert found.sentence == (
        "Ana is on call here and for Search at once, 2 times, first Tue 5 January 00:00 to Wed 6 January 00:00."
    )
    assert found.grade is Grade.WARNING


# -- nights


def test_nights_in_a_row() -> None:
    assert of(FindingKind.NIGHTS, case(layer(ANA, CID), max_nights=8)) == []
    (found,) = of(FindingKind.NIGHTS, case(layer(CID, None, length=2), length=7 * WEEK))
    assert found.sentence == (
        "Cid has 15 nights in a row, Sun 3 January to Sun 17 January, and once more within a year; the limit is 7."
    )


def test_days_are_no_nights_and_whose_night_it_is_matters() -> None:
    day = Restriction(time(9), time(17))
    assert of(FindingKind.NIGHTS, case(layer(CID, restrictions=(day,)))) == []
    (found,) = of(FindingKind.NIGHTS, case(layer(BEN, restrictions=(day,))))  # 20:00 to 04:00 in Sydney.
    assert found.user_id == BEN


def test_less_than_two_hours_make_no_night() -> None:
    nearly = [(START + timedelta(hours=20), START + timedelta(hours=23, minutes=59))]
    enough = [(START + timedelta(hours=20), START + timedelta(hours=24))]
    halves = [
        (START + timedelta(hours=21), START + timedelta(hours=23)),
        (START + timedelta(hours=29), START + 2 * DAY),
    ]
    assert nights_held(nearly, "UTC") == []
    assert nights_held(enough, "UTC") == [date(2027, 1, 4)]
    assert nights_held(halves, "UTC") == [date(2027, 1, 4), date(2027, 1, 5)]


def test_runs() -> None:
    days = [date(2027, 1, 4), date(2027, 1, 5), date(2027, 1, 8)]
    assert runs(days) == [(days[0], days[1]), (days[2], days[2])]


# -- load


def test_an_even_rotation_is_balanced() -> None:
    assert of(FindingKind.IMBALANCE, case(layer(ANA, BEN, CID))) == []


def test_standing_twice_is_a_double_share() -> None:
    assert of(FindingKind.IMBALANCE, case(layer(ANA, ANA, BEN))) == []


def test_unequal_layers() -> None:
    nights = layer(ANA, number=1, restrictions=(Restriction(time(18), time(6)),))
    found = of(FindingKind.IMBALANCE, case(layer(BEN, CID), nights))
    assert [f.user_id for f in found] == [ANA]
    assert found[0].sentence == "Ana has 4368 hours in the next 52 weeks, 1.5 times a fair share of 2912."


def test_one_turn_more_than_others_is_chance() -> None:
    people = [UUID(int=n) for n in range(10, 50)]
    assert of(FindingKind.IMBALANCE, case(layer(*people))) == []


def test_an_override_weighs() -> None:
    swap = Override(UUID(int=9), ANA, START, START + 26 * WEEK, START)
    found = of(FindingKind.IMBALANCE, case(layer(ANA, BEN), overrides=[swap]))
    assert {f.user_id: "1.5 times" in f.sentence for f in found} == {ANA: True, BEN: False}


# -- clock changes


def test_whose_hand_off_moves() -> None:
    work = layer(ANA, BEN, handoff_time=time(9), time_zone="Europe/Berlin")
    found = of(FindingKind.CLOCK_CHANGE, case(work, zone="Europe/Berlin"))
    assert {f.user_id for f in found} == {BEN}
    assert [f.sentence for f in found] == [
        "From 28 March Ben's hand-off is at 18:00 instead of 19:00 (Sydney).",
        "From 4 April Ben's hand-off is at 17:00 instead of 18:00 (Sydney).",
        "From 3 October Ben's hand-off is at 18:00 instead of 17:00 (Sydney).",
        "From 31 October Ben's hand-off is at 19:00 instead of 18:00 (Sydney).",
    ]


def test_clocks_that_change_together_move_nobody() -> None:
    work = layer(ANA, handoff_time=time(9), time_zone="Europe/Paris")
    assert of(FindingKind.CLOCK_CHANGE, case(work)) == []


def test_the_end_of_ones_hours_on_another_clock() -> None:
    sites = Restriction(time(9), time(9), end_zone="Europe/Berlin")
    sydney = layer(BEN, time_zone="Australia/Sydney", restrictions=(sites,))
    found = sentences(FindingKind.CLOCK_CHANGE, case(sydney))
    assert found[0] == "From 28 March Ben's hand-off is at 18:00 instead of 19:00 (Sydney)."


# -- holidays


def test_on_call_on_a_holiday() -> None:
    (found,) = of(FindingKind.HOLIDAY, case(layer(ANA, BEN), start=datetime(2027, 2, 15, tzinfo=UTC)))
    assert found.user_id == ANA
    assert (found.count, found.grade) == (len(found.sentence.split("(")) - 1, Grade.NOTE)
    assert "(Mon 8 March)" in found.sentence or "(Fri 26 March)" in found.sentence
    assert of(FindingKind.HOLIDAY, case(layer(BEN))) == []


# -- all of them


def test_worst_and_soonest_first() -> None:
    found = findings(
        case(layer(ANA, BEN, CID, restrictions=(WORK,)), layer(ANA, number=1, restrictions=(EVENINGS,)))
    )
    order = [list(Grade).index(f.grade) for f in found]
    assert order == sorted(order)
    assert all(f.sentence.endswith(".") and f.key for f in found)


def test_a_key_stays_from_day_to_day() -> None:
    layers = (layer(ANA, BEN, restrictions=(WORK, EVENINGS)), layer(ANA, number=1, restrictions=(WORK,)))
    today = {f.key for f in findings(case(*layers)) if f.kind is FindingKind.GAP}
    tomorrow = {f.key for f in findings(case(*layers, start=START + DAY)) if f.kind is FindingKind.GAP}
    assert today == tomorrow


spans = st.lists(st.integers(0, 200), max_size=20, unique=True).map(
    lambda ends: [
        (START + a * DAY / 8, START + b * DAY / 8)
        for a, b in zip(sorted(ends)[::2], sorted(ends)[1::2], strict=False)
    ]
)


@given(spans, spans)
@settings(max_examples=200, deadline=None)
def test_ranges_are_sets(
    one: list[tuple[datetime, datetime]], other: list[tuple[datetime, datetime]]
) -> None:
    both, rest = shared(one, other), without(one, other)
    assert total(both) + total(rest) == total(one)
    assert total(both) == total(shared(other, one))
    assert shared(rest, other) == []
    assert clipped(one, START, START + 400 * DAY) == one


def test_a_gap_is_told_apart_from_a_swallowed_layer() -> None:
    quiet = replace(layer(None), kind=RotationKind.DAILY)
    assert of(FindingKind.GAP, case(quiet)) == []
