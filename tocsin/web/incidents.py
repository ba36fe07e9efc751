"""The list of incidents, with its filters in the address."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.catalog.queries import services
from tocsin.edge.door import Form, Who, page, read_query, render, site_of, viewer_of
from tocsin.incidents import field_definitions, queries
from tocsin.incidents.model import Card, Status
from tocsin.kernel.db import Reader

PAGE = 50
MOST_OPEN = 100


async def list_(request: Request) -> Response:
    """Open ones as cards, then those that are over as a table; the filters of the address hold for both."""
    db, viewer, query = site_of(request).database, await viewer_of(request), read_query(request)
    wanted = _filters(query)
    open_ = await queries.incident_cards(db, viewer.id, resolved=False, limit=MOST_OPEN + 1, **_asked(wanted))
    past = await queries.incident_cards(
        db, viewer.id, resolved=True, before=_cursor(query), limit=PAGE + 1, **_asked(wanted)
    )
    context = {
        "nav": "incidents", "open": _worst_first(open_[:MOST_OPEN]), "more_open": len(open_) > MOST_OPEN, "past": past[:PAGE],
        "older": _address(wanted, past[PAGE - 1].declared_at) if len(past) > PAGE else None, "wanted": wanted,
        "filtered": any(wanted.values()), "choices": await _choices(db),
    }  # fmt: skip
    return await render(request, "incidents/list.html", context)


async def _choices(db: Reader) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Each filter that is a list: its name, the words for none, its values with their words."""
    return [
        ("severity", "Any severity", [(str(level), f"SEV{level}") for level in (1, 2, 3)]),
        ("status", "Any status", [(status.value, status.value.capitalize()) for status in Status]),
        ("type", "Any type", [(t.name, t.title) for t in await field_definitions.types(db)]),
        ("service", "Any service", [(str(s.id), s.name) for s in await services(db)]),
    ]


def _worst_first(cards: Sequence[Card]) -> list[Card]:
    return sorted(cards, key=lambda card: card.severity)


def _filters(query: Form) -> dict[str, str]:
    """As the address says them; what is none of the choices filters nothing."""
    status, service = query.text("status", most=20), query.text("service", most=40)
    severity = query.text("severity", most=1)
    return {
        "q": query.text("q", most=200), "severity": severity if severity in ("1", "2", "3") else "",
        "status": status if status in list(Status) else "", "type": query.text("type", most=40),
        "service": service if _is_id(service) else "", "private": "1" if query.flag("private") else "",
    }  # fmt: skip


def _is_id(text: str) -> bool:
    return Form([("id", text)]).id("id") is not None if len(text) == 36 and text.count("-") == 4 else False


def _asked(wanted: dict[str, str]) -> dict[str, Any]:
    return {
        "text": wanted["q"] or None, "severity": int(wanted["severity"]) if wanted["severity"] else None,
        "status": wanted["status"] or None, "type_": wanted["type"] or None, "private": bool(wanted["private"]),
        "service_id": Form([("id", wanted["service"])]).id("id"),
    }  # fmt: skip


def _address(wanted: dict[str, str], before: datetime) -> str:
    given = {name: value for name, value in wanted.items() if value}
    return f"/incidents?{urlencode(given | {'before': before.isoformat()})}"


def _cursor(query: Form) -> datetime | None:
    text = query.text("before", most=40)
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


def routes() -> list[BaseRoute]:
    """The list; declaring is in `tocsin.web.declare`, the room in `tocsin.web.room`."""
    return [page("/incidents", list_, who=Who.VIEWER)]
