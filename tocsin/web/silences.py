"""Silences: what is quiet now, to come and over; and one with all that it has kept quiet."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.alerts.silence_model import SilenceState
from tocsin.alerts.silences import silences
from tocsin.edge.door import Who, page, render, site_of
from tocsin.paging.silenced import beneath, counts, quiet_already, quiet_now, silenced_by
from tocsin.web.silence_fields import LENGTHS
from tocsin.web.silence_form import silence_of

#: Of those that are over the newest are shown.
PAST = 50


async def list_(request: Request) -> Response:
    """All of them: active ones by their end, then those to come, then the newest that are over."""
    db = site_of(request).database
    groups = [
        (state, title, await silences(db, state, limit=limit))
        for state, title, limit in (
            (SilenceState.ACTIVE, "Quiet now", 200),
            (SilenceState.COMING, "To come", 200),
            (SilenceState.PAST, "Over", PAST),
        )
    ]
    context = {
        "nav": "alerts", "groups": groups, "quiet": await quiet_now(db), "beneath": await beneath(db),
        "numbers": await counts(db, [s.id for _, _, found in groups for s in found]),
    }  # fmt: skip
    return await render(request, "silences/list.html", context)


async def show(request: Request) -> Response:
    """One: what, why, whose, until when; and the alerts that it has kept quiet."""
    db, silence = site_of(request).database, await silence_of(request)
    context = {
        "nav": "alerts", "silence": silence, "alerts": await silenced_by(db, silence.id),
        "already": await quiet_already(db, silence.id), "lengths": LENGTHS,
    }  # fmt: skip
    return await render(request, "silences/show.html", context)


def routes() -> list[BaseRoute]:
    """Reading them; silence_form.py writes."""
    return [
        page("/silences", list_, who=Who.VIEWER),
        page("/silences/{silence_id}", show, who=Who.VIEWER),
    ]
