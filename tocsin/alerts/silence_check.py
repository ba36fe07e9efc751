"""What a silence must be before it is kept: ends, has a reason, and asks nothing of the database that could take long."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from math import prod

from tocsin.alerts.model import clean
from tocsin.alerts.silence_model import (
    DETAILS,
    FIELDS,
    LONGEST,
    LONGEST_SERIES,
    MOST_MATCHERS,
    Matcher,
    Operator,
    SilenceDraft,
    SilenceKind,
    Weekly,
)
from tocsin.alerts.silence_times import windows
from tocsin.kernel.errors import Invalid
from tocsin.oncall.clocks import zone_exists

LONGEST_VALUE, LONGEST_PATTERN, MOST_SERVICES = 500, 200, 100
#: What makes PostgreSQL's matcher go back and try again: references to what was matched, and looking around.
_COSTLY = re.compile(r"\\[1-9]|\(\?[^:]")
#: `{2,30}`: the automaton grows by as much, and nested ones multiply.
_COUNTED = re.compile(r"\{(\d*),?(\d*)\}")
_MOST_COUNTED = 1000
#: Whoever fills in a form takes a while.
SLOW_HANDS = timedelta(minutes=15)


def checked(draft: SilenceDraft, now: datetime) -> SilenceDraft:
    """The draft as it is kept. Raises `Invalid` with the field's name."""
    reason = clean(draft.reason).strip()
    if not 1 <= len(reason) <= 500:
        raise Invalid("reason", "Say why, in 1 to 500 characters: others will ask.")
    if (
        len(draft.link) > 2000
        or clean(draft.link) != draft.link
        or (draft.link and not draft.link.startswith(("https://", "http://")))
    ):
        raise Invalid("link", "The link starts with https:// and has 2000 characters at most.")
    _check_about(draft)
    matchers = tuple(checked_matcher(m) for m in draft.matchers)
    kept = replace(
        draft, reason=reason, matchers=matchers, service_ids=tuple(dict.fromkeys(draft.service_ids))
    )
    _check_times(kept, now)
    return kept


def _check_about(draft: SilenceDraft) -> None:
    if draft.kind is SilenceKind.MAINTENANCE and not draft.service_ids:
        raise Invalid("service_ids", "Maintenance is of services: choose at least one.")
    if not draft.matchers and not draft.service_ids:
        raise Invalid("matchers", "Say what is silenced: at least one condition, or a service.")
    if len(draft.matchers) > MOST_MATCHERS:
        raise Invalid("matchers", f"A silence has {MOST_MATCHERS} conditions at most.")
    if len(draft.service_ids) > MOST_SERVICES:
        raise Invalid("service_ids", f"A silence is of {MOST_SERVICES} services at most.")


def checked_matcher(given: Matcher) -> Matcher:
    """One condition as it is kept; of grouping rules too. Raises `Invalid` with the field `matchers`."""
    field, value = given.field.strip(), given.value
    known = field in FIELDS or (field.startswith(DETAILS) and len(DETAILS) < len(field) <= 208)
    if not known or clean(field) != field:
        raise Invalid(
            "matchers", f"“{field[:100]}” is no field: there are {', '.join(FIELDS)} and details.KEY."
        )
    if len(value) > LONGEST_VALUE or clean(value) != value or "\n" in value:
        raise Invalid("matchers", f"A value is one line of {LONGEST_VALUE} characters at most.")
    if given.operator is Operator.CONTAINS and not value:
        raise Invalid("matchers", "Say what the text contains.")
    if given.operator is Operator.MATCHES:
        _check_pattern(value)
    elif field == "priority":
        value = value.upper() if value.upper().startswith("P") else f"P{value}"
        if value not in ("P1", "P2", "P3", "P4", "P5"):
            raise Invalid("matchers", "The priority is P1 to P5.")
    return replace(given, field=field, value=value)


def _check_pattern(pattern: str) -> None:
    """What is left is an automaton without memory, whose size is bounded."""
    if not 1 <= len(pattern) <= LONGEST_PATTERN:
        raise Invalid("matchers", f"A pattern has 1 to {LONGEST_PATTERN} characters.")
    if _COSTLY.search(pattern):
        raise Invalid("matchers", "Patterns here have no references and no looking around: \\1, (?=…), (?i).")
    if prod(max(int(a or 1), int(b or 1), 1) for a, b in _COUNTED.findall(pattern)) > _MOST_COUNTED:
        raise Invalid("matchers", "This pattern repeats too often: make its {…} smaller.")


def _check_times(draft: SilenceDraft, now: datetime) -> None:
    if draft.starts_at > now + LONGEST_SERIES:
        raise Invalid("starts_at", "It begins within a year.")
    if draft.ends_at <= now:
        raise Invalid("ends_at", "It must end in the future.")
    if draft.ends_at <= draft.starts_at:
        raise Invalid("ends_at", "It must end after it starts.")
    length = draft.ends_at - draft.starts_at
    if draft.weekly is None:
        if length > LONGEST:
            raise Invalid(
                "ends_at", "A silence lasts 30 days at most. Its owner can extend it before it ends."
            )
        return
    _check_weekly(draft.weekly)
    if length > LONGEST_SERIES:
        raise Invalid("ends_at", "One that recurs does so for a year at most.")
    if not any(ends > now for _, ends in windows(draft)):
        raise Invalid("weekdays", "It would never be quiet between its start and its end.")


def _check_weekly(weekly: Weekly) -> None:
    if not weekly.days or not set(weekly.days) <= set(range(1, 8)):
        raise Invalid("weekdays", "Choose the weekdays on which it begins.")
    if not zone_exists(weekly.time_zone):
        raise Invalid("time_zone", "This time zone is not known.")
    if weekly.starts == weekly.ends:
        raise Invalid("to_time", "It must end at another time than it begins.")
