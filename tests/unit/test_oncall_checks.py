"""What no shifts can be computed from is named, with the field to mend."""

from datetime import UTC, date, time

import pytest

from tests.unit.oncall_parts import ANA, BERLIN, rotation
from tocsin.oncall.layers import check_rotation, check_zone
from tocsin.oncall.model import BadRotation, Restriction, RotationKind


def hours(start: time, end: time, *days: int, **more: object) -> tuple[Restriction, ...]:
    return (Restriction(start, end, days, **more),)  # type: ignore[arg-type]  # wrong ones too


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("participants", {"participants": ()}),
        ("length", {"length": 0}),
        ("length", {"length": 53}),
        ("length", {"length": 13, "kind": RotationKind.MONTHLY}),
        ("length", {"length": 1001, "kind": RotationKind.HOURLY}),
        ("start_date", {"start_date": date(1, 1, 1)}),
        ("start_date", {"start_date": date(9999, 12, 31)}),
        ("handoff_time", {"handoff_time": time(9, tzinfo=UTC)}),
        ("time_zone", {"time_zone": "Mars/Phobos"}),
        ("time_zone", {"restrictions": hours(time(9), time(17), end_zone="Mars/Phobos")}),
        ("window", {"restrictions": hours(time(9), time(9))}),
        ("window", {"restrictions": hours(time(9), time(17, tzinfo=UTC))}),
        ("window", {"restrictions": hours(time(9), time(17), 0)}),
        ("window", {"restrictions": hours(time(9), time(17), 8)}),
        ("window", {"restrictions": hours(time(9), time(17), until_day=8)}),
        ("window", {"restrictions": hours(time(9), time(17), until_day=0)}),
    ],
)
def test_what_is_wrong_is_named(field: str, wrong: dict[str, object]) -> None:
    check_rotation(rotation(ANA))
    with pytest.raises(BadRotation) as error:
        check_rotation(rotation(**({"participants": (ANA,)} | wrong)))
    assert error.value.field == field


@pytest.mark.parametrize(
    "restrictions",
    [
        hours(time(9), time(9), 1, until_day=5),
        hours(time(9), time(9), end_zone=BERLIN),
        hours(time(22), time(6), 1, 2, 3, 4, 5),
        (),
    ],
)
def test_what_is_right_passes(restrictions: tuple[Restriction, ...]) -> None:
    check_rotation(rotation(ANA, restrictions=restrictions))
    check_rotation(rotation(None))
    check_rotation(rotation(kind=RotationKind.CALENDAR, participants=(), length=1))


@pytest.mark.parametrize("zone", ["", "Mars/Phobos", "../../etc/passwd", "a\0b", "Europe/Berlin/", "x" * 300])
def test_a_zone_that_does_not_exist(zone: str) -> None:
    check_zone(BERLIN)
    with pytest.raises(BadRotation):
        check_zone(zone)
