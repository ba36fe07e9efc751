"""The profile page: rendered by everything that changes something on it."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from tocsin.edge.door import render, site_of, viewer_of
from tocsin.kernel.errors import NotFound
from tocsin.oncall.holidays import country_names, subdivision_names
from tocsin.people import queries
from tocsin.people.model import User
from tocsin.web.choices import LOCALES, WEEKDAYS, time_zones
from tocsin.web.contacts import reached
from tocsin.web.working import working_values

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
    working = await queries.working_of(site_of(request).database, user.id)
    stored = {
        "name": user.name, "time_zone": user.time_zone, "locale": user.locale, "email": user.email,
        **working_values(working),
    }  # fmt: skip
    if "work_starts" in typed:
        stored |= {"work_days": [n for n in range(1, 8) if f"work_day_{n}" in typed]}
    context = {
        "nav": "settings", "section": "profile", "zones": time_zones(), "locales": _locales(user), "secret": secret,
        "countries": country_names(), "subdivisions": subdivision_names(working.country or ""), "weekdays": WEEKDAYS,
        "values": stored | dict(typed), "errors": errors, **await reached(request, user.id),
    }  # fmt: skip
    return await render(request, "settings/profile.html", context, status=422 if errors else 200)


def _locales(user: User) -> list[tuple[str, str]]:
    """Also one that only the command line or the API could set."""
    return list(({user.locale: user.locale} | dict(LOCALES)).items())
