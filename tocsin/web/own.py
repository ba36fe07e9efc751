"""The profile page: rendered by everything that changes something on it."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from tocsin.edge.door import render, site_of, viewer_of
from tocsin.kernel.errors import NotFound
from tocsin.people import queries
from tocsin.people.model import User
from tocsin.web.choices import LOCALES, time_zones
from tocsin.web.contacts import reached

HERE = "/settings/profile"


async def own_page(
    request: Request,
    typed: Mapping[str, str],
    errors: dict[str, str],
    secret: dict[str, str] | None = None,
) -> Response:
    """The page with what was typed, what is wrong with it, and a secret that is shown this once."""
    user = await queries.user_by_id(site_of(request).database, (await viewer_of(request)).id)
    if user is None:
        raise NotFound("This account does not exist any more.")
    stored = {"name": user.name, "time_zone": user.time_zone, "locale": user.locale, "email": user.email}
    context = {
        "nav": "settings", "section": "profile", "zones": time_zones(), "locales": _locales(user), "secret": secret,
        "values": stored | dict(typed), "errors": errors, **await reached(request, user.id),
    }  # fmt: skip
    return await render(request, "settings/profile.html", context, status=422 if errors else 200)


def _locales(user: User) -> list[tuple[str, str]]:
    """Also one that only the command line or the API could set."""
    return list(({user.locale: user.locale} | dict(LOCALES)).items())
