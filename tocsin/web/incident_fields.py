"""Types of incidents and the organisation's own fields: which there are."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Form, Who, act, page, read_form, redirect, render, site_of
from tocsin.incidents import field_definitions
from tocsin.incidents.field_definitions import FieldDraft, TypeDraft
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Conflict, Invalid

HERE = "/settings/incidents"
KINDS = {
    "text": "Text", "number": "Number", "yes_no": "Yes or no", "choice": "One of a list", "choices": "Some of a list",
    "date": "Date", "person": "Person", "link": "Link",
}  # fmt: skip
ASKED = {
    "never": "Never: it is there to fill in",
    "declare": "When an incident is declared",
    "resolve": "When it is over",
}


async def show(request: Request) -> Response:
    """All of them, each with its form, and one more."""
    return await _page(request, {}, {})


async def _page(request: Request, errors: Mapping[str, str], values: Mapping[str, str]) -> Response:
    db = site_of(request).database
    context = {
        "nav": "settings", "section": "incidents", "here": HERE, "errors": errors, "values": values, "kinds": KINDS,
        "moments": ASKED, "types": await field_definitions.types(db), "fields": await field_definitions.fields(db),
    }  # fmt: skip
    return await render(request, "settings/incidents.html", context, status=422 if errors else 200)


def _saves(
    what: Callable[[Unit, Form], Awaitable[Any]], said: str
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        form = await read_form(request)
        try:
            async with act(request, form) as u:
                await what(u, form)
        except (Conflict, Invalid) as error:
            return await _page(request, {getattr(error, "field", "title"): str(error)}, form)
        return redirect(request, HERE, said)

    return endpoint


async def _type(u: Unit, form: Form) -> None:
    draft = TypeDraft(form.text("title", most=60), form.text("hint", most=300), form.flag("private"))
    if name := form.text("name", most=40):
        await field_definitions.change_type(u, name, draft)
    else:
        await field_definitions.define_type(u, draft)


async def _field(u: Unit, form: Form) -> None:
    draft = FieldDraft(
        form.text("title", most=60), form.choice("kind", list(KINDS), default="text"), form.lines("options", most=100, length=100),
        form.text("hint", most=300), form.choice("asked", list(ASKED), default="never"), form.all("types"),
    )  # fmt: skip
    if name := form.text("name", most=40):
        await field_definitions.change_field(u, name, draft)
    else:
        await field_definitions.define_field(u, draft)


async def _no_type(u: Unit, form: Form) -> None:
    await field_definitions.put_type_away(u, form.text("name", most=40, needed=True))


async def _no_field(u: Unit, form: Form) -> None:
    await field_definitions.put_field_away(u, form.text("name", most=40, needed=True))


def routes() -> list[BaseRoute]:
    """Everybody may read them; administrators change them."""
    gone = "Put away. Incidents keep what they say."
    posts = {
        "/types": _saves(_type, "Saved."), "/types/put-away": _saves(_no_type, gone),
        "/fields": _saves(_field, "Saved."), "/fields/put-away": _saves(_no_field, gone),
    }  # fmt: skip
    return [
        page(HERE, show, who=Who.VIEWER),
        *(
            page(f"{HERE}{path}", endpoint, who=Who.ADMIN, methods=["POST"])
            for path, endpoint in posts.items()
        ),
    ]
