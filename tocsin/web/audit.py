"""The audit log: who changed what, and when. Nothing can be changed or removed here, or anywhere."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.catalog.queries import integrations
from tocsin.edge.door import Who, page, read_query, render, site_of
from tocsin.edge.templates import utc
from tocsin.kernel.db import Reader
from tocsin.oncall.queries import schedules
from tocsin.people.model import AuditEntry
from tocsin.people.queries import audit_entries, teams, users

PAGE = 50
LARGEST = 9_223_372_036_854_775_807
DOORS = {"web": "browser", "api": "API", "cli": "command line", "engine": "Tocsin itself", "link": "link"}


async def show(request: Request) -> Response:
    """The newest acts, and from a cursor on the earlier ones."""
    db, query = site_of(request).database, read_query(request)
    before = query.whole("before", least=1, most=LARGEST, default=LARGEST)
    found = await audit_entries(db, before, PAGE + 1)
    names = await _names(db)
    context = {
        "nav": "settings",
        "section": "audit",
        "entries": [_shown(entry, names) for entry in found[:PAGE]],
        "more": found[PAGE - 1].id if len(found) > PAGE else None,
        "first": before == LARGEST,
    }
    return await render(request, "settings/audit.html", context)


async def _names(db: Reader) -> dict[str, str]:
    """What ids in entries stand for, as far as it still exists."""
    return {
        **{str(user.id): user.name for user in await users(db)},
        **{str(team.id): team.name for team in await teams(db)},
        **{str(schedule.id): schedule.name for schedule in await schedules(db)},
        **{str(one.id): one.name for one in await integrations(db)},
    }


def _shown(entry: AuditEntry, names: Mapping[str, str]) -> dict[str, Any]:
    area, _, act = entry.verb.partition(".")
    return {
        "id": entry.id,
        "at": entry.at,
        "actor": entry.actor,
        "door": DOORS.get(entry.door, entry.door),
        "area": area.replace("_", " "),
        "act": act.replace("_", " "),
        "subject": names.get(entry.subject, entry.subject),
        "before": _facts(entry.before, names),
        "after": _facts(entry.after, names),
    }


def _facts(values: Mapping[str, object] | None, names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Field and value as text; ids become names."""
    return [(key.replace("_", " "), _text(value, names)) for key, value in (values or {}).items()]


def _text(value: object, names: Mapping[str, str]) -> str:
    if isinstance(value, list):
        return ", ".join(_text(each, names) for each in value) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{key.replace('_', ' ')} {_text(each, names)}" for key, each in value.items())
    if isinstance(value, bool) or value is None:
        return "yes" if value else "no"
    return names.get(str(value)) or _moment(str(value)) or str(value) or "empty"


def _moment(text: str) -> str:
    """A stored time in words; empty for other texts."""
    try:
        return utc(datetime.fromisoformat(text)) if text[10:11] == "T" else ""
    except ValueError:
        return ""


def routes() -> list[BaseRoute]:
    """The audit log, for administrators."""
    return [page("/settings/audit", show, who=Who.ADMIN)]
