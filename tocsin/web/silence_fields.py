"""The form of a silence as fields: what they say, and what stands in them."""

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from tocsin.alerts.model import Alert
from tocsin.alerts.queries import alert_named
from tocsin.alerts.silence_model import (
    DAYS,
    LONGEST_SERIES,
    MOST_MATCHERS,
    Matcher,
    Operator,
    Silence,
    SilenceDraft,
    SilenceKind,
    Weekly,
)
from tocsin.edge.door import Form
from tocsin.kernel.db import Reader
from tocsin.kernel.errors import Invalid
from tocsin.oncall.clocks import instant, local

#: How long, by what the form sends; `own` is a time of its own.
LENGTHS = {
    "60": "1 hour", "240": "4 hours", "morning": "Until tomorrow morning, 09:00", "1440": "1 day", "10080": "1 week",
    "own": "Until a time of its own",
}  # fmt: skip
OPERATORS = {
    Operator.EQUALS: "is", Operator.NOT_EQUALS: "is not", Operator.CONTAINS: "contains", Operator.MATCHES: "matches pattern",
}  # fmt: skip
#: Before this hour "tomorrow morning" is the one that comes.
NIGHT_ENDS = 5


def draft_in(form: Form, zone: str, now: datetime) -> SilenceDraft:
    """A silence as the form gives it, on the clock of whoever fills it in. Raises `Invalid`."""
    starts = form.moment("starts_at", zone) or now
    if abs(starts - now) > LONGEST_SERIES:
        raise Invalid("starts_at", "It begins within a year.")
    return SilenceDraft(
        form.text("reason", most=500, needed=True, label="The reason"), starts, _end(form, zone, starts),
        tuple(matchers_in(form)), tuple(Form([("service_ids", x)]).needed_id("service_ids") for x in form.all("service_ids")),
        SilenceKind(form.choice("kind", tuple(SilenceKind), default="silence")), form.text("link", most=2000), _weekly(form, zone),
        form.id("owner_id"), form.id("alert_id") if form.flag("with_alert") else None, form.flag("confirmed"),
    )  # fmt: skip


def _end(form: Form, zone: str, starts: datetime) -> datetime:
    length = form.choice("length", tuple(LENGTHS), default="own")
    if length == "morning":
        return morning(starts, zone)
    if length != "own":
        return starts + timedelta(minutes=int(length))
    ends = form.moment("ends_at", zone)
    if ends is None:
        raise Invalid("ends_at", "Say when it ends: a silence without an end is forgotten.")
    return ends


def morning(now: datetime, zone: str) -> datetime:
    """Tomorrow at nine on this clock; at night, the morning that comes."""
    there = local(now, zone)
    day = there.date() if there.hour < NIGHT_ENDS else there.date() + timedelta(days=1)
    return instant(datetime.combine(day, time(9)), zone)


def matchers_in(form: Form) -> Iterator[Matcher]:
    """The conditions that are filled in; grouping rules have the same. Raises `Invalid`."""
    for number in range(MOST_MATCHERS):
        field, value = form.text(f"field{number}", most=208), form.text(f"value{number}", most=500)
        if field or value:
            if not field:
                raise Invalid("matchers", f"Condition {number + 1} names no field.")
            yield Matcher(
                field, Operator(form.choice(f"operator{number}", tuple(Operator), default="equals")), value
            )


def _weekly(form: Form, zone: str) -> Weekly | None:
    days = sorted({int(day) for day in form.all("weekdays") if day in ("1", "2", "3", "4", "5", "6", "7")})
    if not days:
        return None
    return Weekly(
        tuple(days), _time(form, "from_time"), _time(form, "to_time"), form.text("time_zone", most=60) or zone
    )


def _time(form: Form, name: str) -> time:
    try:
        return time.fromisoformat(form.text(name, most=8, needed=True))
    except ValueError:
        raise Invalid(name, "This is not a time of day.") from None


def values_of(silence: Silence, zone: str) -> dict[str, Any]:
    """What stands in the fields of one that is changed."""
    weekly = silence.weekly
    values: dict[str, Any] = {
        "reason": silence.reason, "link": silence.link, "kind": str(silence.kind), "owner_id": str(silence.owner_id or ""),
        "starts_at": f"{local(silence.starts_at, zone):%Y-%m-%dT%H:%M}", "length": "own",
        "ends_at": f"{local(silence.ends_at, zone):%Y-%m-%dT%H:%M}", "service_ids": [str(s) for s in silence.service_ids],
        "time_zone": silence.time_zone if weekly else zone,
    }  # fmt: skip
    if weekly:
        values |= {
            "weekdays": [str(d) for d in weekly.days],
            "from_time": f"{weekly.starts:%H:%M}",
            "to_time": f"{weekly.ends:%H:%M}",
        }
    if silence.ends_with_alert_id:
        values |= {
            "with_alert": "on",
            "alert_id": str(silence.ends_with_alert_id),
            "alert": silence.ends_with_number,
        }
    return values | matcher_values(silence.matchers)


async def values_asked(db: Reader, query: Form) -> dict[str, Any]:
    """What stands in a new one: from an alert (`alert=41`), as the maintenance of a service (`service=ID`), or nothing."""
    number, service = query.text("alert", most=40), query.id("service")
    alert = await alert_named(db, number) if number else None
    if alert is not None:
        return values_for(alert)
    if service is not None:
        return {"length": "240", "kind": "maintenance", "service_ids": [str(service)]}
    return {"length": "60", "service_ids": []}


def values_for(alert: Alert) -> dict[str, Any]:
    """The fields of one that is made from an alert: the same problem, wherever it is reported again."""
    values: dict[str, Any] = {"length": "60", "service_ids": [], "alert": alert.number}
    if alert.closed_at is None:
        values["alert_id"] = str(alert.id)
    field, value = ("message", alert.message) if _made_up(alert.alias) else ("alias", alert.alias)
    return values | matcher_values((Matcher(field, Operator.EQUALS, value[:500].split("\n")[0]),))


def _made_up(alias: str) -> bool:
    """Whoever sends without an alias gets one of its own each time: no other alert will have it."""
    try:
        return bool(UUID(alias))
    except ValueError:
        return False


def matcher_values(matchers: tuple[Matcher, ...]) -> dict[str, str]:
    """What stands in the rows of conditions."""
    return {
        f"{name}{number}": str(getattr(matcher, name))
        for number, matcher in enumerate(matchers)
        for name in ("field", "operator", "value")
    }


def values_in(form: Form) -> dict[str, Any]:
    """What was typed, to be shown again."""
    return dict(form) | {"service_ids": form.all("service_ids"), "weekdays": form.all("weekdays")}


def rows_in(values: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """The rows of conditions: those that are filled in, and some that wait."""
    rows = [
        (values.get(f"field{n}", ""), values.get(f"operator{n}", ""), values.get(f"value{n}", ""))
        for n in range(MOST_MATCHERS)
    ]
    filled = max((n for n, (field, _, value) in enumerate(rows, 1) if field or value), default=0)
    return rows[: min(filled + 2, MOST_MATCHERS)]


def choices() -> dict[str, Any]:
    """What the form offers."""
    return {"lengths": LENGTHS, "operators": OPERATORS, "days": list(enumerate(DAYS, 1))}
