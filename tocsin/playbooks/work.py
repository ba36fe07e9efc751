"""An incident follows the playbook that is newest when it is declared; when its severity or type changes, the newest then."""

from uuid import UUID

from tocsin.incidents.change import change, lock
from tocsin.incidents.field_kinds import TypeChanged
from tocsin.incidents.kinds import EntryRedacted, SeverityChanged
from tocsin.kernel.db import Unit
from tocsin.kernel.work import Batch, Work
from tocsin.playbooks.kinds import PlaybookApplied
from tocsin.playbooks.queries import playbook, sql
from tocsin.record.kinds import decode
from tocsin.record.queries import entry

FOLLOW = "playbooks.follow"
FORGET = "playbooks.forget"
FOLLOWS = {
    "entry_redacted": [FORGET],
    "incident_declared": [FOLLOW],
    "severity_changed": [FOLLOW],
    "type_changed": [FOLLOW],
}


async def follow(u: Unit, works: list[Work]) -> None:
    """Batch: which version each follows; a change of severity or type is told with the steps that it brings."""
    newest = await playbook(u)
    for work in works:
        stream = UUID(work.payload["stream"])
        found = await entry(u, stream, work.payload["seq"])
        said = decode(found.kind, found.payload) if found else None
        await u.run(sql.follow, stream, newest.version)
        if not isinstance(said, SeverityChanged | TypeChanged):
            continue
        incident = await lock(u, stream)
        if isinstance(said, SeverityChanged):
            now, before, title = (said.severity, incident.type), (said.was, incident.type), ""
        else:
            now, before, title = (
                (incident.severity, said.type),
                (incident.severity, said.was_type),
                said.title,
            )
        added = tuple(s.id for s in newest.steps if s.applies(*now) and not s.applies(*before))
        await change(u, incident, PlaybookApplied(newest.version, now[0], added, title))


async def forget(u: Unit, works: list[Work]) -> None:
    """Batch: words were taken out of the record; those of a step's note go too."""
    for work in works:
        stream = UUID(work.payload["stream"])
        found = await entry(u, stream, work.payload["seq"])
        said = decode(found.kind, found.payload) if found else None
        if isinstance(said, EntryRedacted):
            await u.run(sql.forget_note, stream, said.seq)


BATCHES: dict[str, Batch] = {FOLLOW: follow, FORGET: forget}
