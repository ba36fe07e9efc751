"""The event stream as a response: what the hub offers a browser, line by line, until it leaves."""

import asyncio
import time
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from tocsin.edge.events import Client, Hub, event
from tocsin.edge.session import still_signed_in, viewer_of
from tocsin.edge.site import site_of
from tocsin.kernel.errors import Unavailable
from tocsin.kernel.log import logger

HEARTBEAT_S = 20
log = logger(__name__)


async def stream(request: Request) -> Response:
    """`GET /events?topics=a,b`: the stream. First it says "look again" for each topic, so nothing falls in between."""
    viewer = await viewer_of(request)
    hub = site_of(request).hub
    topics = [t for t in request.query_params.get("topics", "").split(",") if t]

    async def still() -> bool:
        return not viewer.signed_in or await still_signed_in(request)

    client = await hub.join(viewer, topics, still)
    return StreamingResponse(
        lines(hub, client), media_type="text/event-stream", headers={"x-accel-buffering": "no"}
    )


async def lines(hub: Hub, client: Client, every: float = HEARTBEAT_S) -> AsyncIterator[bytes]:
    """What a browser gets until it leaves or its session is over; that is asked with every heartbeat, however much there is to say."""
    beat = time.monotonic() + every
    try:
        seen = sorted(client.topics)
        yield b"retry: 1000\n\n" + _clock() + b"".join(event(t, {}) for t in seen)
        # Of what it asked for and does not get, a browser may still show something: it looks again, and finds nothing.
        yield event("watching", {"topics": seen})
        while True:
            try:
                line = await asyncio.wait_for(client.queue.get(), max(0.0, beat - time.monotonic()))
            except TimeoutError:
                beat = time.monotonic() + every
                try:
                    await hub.looking(client)
                except Unavailable:
                    log.warning("presence_not_renewed")
                yield _clock()
                continue
            if line is None:
                return
            yield line
    finally:
        hub.part(client)


def _clock() -> bytes:
    """What time it is here: a browser that slept, or whose clock is wrong, counts from this. Also the heartbeat."""
    return event("clock", {"ms": int(time.time() * 1000)})
