"""API tokens: one's own, and those of the organisation. A secret is shown once and stored only as its hash."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Form, Who, act, page, read_form, render, site_of, viewer_of
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Invalid
from tocsin.people import reach
from tocsin.people.permissions import Scope
from tocsin.people.queries import tokens_of
from tocsin.web.buttons import button

SCOPES = (
    (Scope.READ, "Look at everything you may look at"),
    (Scope.RESPOND, "Acknowledge, declare, write updates"),
    (Scope.CONFIGURE, "Change services, schedules, policies, integrations"),
    (Scope.ADMIN, "Invite people, set roles"),
)
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Kind:
    """Whose tokens a page is about."""

    path: str
    who: Who
    service: bool


OWN = Kind("/settings/profile/tokens", Who.VIEWER, service=False)
SERVICE = Kind("/settings/tokens", Who.ADMIN, service=True)


def _show(kind: Kind) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        return await _page(request, kind, {}, {})

    return endpoint


async def _page(
    request: Request,
    kind: Kind,
    typed: Mapping[str, str],
    errors: dict[str, str],
    secret: dict[str, str] | None = None,
) -> Response:
    site, viewer = site_of(request), await viewer_of(request)
    form = typed if isinstance(typed, Form) else Form([])
    context = {
        "nav": "settings", "section": "service-tokens" if kind.service else "tokens", "kind": kind, "errors": errors,
        "tokens": await tokens_of(site.database, None if kind.service else viewer.id), "scopes": SCOPES,
        "values": dict(typed), "chosen": form.all("scopes") if typed else [Scope.READ], "secret": secret,
        "base": site.settings.url,
    }  # fmt: skip
    return await render(request, "settings/tokens.html", context, status=422 if errors else 200)


def _create(kind: Kind) -> Endpoint:
    create = reach.create_service_token if kind.service else reach.create_token

    async def endpoint(request: Request) -> Response:
        form, viewer = await read_form(request), await viewer_of(request)
        try:
            name, ends = form.text("name", most=100, needed=True), _end_of(form, viewer.time_zone)
            # Without a request key: a stored answer would hold the secret.
            async with act(request) as u:
                secret = await create(u, name, form.all("scopes"), ends)
        except Invalid as error:
            return await _page(request, kind, form, {error.field: str(error)})
        return await _page(request, kind, {}, {}, {"name": name, "secret": secret})

    return endpoint


def _end_of(form: Form, zone: str) -> datetime | None:
    """The end of the chosen day, where the viewer is."""
    day = form.day("expires_at")
    return None if day is None else datetime.combine(day + timedelta(days=1), time(0), ZoneInfo(zone))


async def _revoke(u: Unit, form: Form) -> None:
    await reach.revoke_token(u, form.needed_id("token_id"))


def routes() -> list[BaseRoute]:
    """One's own tokens, and the organisation's."""
    found: list[BaseRoute] = []
    for kind in (OWN, SERVICE):
        revoke = button(_revoke, back=kind.path, said="That token does not work any more.")
        found += [
            page(kind.path, _show(kind), who=kind.who),
            page(kind.path, _create(kind), who=kind.who, methods=["POST"]),
            page(f"{kind.path}/revoke", revoke, who=kind.who, methods=["POST"]),
        ]
    return found
