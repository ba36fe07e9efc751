"""Country and working hours in a form: from it, and into it."""

from datetime import time
from typing import Any

from tocsin.edge.door import Form
from tocsin.kernel.errors import Invalid
from tocsin.oncall.holidays import country_names, is_known
from tocsin.people.model import Working
from tocsin.web.choices import WEEKDAYS


def working_in(form: Form) -> Working | None:
    """What was typed. None when the form does not have these fields: what is stored stays."""
    if "work_starts" not in form:
        return None
    country = form.choice("country", ("", *country_names()), default="") or None
    subdivision = form.text("subdivision", most=10) or None
    if country is None or not is_known(country, subdivision):
        subdivision = None  # Another country has other regions: the page offers them next.
    days = tuple(n for n, _ in WEEKDAYS if form.flag(f"work_day_{n}"))
    return Working(country, subdivision, _clock(form, "work_starts"), _clock(form, "work_ends"), days)


def _clock(form: Form, name: str) -> time:
    try:
        return time.fromisoformat(form.text(name, most=8)).replace(tzinfo=None)
    except ValueError:
        raise Invalid(name, "A time of day is needed, for example 09:00.") from None


def working_values(working: Working) -> dict[str, Any]:
    """Country and working hours as the form shows them."""
    return {
        "country": working.country or "", "subdivision": working.subdivision or "",
        "work_starts": f"{working.work_starts:%H:%M}", "work_ends": f"{working.work_ends:%H:%M}",
        "work_days": list(working.work_days),
    }  # fmt: skip
