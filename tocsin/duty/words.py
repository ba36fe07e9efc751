"""How notices name schedules and times: on the clock of whoever reads them. Pure."""

from datetime import datetime
from uuid import UUID

from tocsin.oncall.clocks import local, zone_exists


def on_call_name(schedule: str) -> str:
    """`Payments on-call`, whether or not the schedule's own name says so."""
    plain = schedule.lower().replace("-", " ")
    return schedule if "on call" in plain else f"{schedule} on-call"


def known(zone: str) -> str:
    """The zone; UTC for one that has vanished from the time zone data."""
    return zone if zone_exists(zone) else "UTC"


def day_and_time(moment: datetime, zone: str) -> str:
    """`Mon 23 Nov 09:00`."""
    there = local(moment, known(zone))
    return f"{there:%a} {there.day} {there:%b %H:%M}"


def at_time(moment: datetime, zone: str) -> str:
    """`09:00`."""
    return f"{local(moment, known(zone)):%H:%M}"


def time_range(starts: datetime, ends: datetime, zone: str) -> str:
    """`Mon 23 Nov 09:00 to Mon 30 Nov 09:00`; the day once where both are on it."""
    same = local(starts, known(zone)).date() == local(ends, known(zone)).date()
    return f"{day_and_time(starts, zone)} to {at_time(ends, zone) if same else day_and_time(ends, zone)}"


def zone_note(zone: str) -> str:
    """Which clock the times of a message are on."""
    return f"Times are yours, {known(zone).replace('_', ' ')}."


def schedule_page(schedule_id: UUID) -> str:
    """The path of a schedule's page."""
    return f"/on-call/{schedule_id}"
