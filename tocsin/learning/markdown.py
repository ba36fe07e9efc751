"""The document as Markdown. What people typed is theirs; only the record's lines are escaped."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from tocsin.learning.model import FIELDS, ActionItem, Line, Postmortem, Times

_SPECIAL = re.compile(r"([\\`*_\[\]<>|#])")


def document(
    key: str,
    summary: str,
    severity: int,
    postmortem: Postmortem,
    times: Times,
    lines: Iterable[Line],
    actions: Iterable[ActionItem],
) -> str:
    """Title, state, times, sections, timeline, actions; times in UTC."""
    parts = [
        f"# {key}: {escape(summary)}",
        f"Severity SEV{severity} · status {postmortem.status}",
        "## Times",
        "\n".join(f"- {name}: {_utc(moment) if moment else 'not known'}" for name, moment in times.named()),
    ]
    for name, field in FIELDS.items():
        parts += [f"## {field.title}", postmortem.fields.get(name) or "_Not written yet._"]
    timeline = "\n".join(_line(line) for line in lines)
    parts += ["## Timeline", timeline or "_Empty._", "## Actions"]
    parts.append("\n".join(_action(action) for action in actions) or "_None yet._")
    return "\n\n".join(parts) + "\n"


def escape(text: str) -> str:
    """Text that must not become markup."""
    return _SPECIAL.sub(r"\\\1", text)


def _line(line: Line) -> str:
    text = "\n  ".join(escape(line.text).splitlines())
    return f"- {_utc(line.happened_at)} **{escape(line.actor)}** {text}"


def _action(action: ActionItem) -> str:
    marks = [
        action.owner and f"owner: {escape(action.owner)}",
        "priority" if action.priority else "",
        action.due_on and f"due {action.due_on.isoformat()}",
    ]
    notes = ", ".join(str(mark) for mark in marks if mark)
    return f"- [{'x' if action.done_at else ' '}] {escape(action.title)}" + (f" ({notes})" if notes else "")


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
