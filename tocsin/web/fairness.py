"""How the load of being on call is spread, quarter by quarter; and one tap for whoever is tired."""

import csv
import io
from dataclasses import asdict
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.duty.burdens import Burden, burdens
from tocsin.duty.fairness import Load, Quarter, parse_quarter, quarter_of
from tocsin.duty.fatigue import fatigue_now
from tocsin.edge.door import Who, page, read_query, render, site_of, viewer_of
from tocsin.kernel.errors import Invalid
from tocsin.oncall.managers import managed
from tocsin.oncall.queries import schedules

HERE = "/on-call/fairness"
#: Quarters to choose from, the present one and the next included.
CHOICES = 9
COLUMNS = tuple(asdict(Load()))


async def show(request: Request) -> Response:
    """Per person hours, nights, weekends, holidays and pages of a quarter."""
    db, viewer = site_of(request).database, await viewer_of(request)
    quarter, schedule_id = await _asked(request)
    found = await burdens(db, quarter, schedule_id)
    most = max((b.whole.hours for b in found), default=0) or 1
    here = quarter_of((await db.clock()).date())
    context = {
        "nav": "on-call",
        "quarter": quarter,
        "quarters": _choices(here, quarter),
        "schedule_id": schedule_id,
        "schedules": await schedules(db),
        "rows": [_row(b, most) for b in found],
        "planned": any(b.planned.hours for b in found),
        "tired": await fatigue_now(db),
        "managed": await managed(db, viewer.id),
    }
    return await render(request, "oncall/fairness.html", context)


async def _asked(request: Request) -> tuple[Quarter, UUID | None]:
    query = read_query(request)
    text = query.text("quarter", most=10)
    try:
        today = (await site_of(request).database.clock()).date()
        return parse_quarter(text) if text else quarter_of(today), query.id("schedule")
    except ValueError as error:
        raise Invalid("quarter", "Quarters are written like 2026Q4.") from error


def _choices(here: Quarter, shown: Quarter) -> list[Quarter]:
    found = [here.after]
    while len(found) < CHOICES:
        found.append(found[-1].before)
    return found if shown in found else [shown, *found]


def _row(burden: Burden, most: float) -> dict[str, Any]:
    """The bar's parts are hundredths of the longest one."""
    done, planned = burden.done.hours / most * 100, burden.planned.hours / most * 100
    return {
        "name": burden.user_name, "zone": burden.time_zone, "whole": burden.whole, "planned": burden.planned,
        "bar": {"done": round(done, 1), "planned": round(planned, 1)},
    }  # fmt: skip


async def download(request: Request) -> Response:
    """The same as a file for a spreadsheet, past and planned apart."""
    quarter, schedule_id = await _asked(request)
    text = io.StringIO()
    writer = csv.writer(text)
    planned = [f"planned {name}" for name in COLUMNS[:4]]
    writer.writerow(
        ["quarter", "person", "time zone", *(name.replace("_", " ") for name in COLUMNS), *planned]
    )
    for burden in await burdens(site_of(request).database, quarter, schedule_id):
        figures = [*asdict(burden.done).values(), *list(asdict(burden.planned).values())[:4]]
        writer.writerow(
            [quarter, _plain(burden.user_name), burden.time_zone, *(round(f, 2) for f in figures)]
        )
    return Response(
        text.getvalue(), media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="on-call-{quarter}.csv"'},
    )  # fmt: skip


def _plain(name: str) -> str:
    """A name that a spreadsheet would take for a formula is made text."""
    return f"'{name}" if name.startswith(("=", "+", "-", "@", "\t")) else name


def routes() -> list[BaseRoute]:
    """For everybody: whoever takes turns sees how they are spread."""
    return [
        page(HERE, show, who=Who.VIEWER),
        page(f"{HERE}.csv", download, who=Who.VIEWER),
    ]
