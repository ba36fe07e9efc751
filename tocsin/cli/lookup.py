"""From what people type to what the API takes: names that are unique instead of ids, times on this machine's clock."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

from tocsin.cli.client import NOT_FOUND, REFUSED, call, stop

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
Rows = Iterable[Mapping[str, Any]]


def schedule_id(text: str) -> str:
    """A schedule by name or id; exits with a sentence when there is none, or several."""
    return text if _is_id(text) else one(text, call("GET", "/api/v1/schedules")["schedules"], "schedule")


def person_id(text: str) -> str:
    """Somebody by name, e-mail address or id."""
    return text if _is_id(text) else one(text, call("GET", "/api/v1/users")["users"], "person")


def one(text: str, rows: Rows, noun: str) -> str:
    """The id of the only row that goes by `text`, in any case: whole first, else as a part of the name."""
    wanted, rows = text.strip().lower(), list(rows)
    whole = [r for r in rows if wanted in (str(r["name"]).lower(), str(r.get("email", "")).lower())]
    found = whole or [r for r in rows if wanted and wanted in str(r["name"]).lower()]
    if not found:
        raise stop(f"There is no {noun} {text}.", NOT_FOUND)
    if len(found) > 1:
        raise stop(f"{text} may be {' or '.join(str(r['name']) for r in found[:5])}: say more.", REFUSED)
    return str(found[0]["id"])


def moment(text: str) -> datetime:
    """A time; without an offset it is on this machine's clock. A date alone is its midnight."""
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        raise stop(
            f"{text} is not a time: write 2027-01-01T09:00, with or without +01:00.", REFUSED
        ) from None


def lasting(text: str) -> timedelta:
    """How long: 30m, 4h, 2d."""
    number, unit = text[:-1], text[-1:].lower()
    if unit not in _UNITS or not number.isdecimal() or len(number) > 5:
        raise stop(f"{text} is no length of time: write 30m, 4h or 2d.", REFUSED)
    return timedelta(**{_UNITS[unit]: int(number)})


def in_time(length: str) -> str | None:
    """When so much time has passed from now, as the API takes it; None for nothing."""
    return (datetime.now().astimezone() + lasting(length)).isoformat() if length else None


def query(**values: object) -> str:
    """`a=b&c=d` of what is there; times as the API takes them."""
    shown = {k: v.isoformat() if isinstance(v, datetime) else str(v) for k, v in values.items() if v}
    return "&".join(f"{name}={quote(value)}" for name, value in shown.items())


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
