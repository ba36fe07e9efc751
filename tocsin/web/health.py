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
from tocsin.kernel.errors import Unavailable
from tocsin.kernel.queries import backlog
from tocsin.paging.transport import working


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
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def routes() -> list[BaseRoute]:
    """For machines, without a key: they say how many, never what."""
    return [
        machine("/healthz", alive, who=Who.ANYONE, methods=["GET"]),
        machine("/readyz", ready, who=Who.ANYONE, methods=["GET"]),
        machine("/metrics", metrics, who=Who.ANYONE, methods=["GET"]),
    ]
