"""What an acknowledgement promises, by priority: the organisation's setting."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.alerts import promises
from tocsin.alerts.promises import PromiseDefault
from tocsin.edge.door import Form, Who, act, page, read_form, redirect, render, site_of
from tocsin.kernel.errors import Invalid

HERE = "/settings/promises"
NEXT_DAY = "next_day"
LENGTHS = {
    "0": "nothing", "15": "15 minutes", "30": "30 minutes", "60": "1 hour", "120": "2 hours", "240": "4 hours",
    "480": "8 hours", "1440": "1 day", NEXT_DAY: "the next working day, an hour into it",
}  # fmt: skip


async def show(request: Request) -> Response:
    """Five lines, one per priority."""
    return await _page(request, {})


async def save(request: Request) -> Response:
    """All five at once, or none."""
    form = await read_form(request)
    try:
        async with act(request, form) as u:
            for priority in range(1, 6):
                await promises.set_default(
                    u, priority, _minutes(form, priority), machines=form.flag(f"machines_{priority}")
                )
    except Invalid as error:
        return await _page(request, {error.field: str(error)})
    return redirect(request, HERE, "Saved. What was promised already stays.")


def _minutes(form: Form, priority: int) -> int | None:
    """Also one that only the API could set."""
    text = form.text(f"length_{priority}", most=10)
    return None if text == NEXT_DAY else form.whole(f"length_{priority}", least=0, most=10_080)


async def _page(request: Request, errors: Mapping[str, str]) -> Response:
    rows = [(d, _lengths(d)) for d in await promises.defaults(site_of(request).database)]
    context = {"nav": "settings", "section": "promises", "rows": rows, "errors": errors, "here": HERE}
    return await render(request, "settings/promises.html", context, status=422 if errors else 200)


def _lengths(default: PromiseDefault) -> tuple[str, dict[str, str]]:
    chosen = NEXT_DAY if default.minutes is None else str(default.minutes)
    return chosen, LENGTHS if chosen in LENGTHS else {**LENGTHS, chosen: f"{chosen} minutes"}


def routes() -> list[BaseRoute]:
    """Everybody may read it; administrators change it."""
    return [page(HERE, show, who=Who.VIEWER), page(HERE, save, who=Who.ADMIN, methods=["POST"])]
