"""Reading the record for a draft and for the exported document."""

from dataclasses import replace

from tocsin.incidents import queries as incidents
from tocsin.incidents.model import Audience, Incident
from tocsin.incidents.said_read import newest_words
from tocsin.kernel.db import Reader
from tocsin.learning.model import Facts, Line, Times
from tocsin.record.kinds import decode
from tocsin.record.model import Entry
from tocsin.record.queries import entries_after

#: More entries than any document holds.
MOST = 20_000


def line_of(entry: Entry) -> Line:
    """An entry as a line; the words of a redacted one are gone."""
    text = "(redacted)" if entry.redacted_at else decode(entry.kind, entry.payload).sentence()
    return Line(entry.seq, entry.kind, entry.happened_at, entry.actor, text)


async def lines_of(db: Reader, incident: Incident) -> list[Line]:
    """The whole record as lines, in order."""
    entries = await entries_after(db, incident.id, 0, MOST)
    newest = await newest_words(db, incident.id)
    return [
        replace(line_of(e), text=newest[e.seq]) if e.seq in newest and not e.redacted_at else line_of(e)
        for e in entries
    ]


def times_of(incident: Incident) -> Times:
    """The times it keeps."""
    return Times(
        incident.impact_started_at, incident.detected_at, incident.declared_at, incident.acknowledged_at,
        incident.first_update_at, incident.mitigated_at, incident.resolved_at,
    )  # fmt: skip


async def facts_of(db: Reader, incident: Incident) -> Facts:
    """What the record knows."""
    lines = await lines_of(db, incident)
    service = await incidents.service_of(db, incident)
    resolved = [line.text for line in lines if line.kind == "incident_resolved"]
    updates = await incidents.updates(db, incident.id)
    return Facts(
        key=incident.key, summary=incident.summary, severity=incident.severity, impact=incident.impact,
        service=service.name if service else "", times=times_of(incident), lines=lines,
        roles=[(r.title, r.name) for r in await incidents.roles(db, incident.id)],
        alerts=[f"alert #{a.number}: {a.message}" for a in await incidents.alerts_of(db, incident.id)],
        resolution=resolved[-1].removeprefix("resolved it").removeprefix(": ") if resolved else "",
        public_states=[u.state for u in reversed(updates) if u.audience is Audience.PUBLIC],
    )  # fmt: skip
