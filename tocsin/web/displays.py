"""Displays on walls, in the settings: each has a link that an administrator makes and revokes."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Form, Who, act, page, read_form, render, site_of
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Invalid
from tocsin.people import displays
from tocsin.web.buttons import button

HERE = "/settings/displays"


async def show(request: Request) -> Response:
    """All of them."""
    return await _page(request)


async def _page(
    request: Request, errors: dict[str, str] | None = None, link: str = "", name: str = ""
) -> Response:
    context = {
        "nav": "settings", "section": "displays", "displays": await displays.displays(site_of(request).database),
        "errors": errors or {}, "link": link, "name": name,
    }  # fmt: skip
    return await render(request, "settings/displays.html", context, status=422 if errors else 200)


async def add(request: Request) -> Response:
    """Makes one and shows its link, this once. Without a request key: a stored answer would hold the token."""
    form = await read_form(request)
    try:
        async with act(request) as u:
            token = await displays.add_display(u, form.text("name", most=100))
    except Invalid as error:
        return await _page(request, {error.field: str(error)})
    return await _page(
        request, link=f"{site_of(request).settings.url}/wall#{token}", name=form.text("name", most=100)
    )


async def _revoke(u: Unit, form: Form) -> None:
    await displays.revoke_display(u, form.needed_id("display_id"))


def routes() -> list[BaseRoute]:
    """For administrators."""
    revoke = button(_revoke, back=HERE, said="That display shows nothing any more.")
    return [
        page(HERE, show, who=Who.ADMIN),
        page(HERE, add, who=Who.ADMIN, methods=["POST"]),
        page(f"{HERE}/revoke", revoke, who=Who.ADMIN, methods=["POST"]),
    ]
