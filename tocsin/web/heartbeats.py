"""Heartbeats: what should report regularly, how each one stands, and where it is pinged."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.alerts import heartbeats
from tocsin.alerts.heartbeat_mail import mail_address_of
from tocsin.alerts.heartbeat_model import LONGEST_GRACE, HeartbeatDraft, HeartbeatState
from tocsin.catalog.queries import services
from tocsin.edge.door import Form, Who, act, page, read_form, redirect, render, site_of, viewer_of
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Conflict, Invalid

HERE = "/settings/heartbeats"
UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}


async def list_(request: Request) -> Response:
    """All of them, the missed ones first."""
    return await _page(request, {}, {})


async def _page(request: Request, values: Any, errors: dict[str, str]) -> Response:
    site, viewer = site_of(request), await viewer_of(request)
    now = await site.database.clock()
    found = await heartbeats.heartbeats(site.database)
    addresses = (
        {h.id: heartbeats.address_of(site.keys, site.settings.url, h) for h in found}
        if viewer.role in ("member", "admin")
        else {}
    )
    context = {
        "nav": "settings", "rows": [(h, h.state(now)) for h in found], "addresses": addresses,
        "mail_addresses": {h.id: mail_address_of(site.keys, site.settings.mail_domain, h) for h in found if h.id in addresses}
        if site.settings.mail_in
        else {}, "values": values,
        "errors": errors, "services": await services(site.database), "units": UNITS, "length": length_of,
        "missed": sum(1 for h in found if h.state(now) is HeartbeatState.MISSED),
    }  # fmt: skip
    return await render(request, "settings/heartbeats.html", context, status=422 if errors else 200)


def length_of(seconds: int) -> tuple[int, str]:
    """A number and the largest unit that divides it: what the form shows."""
    unit = next((u for u, size in reversed(UNITS.items()) if seconds and seconds % size == 0), "seconds")
    return seconds // UNITS[unit], unit


def draft_in(form: Form) -> HeartbeatDraft:
    """A heartbeat as the form gives it. Raises `Invalid`."""
    every = (
        form.whole("interval", least=1, most=1_000_000) * UNITS[form.choice("interval_unit", tuple(UNITS))]
    )
    return HeartbeatDraft(
        form.text("name", most=100, needed=True), every,
        form.whole("grace", least=0, most=LONGEST_GRACE, default=1) * UNITS[form.choice("grace_unit", tuple(UNITS), default="minutes")],
        form.whole("priority", least=1, most=5, default=3), form.id("service_id"), form.text("description", most=2000),
    )  # fmt: skip


async def create(request: Request) -> Response:
    """A new one, with its address beside it."""
    form = await read_form(request)
    try:
        async with act(request, form) as u:
            heartbeat_id = await heartbeats.create_heartbeat(u, draft_in(form))
    except Invalid as error:
        return await _page(request, form, {_field(error.field): str(error)})
    except Conflict:
        return await _page(request, form, {"name": "Another heartbeat has this name."})
    return redirect(request, f"{HERE}#h-{heartbeat_id}", "Created. It is watched from its first ping on.")


async def change(request: Request) -> Response:
    """What is expected from now on."""
    form = await read_form(request)
    try:
        async with act(request, form) as u:
            await heartbeats.change_heartbeat(u, form.needed_id("heartbeat_id"), draft_in(form))
    except (Invalid, Conflict) as error:
        sentence = str(error) if isinstance(error, Invalid) else "Another heartbeat has this name."
        return redirect(request, HERE, sentence, "danger")
    return redirect(request, f"{HERE}#h-{form.needed_id('heartbeat_id')}", "Saved.")


def _field(name: str) -> str:
    return {"interval_s": "interval", "grace_s": "grace"}.get(name, name)


def _button(
    command: Callable[[Unit, UUID], Awaitable[Any]], said: str
) -> Callable[[Request], Awaitable[Response]]:
    async def press(request: Request) -> Response:
        """One command on one heartbeat."""
        form = await read_form(request)
        heartbeat_id = form.needed_id("heartbeat_id")
        async with act(request, form) as u:
            await command(u, heartbeat_id)
        return redirect(request, f"{HERE}#h-{heartbeat_id}", said)

    return press


def routes() -> list[BaseRoute]:
    """Everything under /settings/heartbeats."""
    posts = {
        "": create,
        "/change": change,
        "/pause": _button(heartbeats.pause_heartbeat, "Paused. Nothing is expected until it is resumed."),
        "/resume": _button(heartbeats.resume_heartbeat, "Resumed. It is watched from its next ping on."),
        "/renew": _button(
            heartbeats.renew_address, "It has another address. The old one does not work any more."
        ),
        "/archive": _button(heartbeats.archive_heartbeat, "Archived."),
        "/ping": _button(heartbeats.ping, "Noted: it is alive."),
    }
    return [
        page(HERE, list_, who=Who.VIEWER),
        *(page(HERE + path, endpoint, who=Who.MEMBER, methods=["POST"]) for path, endpoint in posts.items()),
    ]
