"""Times that people give and read, on their own wall clock."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tocsin.edge.door import Form
from tocsin.kernel.errors import Invalid
from tocsin.oncall.clocks import Range, instant


def moment(form: Form, name: str, zone: str) -> datetime | None:
    """A field or a part of an address: a wall-clock time in `zone`, or a time with its offset; None when empty."""
    text = form.get(name, "").strip() if name else ""
    if not text:
        return None
    try:
        # A plus that stands for a space in an address was meant as the offset's.
        found = datetime.fromisoformat(text.replace(" ", "+") if text.count(":") == 3 else text)
    except ValueError:
        raise Invalid(name, f"{name.replace('_', ' ').capitalize()} is not a date and time.") from None
    if not 1970 <= found.year <= 2200:
        raise Invalid(name, f"{name.replace('_', ' ').capitalize()} must lie between 1970 and 2200.")
    return found if found.tzinfo else instant(found, zone)


def days(first: date, last: date, zone: str) -> Range:
    """From the midnight with which the first day begins to the one with which the last day ends."""
    start = instant(datetime.combine(first, time()), zone)
    return start, instant(datetime.combine(last + timedelta(days=1), time()), zone)


def spoken(at: datetime, zone: str) -> datetime:
    """What somebody's clock shows then."""
    return at.astimezone(ZoneInfo(zone))
