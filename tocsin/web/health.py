"""What load balancers and monitoring ask: alive, ready, and numbers."""

from typing import Any

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute

from tocsin.alerts.queries import counts
from tocsin.edge.access import machine
from tocsin.edge.door import Who, site_of
from tocsin.edge.site import Site
from tocsin.kernel.errors import Unavailable
from tocsin.kernel.queries import backlog
from tocsin.paging.reconcile import state_of_paging
from tocsin.paging.transport import working
from tocsin.paging.vendors import standing


async def alive(_: Request) -> Response:
    """The process answers; says nothing about the database."""
    return PlainTextResponse("ok\n")


async def ready(request: Request) -> Response:
    """The database answers, so that pages and intake work."""
    site = site_of(request)
    try:
        await site.database.clock()
    except Unavailable:
        return JSONResponse(
            {"ready": False, "error": "The database cannot be reached."}, 503, {"retry-after": "2"}
        )
    return JSONResponse({"ready": True})


async def paging(request: Request) -> Response:
    """Whether pages can be relied on: for a monitor outside, which pages by a way of its own when it is not 200."""
    site = site_of(request)
    try:
        state = await state_of_paging(site.database)
    except Unavailable:
        return JSONResponse(
            {"ok": False, "problems": ["The database cannot be reached."]}, 503, {"retry-after": "2"}
        )
    problems = state.problems
    if not working(site.transports):
        problems.append("No way to reach people is set up.")
    return JSONResponse({"ok": not problems, "problems": problems}, 503 if problems else 200)


async def metrics(request: Request) -> Response:
    """Prometheus metrics: counts only, no names, and nothing of private incidents."""
    site = site_of(request)
    registry = CollectorRegistry()
    alerts = Gauge("tocsin_alerts", "Alerts by state.", ["state"], registry=registry)
    for state, number in (await counts(site.database)).items():
        alerts.labels(state).set(number)
    rows: list[Any] = await backlog(site.database)
    waiting = Gauge("tocsin_work_due", "Due rows that wait, by kind.", ["kind"], registry=registry)
    age = Gauge(
        "tocsin_work_oldest_seconds", "Age of the oldest due row, by kind.", ["kind"], registry=registry
    )
    aside = Gauge(
        "tocsin_work_set_aside", "Rows set aside with an error, by kind.", ["kind"], registry=registry
    )
    for row in rows:
        waiting.labels(row["kind"]).set(row["due"])
        age.labels(row["kind"]).set(row["oldest_s"])
        aside.labels(row["kind"]).set(row["set_aside"])
    Gauge("tocsin_event_streams", "Browsers with an open event stream.", registry=registry).set(
        len(site.hub.clients)
    )
    Gauge("tocsin_transports_ready", "Ways to reach people that are set up.", registry=registry).set(
        len(working(site.transports))
    )
    Gauge(
        "tocsin_files_failing", "Whether the last use of the storage of files failed.", registry=registry
    ).set(bool(site.blobs.problem))
    await _paging_metrics(site, registry)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


async def _paging_metrics(site: Site, registry: CollectorRegistry) -> None:
    state, carried = await state_of_paging(site.database), await standing(site.database)
    for name, meaning, value in (
        ("tocsin_escalations_running", "Escalations that run.", state.running),
        ("tocsin_escalations_stuck", "Escalations due for two minutes.", state.stuck),
        ("tocsin_escalations_failed", "Open alerts whose escalation failed.", state.failed),
        ("tocsin_pages_unsent", "Messages that have waited for two minutes.", state.unsent),
        ("tocsin_reconciler_age_seconds", "Since the reconciler looked last.", state.looked_s_ago),
        ("tocsin_reconciler_resumed", "Alerts whose paging it began again, ever.", state.resumed),
        ("tocsin_reconciler_clock_went_back", "Times the clock had gone back, ever.", state.clock_went_back),
        (
            "tocsin_vendors_resting",
            "Vendors that rest after failures.",
            sum(row["resting"] for row in carried),
        ),
        (
            "tocsin_vendors_failing",
            "Vendors whose last try failed.",
            sum(row["failures"] > 0 for row in carried),
        ),
    ):
        Gauge(name, meaning, registry=registry).set(value)


def routes() -> list[BaseRoute]:
    """For machines, without a key: they say how many, never what."""
    return [
        machine("/healthz", alive, who=Who.ANYONE, methods=["GET"]),
        machine("/readyz", ready, who=Who.ANYONE, methods=["GET"]),
        machine("/healthz/paging", paging, who=Who.ANYONE, methods=["GET"]),
        machine("/metrics", metrics, who=Who.ANYONE, methods=["GET"]),
    ]
