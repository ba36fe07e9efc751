"""What the notes' editor sends and asks for: updates of the document, and where people are in it."""

from base64 import b64encode

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Who, act, page, read_query, site_of
from tocsin.kernel.errors import Invalid
from tocsin.places import notes, notes_queries
from tocsin.web.lookup import incident_of


async def updates(request: Request) -> Response:
    """Everything after a number as one update, in base64, and the newest number."""
    incident = await incident_of(request)
    after = read_query(request).whole("after", least=0, most=2_000_000_000, default=0)
    db = site_of(request).database
    seq, update = await notes_queries.updates_after(db, incident.id, after)
    if not update and after == 0:
        async with act(request) as u:
            await notes.begin(u, incident.id)
        seq, update = await notes_queries.updates_after(db, incident.id, after)
    return JSONResponse(
        {
            "seq": seq,
            "update": b64encode(update).decode(),
            "cursors": await notes_queries.cursors(db, incident.id),
        }
    )


async def edit(request: Request) -> Response:
    """One update, as bytes; answered with its number when it is durable. Sent again, it changes nothing."""
    incident, body = await incident_of(request), b""
    _must_be(request, "application/octet-stream", "update")
    async for piece in request.stream():
        body += piece
        if len(body) > notes.LARGEST:
            raise HTTPException(413, f"An update has at most {notes.LARGEST // 1000} kB.")
    async with act(request) as u:
        seq = await notes.edit(u, incident.id, body)
    return JSONResponse({"seq": seq})


async def here(request: Request) -> Response:
    """Where the sender's cursor is."""
    incident = await incident_of(request)
    _must_be(request, "application/json", "place")
    try:
        said = orjson.loads(await request.body())
        client, place = str(said["client"]), str(said["place"])
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise Invalid("place", "This is no place in a text.") from error
    async with act(request) as u:
        await notes.point(u, incident.id, client, place)
    return Response(status_code=204)


def _must_be(request: Request, media: str, field: str) -> None:
    """What a form sends was read already, for its token, and is not what is meant."""
    if not request.headers.get("content-type", "").startswith(media):
        raise Invalid(field, f"This is sent as {media}.")


def routes() -> list[BaseRoute]:
    """Under /incidents/KEY/notes."""
    one = "/incidents/{key}/notes"
    return [
        page(f"{one}/updates", updates, who=Who.VIEWER),
        page(f"{one}/updates", edit, who=Who.MEMBER, methods=["POST"]),
        page(f"{one}/here", here, who=Who.VIEWER, methods=["POST"]),
    ]
