"""Buttons of the room for its entries: pin, answer, paste output, write down what was said on a call."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from tocsin.chatops.times import time_before
from tocsin.edge.door import Form, Site, Who, act, by_script, page, read_form, redirect
from tocsin.incidents import edits, entries, marks, output
from tocsin.incidents.model import Incident
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Invalid
from tocsin.web.lookup import incident_of
from tocsin.web.room_act import REFUSALS, Act, buttons, refused

MOST = 2_000_000_000


def _seq(form: Form) -> int:
    return form.whole("seq", least=1, most=MOST)


async def _pin(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await marks.pin_entry(u, i.id, _seq(form))


async def _unpin(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await marks.unpin_entry(u, i.id, _seq(form))


async def _reply(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await entries.say(u, i.id, form.text("text", most=20_000, needed=True), reply_to=_seq(form))


async def _output(u: Unit, i: Incident, form: Form, _: Site) -> None:
    code = form.whole("exit_code", least=-(2**31) + 1, most=2**31 - 1) if form.get("exit_code") else None
    await output.log_output(
        u, i.id, form.text("text", most=2_000_000, needed=True), form.text("command", most=1000), code
    )


async def _redact(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await edits.redact_entry(u, i.id, _seq(form), form.text("reason", most=300, needed=True))


async def _start_call(u: Unit, i: Incident, _: Form, __: Site) -> None:
    await output.start_call(u, i.id)


async def _end_call(u: Unit, i: Incident, _: Form, __: Site) -> None:
    await output.end_call(u, i.id)


async def _log(u: Unit, i: Incident, form: Form, _: Site) -> None:
    """What the scribe heard: `Ana: restarted redis`, perhaps with a time in front."""
    line = form.text("text", most=20_000, needed=True)
    at, by, words = await time_before(u, line, said_by=True)
    await entries.say(
        u, i.id, words, at=at, said_by=by, tag=form.choice("tag", ("said", "decided", "seen"), default="said")
    )


async def react(request: Request) -> Response:
    """A reaction on an entry, or taking it back: a button in the record, or the form of the entry's own page."""
    form, incident = await read_form(request), await incident_of(request)
    number, emoji = _mark(form)
    try:
        async with act(request, form) as u:
            stands = await marks.react(u, incident.id, number, emoji)
    except REFUSALS as error:
        return refused(request, incident, error)
    if by_script(request):
        return JSONResponse({"on": stands})
    return redirect(request, f"/incidents/{incident.key}/entries/{number}")


def _mark(form: Form) -> tuple[int, str]:
    """`12 👍` of a button, or the number of a button and the emoji of the field beside it."""
    number, _, emoji = form.text("mark", most=60, needed=True).partition(" ")
    if not number.isdecimal() or len(number) > 9:
        raise Invalid("mark", "Say which entry.")
    return int(number), emoji or form.text("emoji", most=40)


def routes() -> list[BaseRoute]:
    """POST only; the browser comes back to the room."""
    named: dict[str, Act] = {
        "pin": _pin, "unpin": _unpin, "reply": _reply, "output": _output, "on-a-call": _start_call,
        "call-over": _end_call, "log": _log, "redact": _redact,
    }  # fmt: skip
    return [*buttons(named), page("/incidents/{key}/react", react, who=Who.MEMBER, methods=["POST"])]
