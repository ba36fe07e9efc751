"""A transcript beside the record: its lines with their moments, and each one onto the timeline with one tap."""

from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Form, Who, act, by_script, page, read_form, read_query, redirect, render, site_of
from tocsin.incidents import recording_read as read
from tocsin.incidents import recordings, search
from tocsin.incidents.model import Incident
from tocsin.kernel.errors import Invalid, NotFound
from tocsin.web.dressed import dressed
from tocsin.web.lookup import incident_of, seq_of

#: Entries beside a part of a transcript.
BESIDE = 100
CALLS = ("recording_attached", "transcript_attached")


async def show(request: Request) -> Response:
    """A part of the transcript, the player if there is a recording of it, and what the record holds of that time."""
    incident, db = await incident_of(request), site_of(request).database
    transcript = await read.transcript_of(db, incident.id, seq_of(request))
    first = _page(read_query(request).whole("from", least=1, most=1_000_000, default=1))
    cues = await read.cues_of(db, incident.id, transcript.seq, first)
    recording = (await read.calls_of(db, incident.id)).of_the_same(transcript.began_at)
    return await render(
        request,
        "incidents/transcript.html",
        {
            "nav": "incidents", "incident": incident, "transcript": transcript, "recording": recording, "first": first,
            "cues": [(cue, transcript.began_at + timedelta(milliseconds=cue.starts_ms)) for cue in cues],
            "earlier": first - read.PAGE, "later": first + read.PAGE if first + read.PAGE <= transcript.cues else 0,
            "entries_html": await _beside(request, incident, transcript, cues),
        },
    )  # fmt: skip


async def _beside(
    request: Request, incident: Incident, transcript: read.Transcript, cues: list[read.CueRow]
) -> list[str]:
    """Entries of the time that the lines are about, in the order in which things happened."""
    if not cues:
        return []
    a_while = timedelta(minutes=1)
    since = transcript.began_at + timedelta(milliseconds=cues[0].starts_ms) - a_while
    until = transcript.began_at + timedelta(milliseconds=cues[-1].ends_ms or cues[-1].starts_ms) + a_while
    site = site_of(request)
    found = await search.by_time(site.database, incident.id, search.Window(limit=BESIDE), since)
    shown = [e for e in found if e.happened_at <= until and e.kind not in CALLS]
    return await dressed(site.database, site.templates, incident.id, shown)


def _page(n: int) -> int:
    """The first line of the page that holds a line."""
    return (n - 1) // read.PAGE * read.PAGE + 1


async def line(request: Request) -> Response:
    """The lasting address of a line."""
    incident, seq = await incident_of(request), seq_of(request)
    n = str(request.path_params["n"])
    if not n.isdecimal() or len(n) > 9:
        raise NotFound("There is no such line.")
    cue = await read.cue_of(site_of(request).database, incident.id, seq, int(n))
    return redirect(request, _address(incident, seq, cue.n))


async def then(request: Request) -> Response:
    """What was said at a moment."""
    incident, seq, db = await incident_of(request), seq_of(request), site_of(request).database
    transcript = await read.transcript_of(db, incident.id, seq)
    n = await read.cue_at(db, incident.id, transcript, _moment(read_query(request)))
    return redirect(request, _address(incident, seq, n))


def _moment(query: Form) -> datetime:
    try:
        found = datetime.fromisoformat(query.text("at", most=40).replace(" ", "+"))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise Invalid("at", "Write a date and time with its zone, for example 2026-11-27T02:50:00Z.")
    return found


def _address(incident: Incident, seq: int, n: int) -> str:
    at = f"?from={_page(n)}" if n > read.PAGE else ""
    return f"/incidents/{incident.key}/transcripts/{seq}{at}#line-{n}"


async def tell(request: Request) -> Response:
    """A line onto the timeline; scripts get the entry."""
    form, incident, seq = await read_form(request), await incident_of(request), seq_of(request)
    n = form.whole("n", least=1, most=1_000_000)
    # The form of the whole page has one key; each line is a request of its own.
    own = Form([("request_key", f"{(form.request_key or '')[:80]}-{n}")])
    async with act(request, own) as u:
        told = await recordings.tell_cue(u, incident.id, seq, n)
    if by_script(request):
        return JSONResponse({"seq": told, "url": f"/incidents/{incident.key}/entries/{told}"})
    return redirect(request, _address(incident, seq, n))


def routes() -> list[BaseRoute]:
    """Under /incidents/KEY/transcripts."""
    one = "/incidents/{key}/transcripts/{seq}"
    return [
        page(one, show, who=Who.VIEWER),
        page(f"{one}/lines/{{n}}", line, who=Who.VIEWER),
        page(f"{one}/then", then, who=Who.VIEWER),
        page(f"{one}/tell", tell, who=Who.MEMBER, methods=["POST"]),
    ]
