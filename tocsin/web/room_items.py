"""What people work on, in the room: one line to add something, a button for each answer, and the question before a second claim."""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Form, Site, Who, act, page, read_form, render
from tocsin.incidents import claims, tasks
from tocsin.incidents.items import LooksAlike
from tocsin.incidents.model import Incident
from tocsin.kernel.db import Unit
from tocsin.web.lookup import incident_of
from tocsin.web.room_act import REFUSALS, Act, buttons, done, refused

WHAT = ("claim", "hypothesis", "task", "decision", "unknown", "known")
SEQ = {"least": 1, "most": 2_000_000_000}


async def add(request: Request) -> Response:
    """One new item. When somebody looks into something like it: asks whether to join instead, scripts too."""
    form, incident = await read_form(request), await incident_of(request)
    try:
        async with act(request, form) as u:
            await _add(u, incident, form)
    except LooksAlike as alike:
        context = {"nav": "incidents", "incident": incident, "alike": alike.alike, "values": dict(form)}
        return await render(request, "incidents/alike.html", context, status=409)
    except REFUSALS as error:
        return refused(request, incident, error)
    return done(request, f"/incidents/{incident.key}#room-work")


async def _add(u: Unit, incident: Incident, form: Form) -> None:
    what, line = form.choice("what", WHAT), form.text("text", most=500, needed=True, label="What it is")
    match what:
        case "claim" | "hypothesis":
            await claims.claim(
                u,
                incident.id,
                line,
                form.id("service_id"),
                hypothesis=what == "hypothesis",
                anyway=form.flag("anyway"),
            )
        case "task":
            minutes = form.whole("minutes", least=0, most=43_200, default=0)
            due = await u.clock() + timedelta(minutes=minutes) if minutes else None
            await tasks.make(u, incident.id, line, owner_id=form.id("owner_id"), due_at=due)
        case "decision":
            await tasks.decide(
                u, incident.id, line, why=form.text("why", most=1000), undo=form.text("undo", most=1000)
            )
        case "unknown":
            await tasks.ask(u, incident.id, line)
        case _:
            await tasks.know(u, incident.id, line, form.text("evidence", most=500))


def _seq(form: Form) -> int:
    return form.whole("seq", **SEQ)


async def _join(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await claims.join(u, i.id, _seq(form))


async def _renew(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await claims.renew(u, i.id, _seq(form))


async def _hand(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await claims.hand(u, i.id, _seq(form), form.needed_id("user_id"))


async def _finish(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await claims.finish(u, i.id, _seq(form), form.text("outcome", most=1000))


async def _drop(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await claims.drop(u, i.id, _seq(form), form.text("outcome", most=1000))


async def _judge(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await claims.judge(u, i.id, _seq(form), form.get("verdict", ""), form.text("outcome", most=1000))


async def _evidence(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await claims.add_evidence(u, i.id, _seq(form), form.text("evidence", most=500, needed=True))


async def _undo(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await tasks.undo(u, i.id, _seq(form), form.text("outcome", most=1000))


async def _take(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await tasks.take(u, i.id, _seq(form), form.id("user_id"))


async def _done(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await tasks.finish(u, i.id, _seq(form), form.text("outcome", most=1000))


async def _reopen(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await tasks.reopen(u, i.id, _seq(form))


async def _cancel(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await tasks.cancel(u, i.id, _seq(form), form.text("outcome", most=1000))


async def _answer(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await tasks.answer(
        u, i.id, _seq(form), form.text("outcome", most=1000, needed=True, label="What is known now")
    )


def routes() -> list[BaseRoute]:
    """Under /incidents/KEY, POST only."""
    named: dict[str, Act] = {
        "claim-join": _join, "claim-renew": _renew, "claim-hand": _hand, "claim-finish": _finish, "claim-drop": _drop,
        "judge": _judge, "evidence": _evidence, "decision-undo": _undo, "task-take": _take, "task-finish": _done,
        "task-reopen": _reopen, "task-cancel": _cancel, "unknown-answer": _answer,
    }  # fmt: skip
    return [page("/incidents/{key}/work", add, who=Who.MEMBER, methods=["POST"]), *buttons(named)]
