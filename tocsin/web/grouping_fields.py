"""The form of a grouping rule as fields: what they say, and what stands in them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from tocsin.alerts.grouping_model import PLAIN, TAG, GroupingDraft, GroupingRule
from tocsin.alerts.silence_model import DETAILS
from tocsin.edge.door import Form
from tocsin.web.silence_fields import matcher_values, matchers_in


def draft_in(form: Form) -> GroupingDraft:
    """A rule as the form gives it. Raises `Invalid`."""
    kind, _, ref = form.text("scope", most=60).partition(":")
    scope = Form([("scope", ref)]).id("scope")
    fields = [f for f in PLAIN if f in form.all("fields")]
    fields += [TAG + tag for tag in _words(form.text("tags", most=500))]
    fields += [DETAILS + key for key in _words(form.text("details", most=500))]
    return GroupingDraft(
        form.text("name", most=100), fields, timedelta(minutes=form.whole("minutes", least=1, most=10_080)),
        form.whole("most", least=2, most=1000), tuple(matchers_in(form)), scope if kind == "service" else None,
        scope if kind == "team" else None, form.whole("position", least=1, most=10_000) if form.text("position") else None,
    )  # fmt: skip


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def values_of(rule: GroupingRule) -> dict[str, Any]:
    """What stands in the fields of one that is changed."""
    return {
        "name": rule.name, "scope": _scope(rule.service_id, rule.team_id), "minutes": rule.window_s // 60, "most": rule.most,
        "position": rule.position, "fields": [f for f in rule.fields if f in PLAIN], "tags": _after(rule, TAG),
        "details": _after(rule, DETAILS),
    } | matcher_values(rule.matchers)  # fmt: skip


def _scope(service: UUID | None, team: UUID | None) -> str:
    if service:
        return f"service:{service}"
    return f"team:{team}" if team else ""


def _after(rule: GroupingRule, prefix: str) -> str:
    return ", ".join(f.removeprefix(prefix) for f in rule.fields if f.startswith(prefix))


def values_in(form: Form) -> dict[str, Any]:
    """What was typed, to be shown again."""
    return dict(form) | {"fields": form.all("fields")}


FRESH: dict[str, Any] = {"minutes": 30, "most": 100, "fields": ["service"], "scope": ""}
