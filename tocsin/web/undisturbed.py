"""Do not disturb, and quiet hours: the buttons of "How I am reached"."""

from datetime import time, timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Form, Who, act, page, read_form, redirect
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Invalid
from tocsin.people import quiet
from tocsin.web.buttons import button
from tocsin.web.reached import HERE, reached_page


async def save_hours(request: Request) -> Response:
    """Quiet hours of every day; empty for none."""
    form = await read_form(request)
    try:
        starts, ends = _clock(form, "quiet_from"), _clock(form, "quiet_to")
        async with act(request, form) as u:
            await quiet.set_quiet_hours(u, starts, ends)
    except Invalid as error:
        return await reached_page(request, form, {error.field: str(error)})
    return redirect(request, f"{HERE}#quiet", "Saved." if starts else "No quiet hours any more.")


def _clock(form: Form, name: str) -> time | None:
    text = form.text(name, most=8)
    try:
        return time.fromisoformat(text).replace(tzinfo=None) if text else None
    except ValueError:
        raise Invalid(name, "A time of day is needed, for example 22:00.") from None


async def _leave_alone(u: Unit, form: Form) -> None:
    minutes = form.whole("minutes", least=5, most=129_600)
    await quiet.do_not_disturb(u, await u.clock() + timedelta(minutes=minutes))


async def _disturb(u: Unit, _: Form) -> None:
    await quiet.do_not_disturb(u, None)


def routes() -> list[BaseRoute]:
    """Everybody may be left alone."""
    back = f"{HERE}#quiet"
    posts = {
        "/quiet-hours": save_hours,
        "/undisturbed": button(
            _leave_alone, back=back, said="What is not urgent waits. What is urgent still reaches you."
        ),
        "/disturbed": button(_disturb, back=back, said="What waited comes now, or in your working hours."),
    }
    return [page(HERE + path, endpoint, who=Who.VIEWER, methods=["POST"]) for path, endpoint in posts.items()]
