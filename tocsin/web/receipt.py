"""The page behind the link of a weekly test: one button says that it arrived. Opening it changes nothing."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.duty import readiness_work
from tocsin.duty.readiness import sql
from tocsin.duty.words import known
from tocsin.edge.door import Who, page, read_form, render, site_of
from tocsin.kernel.crypto import CryptoError
from tocsin.kernel.db import Actor, Row
from tocsin.kernel.errors import NotFound


async def show(request: Request) -> Response:
    """Which test it was, and one button."""
    return await _page(request, await _test(request))


async def confirm(request: Request) -> Response:
    """It arrived."""
    test, form = await _test(request), await read_form(request)
    person = Actor(test["user_id"], test["name"], "user", test["role"])
    async with site_of(request).database.unit(person, "link", form.request_key) as u:
        await readiness_work.confirm_test(u, test["id"])
    return await _page(request, await _test(request))


async def _test(request: Request) -> Row:
    site = site_of(request)
    try:
        test_id = readiness_work.test_of_token(
            site.keys, request.path_params["token"], await site.database.clock()
        )
    except CryptoError as error:
        raise NotFound(f"{error} The next weekly test brings another.") from error
    found = await site.database.row(sql.test_by_id, test_id)
    if found is None or found["disabled_at"] is not None:
        raise NotFound("This test does not exist any more.")
    return found


async def _page(request: Request, test: Row) -> Response:
    context = {"test": test, "token": request.path_params["token"], "reader_zone": known(test["time_zone"])}
    return await render(request, "oncall/receipt.html", context)


def routes() -> list[BaseRoute]:
    """Reached from the weekly test's message, signed in or not."""
    return [
        page("/receipt/{token}", show, who=Who.SIGNED_LINK),
        page("/receipt/{token}", confirm, who=Who.SIGNED_LINK, methods=["POST"]),
    ]
