"""What people do about an alert: the buttons of its page, and of the list."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.alerts import commands, promises
from tocsin.alerts.model import Alert
from tocsin.alerts.queries import alert_named
from tocsin.edge.door import Form, Who, act, page, read_form, redirect, site_of
from tocsin.kernel.db import Reader, Unit
from tocsin.kernel.errors import Invalid, NotFound
from tocsin.oncall.queries import schedules
from tocsin.paging import commands as paging_commands
from tocsin.paging import responders
from tocsin.people.queries import teams

SNOOZES = {"30": "30 minutes", "60": "1 hour", "240": "4 hours", "720": "12 hours", "1440": "1 day"}
#: Minutes until the next sign of life. The first choice is what the alert's priority says.
PROMISES = {"0": "as its priority says", **SNOOZES}

Act = Callable[[Unit, Alert, Form], Awaitable[Any]]


def _does(what: Act, said: str) -> Callable[[Request], Awaitable[Response]]:
    """A button of the alert's page: one command, then back to the page."""

    async def endpoint(request: Request) -> Response:
        form, alert = await read_form(request), await alert_of(request)
        async with act(request, form) as u:
            await what(u, alert, form)
        return redirect(request, f"/alerts/{alert.number}", said)

    return endpoint


async def _acknowledge(u: Unit, alert: Alert, form: Form) -> None:
    await commands.acknowledge(u, alert.id, form.text("note", most=2000), await _promised(u, form))


async def _promised(u: Unit, form: Form) -> datetime | None:
    """Nothing chosen: what the alert's priority says."""
    minutes = form.whole("promise", least=0, most=10080, default=0)
    return await u.clock() + timedelta(minutes=minutes) if minutes else None


async def _still(u: Unit, alert: Alert, form: Form) -> None:
    await promises.renew(u, alert.id, await _promised(u, form))


async def _unacknowledge(u: Unit, alert: Alert, _: Form) -> None:
    await commands.unacknowledge(u, alert.id)


async def _close(u: Unit, alert: Alert, form: Form) -> None:
    await commands.close(u, alert.id, note=form.text("note", most=2000))


async def _snooze(u: Unit, alert: Alert, form: Form) -> None:
    minutes = form.whole("minutes", least=5, most=10080)
    await commands.snooze(u, alert.id, await u.clock() + timedelta(minutes=minutes))


async def _reassign(u: Unit, alert: Alert, form: Form) -> None:
    await commands.reassign(u, alert.id, form.needed_id("user_id"))


async def _note(u: Unit, alert: Alert, form: Form) -> None:
    await commands.note(u, alert.id, form.text("note", most=2000, needed=True))


async def _page_person(u: Unit, alert: Alert, form: Form) -> None:
    await paging_commands.page_person(u, alert.id, form.needed_id("user_id"))


async def _add_responder(u: Unit, alert: Alert, form: Form) -> None:
    kind, _, text = form.text("responder", most=60, needed=True, label="Whom to add").partition(":")
    if kind not in ("user", "team", "schedule"):
        raise Invalid("responder", "Choose a person, a team or a schedule.")
    await responders.add_responder(u, alert.id, **{f"{kind}_id": Form([("id", text)]).needed_id("id")})


async def many(request: Request) -> Response:
    """Acknowledges or closes the ticked ones."""
    form = await read_form(request)
    ids = [Form([("id", text)]).needed_id("id") for text in form.all("alert")][:200]
    if form.choice("what", ("acknowledge", "close")) == "close":
        async with act(request, form) as u:
            done = await commands.close_many(u, ids)
        return redirect(request, "/alerts", f"Closed: {done}.")
    async with act(request, form) as u:
        done = await commands.acknowledge_many(u, ids)
    return redirect(request, "/alerts", f"Acknowledged: {done}.")


async def responders_around(db: Reader, alert: Alert) -> dict[str, Any]:
    """Who was added to an alert, and which teams and schedules can be."""
    groups = [(f"team:{t.id}", f"Team {t.name}") for t in await teams(db)]
    on_call = [(f"schedule:{s.id}", f"On call for {s.name}") for s in await schedules(db)]
    return {"responders": await responders.responders_of(db, alert.id), "groups": [*on_call, *groups]}


async def alert_of(request: Request) -> Alert:
    """The alert that the address names, or NotFound."""
    found = await alert_named(site_of(request).database, request.path_params["alert"])
    if found is None:
        raise NotFound("There is no such alert.")
    return found


def routes() -> list[BaseRoute]:
    """What is posted under /alerts."""
    buttons = {
        "acknowledge": (_acknowledge, "It is yours. Nobody else is paged."),
        "still": (_still, "Good. Paging stays quiet until then."),
        "unacknowledge": (_unacknowledge, "Nobody has it now. Escalation started again."),
        "close": (_close, "Closed."),
        "snooze": (_snooze, "Snoozed. Escalation starts again afterwards."),
        "reassign": (_reassign, "Reassigned, and paged. If they do not answer, the next step follows."),
        "note": (_note, "Noted."),
        "page": (_page_person, "Paged."),
        "responders": (_add_responder, "Added, and paged."),
    }
    return [
        page("/alerts/many", many, who=Who.MEMBER, methods=["POST"]),
        *(
            page(f"/alerts/{{alert}}/{name}", _does(what, said), who=Who.MEMBER, methods=["POST"])
            for name, (what, said) in buttons.items()
        ),
    ]
