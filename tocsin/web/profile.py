"""One's own profile: name, time zone, language, country and working hours. How one is reached and signs in stands in its neighbours."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Who, act, page, read_form, redirect
from tocsin.kernel.errors import Invalid
from tocsin.people import commands
from tocsin.web import reach, rules, security
from tocsin.web.own import HERE, own_page
from tocsin.web.working import working_in


async def show(request: Request) -> Response:
    """How the viewer is called and reached."""
    return await own_page(request, {}, {})


async def save(request: Request) -> Response:
    """Name, zone, language, country and working hours."""
    form = await read_form(request)
    try:
        name, zone = form.text("name", most=200), form.text("time_zone", most=60)
        locale = form.text("locale", most=35, needed=True, label="Language")
        working = working_in(form)
        async with act(request, form) as u:
            await commands.change_profile(u, name, zone, locale, working)
    except Invalid as error:
        return await own_page(request, form, {error.field: str(error)})
    return redirect(request, HERE, "Saved.")


def routes() -> list[BaseRoute]:
    """Everything under /settings/profile but tokens."""
    return [
        page(HERE, show, who=Who.VIEWER),
        page(HERE, save, who=Who.VIEWER, methods=["POST"]),
        *reach.routes(),
        *rules.routes(),
        *security.routes(),
    ]
