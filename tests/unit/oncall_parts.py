"""What the tests of shifts build from: people, zones, rotations, overrides, and readable shifts."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from tocsin.oncall.model import Override, Rotation, RotationKind, Shift

ANA, BEN, CAT, DEE = (UUID(int=n) for n in range(1, 5))
BERLIN, NEW_YORK, SYDNEY, LORD_HOWE = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Sydney",
    "Australia/Lord_Howe",
)
HOUR = timedelta(hours=1)


def rotation(*people: UUID | None, **more: object) -> Rotation:
    """A weekly one from Monday 2026-01-05 at 09:00."""
    fields: dict[str, object] = {
        "id": UUID(int=100), "position": 0, "kind": RotationKind.WEEKLY, "length": 1, "handoff_time": time(9),
        "start_date": date(2026, 1, 5), "participants": people,
    }  # fmt: skip
    return Rotation(**(fields | more))  # type: ignore[arg-type]  # the fields' types are the caller's business


def daily(*people: UUID | None, **more: object) -> Rotation:
    return rotation(*people, kind=RotationKind.DAILY, **more)


def hourly(*people: UUID | None, **more: object) -> Rotation:
    return rotation(*people, kind=RotationKind.HOURLY, **more)


def monthly(*people: UUID | None, **more: object) -> Rotation:
    return rotation(*people, kind=RotationKind.MONTHLY, **more)


def override(
    person: UUID, start: datetime, end: datetime, number: int = 1, replaces: UUID | None = None
) -> Override:
    """The number says which is the later one."""
    created = utc(2026, 1, 1) + number * HOUR
    return Override(UUID(int=200 + number), person, start, end, created, replaces, 1000 + number)


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def told(shifts: Sequence[Shift], zone: str = "UTC") -> list[tuple[UUID, str, str]]:
    """Who, from and to, on the clocks of a zone."""
    there = ZoneInfo(zone)
    return [
        (s.user_id, f"{s.starts_at.astimezone(there):%m-%d %H:%M}", f"{s.ends_at.astimezone(there):%m-%d %H:%M}")
        for s in shifts
    ]  # fmt: skip
