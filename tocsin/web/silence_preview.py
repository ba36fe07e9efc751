"""What a silence would do, while it is typed: how much of a week it would have kept quiet, and when."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.alerts.silence_check import checked
from tocsin.alerts.silence_times import windows
from tocsin.alerts.silences import LOOKED_AT, matches_anything, preview
from tocsin.edge.door import Form, Who, act, page, read_form, render, site_of, viewer_of
from tocsin.kernel.errors import Invalid
from tocsin.web.silence_fields import draft_in

#: Of one that recurs so many times are shown.
SHOWN = 3


async def show(request: Request) -> Response:
    """The part of the form's page that is drawn anew."""
    return await render(request, "silences/preview.html", await preview_of(request, await read_form(request)))


async def preview_of(request: Request, form: Form) -> dict[str, Any]:
    """What the template of the preview needs; a sentence when there is nothing to look at yet."""
    zone, now = (await viewer_of(request)).time_zone, await site_of(request).database.clock()
    typed = Form([*((k, v) for k, v in form.items() if k != "reason"), ("reason", form.get("reason", "").strip() or "-"),
                  *(("service_ids", x) for x in form.all("service_ids")), *(("weekdays", x) for x in form.all("weekdays"))])  # fmt: skip
    kept = {"quieten": form.flag("quieten"), "confirmed": form.flag("confirmed")}
    try:
        draft = checked(draft_in(typed, zone, now), now)
        async with act(request) as u:
            wide = await matches_anything(u, draft.matchers) and not draft.service_ids
            seen = await preview(u, draft)
    except Invalid as error:
        return {"problem": str(error), "everything": False, **kept}
    return {
        "problem": "", "seen": seen, **kept, "everything": wide or (seen.everything and not draft.service_ids), "zone": zone,
        "capped": seen.looked_at == LOOKED_AT,
        "times": [w for w in windows(draft) if w[1] > now][:SHOWN] if draft.weekly else [], "ends_at": draft.ends_at,
    }  # fmt: skip


def routes() -> list[BaseRoute]:
    """Asked by the form's script."""
    return [page("/silences/preview", show, who=Who.MEMBER, methods=["POST"])]
