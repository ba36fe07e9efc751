"""The sites of a schedule that follows the sun, as they are typed: name, zone, start of the day, and who takes turns there."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from tocsin.edge.door import Form, render, site_of
from tocsin.kernel.errors import Invalid
from tocsin.oncall import offered

#: So many sites are asked for.
SITES = 4


async def ask(request: Request, values: Mapping[str, Any], errors: Mapping[str, str]) -> Response:
    """The form, with what was typed and what is wrong with it."""
    chosen = {n: values.all(f"site{n}_people") if isinstance(values, Form) else [] for n in range(SITES)}
    context = {
        "nav": "on-call", "values": values, "errors": errors, "chosen": chosen, "zones": offered.zones(),
        "people": (await offered.choices(site_of(request).database)).people,
    }  # fmt: skip
    return await render(request, "oncall/sites.html", context, status=422 if errors else 200)


def sites_in(form: Form) -> tuple[list[offered.SiteDraft], dict[str, str]]:
    """The sites of which anything was given, and what is missing from them, by field."""
    sites: list[offered.SiteDraft] = []
    errors: dict[str, str] = {}
    for n in range(SITES):
        name, zone, people = f"site{n}_name", f"site{n}_zone", form.all(f"site{n}_people")
        if not (form.get(name, "").strip() or form.get(zone) or people):
            continue
        try:
            sites.append(_site(form, n, people))
        except Invalid as error:
            errors[error.field] = str(error)
    return sites, errors


def _site(form: Form, n: int, people: list[str]) -> offered.SiteDraft:
    name = form.text(f"site{n}_name", most=100)
    said = name or f"site {n + 1}"
    zone = form.text(f"site{n}_zone", most=60, needed=True, label=f"The time zone of {said}")
    begins = form.text(f"site{n}_begins", most=5, needed=True, label=f"The start of the day of {said}")
    if not people:
        raise Invalid(f"site{n}_people", f"Choose who takes turns in {said}.")
    return offered.SiteDraft(name, zone, begins, people)
