"""Buttons of settings pages: one command, then back to the page with a sentence."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from tocsin.edge.door import Form, act, read_form, redirect
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Conflict, Forbidden, Invalid, NotFound

Act = Callable[[Unit, Form], Awaitable[object]]


def button(what: Act, *, back: str, said: str) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that does one thing. What cannot be done is said on the page too; nothing was changed then."""

    async def endpoint(request: Request) -> Response:
        form = await read_form(request)
        try:
            async with act(request, form) as u:
                await what(u, form)
        except (Conflict, Invalid, NotFound) as error:
            return redirect(request, back, str(error), "danger")
        return redirect(request, back, said)

    return endpoint


def oneself(u: Unit) -> UUID:
    """The id of the person who acts. Programs have none."""
    if u.actor.id is None:
        raise Forbidden("Only people can do this.")
    return u.actor.id
