"""Vendors: who carries pages, how well, and who rests."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Form, Who, page, render, site_of
from tocsin.kernel.db import Unit
from tocsin.paging import vendors
from tocsin.paging.vendor_model import Health, state_of
from tocsin.web.buttons import button

HERE = "/settings/vendors"
WINDOW_WORDS = {1: "Last hour", 24: "Last 24 hours", 168: "Last 7 days"}


async def show(request: Request) -> Response:
    """Each vendor with its last hour, day and week."""
    site = site_of(request)
    now = await site.database.clock()
    found = await vendors.health(site.database)
    rows = [
        {
            "vendor": vendor, "state": state_of(windows[0], now), "now": windows[0],
            "windows": [(WINDOW_WORDS[w.hours], w, percent(w)) for w in windows],
            "can_check": vendors.can_check(site.transports, vendor),
        }
        for vendor, windows in found.items()
    ]  # fmt: skip
    context = {"nav": "settings", "section": "vendors", "rows": rows, "took": took}
    return await render(request, "settings/vendors.html", context)


def percent(health: Health) -> str:
    """The success rate for people; never rounded up to 100."""
    if health.success is None:
        return ""
    whole = int(1000 * health.success) / 10
    return f"{whole:g} %"


def took(ms: int | None) -> str:
    """A latency for people: `80 ms`, `2.4 s`, `3 min`."""
    if ms is None:
        return ""
    if ms < 1000:
        return f"{max(ms, 1)} ms"
    return f"{ms / 1000:.1f} s" if ms < 120_000 else f"{round(ms / 60_000)} min"


async def _probe(u: Unit, form: Form) -> Any:
    await vendors.probe(u, form.text("vendor", needed=True))


def routes() -> list[BaseRoute]:
    """Everybody may look; responders may ask a vendor now."""
    said = "Asked. If it works, it is used again at once."
    return [
        page(HERE, show, who=Who.VIEWER),
        page(f"{HERE}/probe", button(_probe, back=HERE, said=said), who=Who.MEMBER, methods=["POST"]),
    ]
