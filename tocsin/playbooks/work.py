"""An incident follows the playbook that is newest when it is declared; when its severity changes, the newest then."""

from uuid import UUID

from tocsin.incidents.change import change, lock
from tocsin.incidents.kinds import SeverityChanged
from tocsin.kernel.db import Unit
from tocsin.kernel.work import Batch, Work
from tocsin.playbooks.kinds import PlaybookApplied
from tocsin.playbooks.queries import playbook, sql
from tocsin.record.kinds import decode
from tocsin.record.queries import entry

FOLLOW = "playbooks.follow"
FOLLOWS = {"incident_declared": [FOLLOW], "severity_changed": [FOLLOW]}


async def follow(u: Unit, works: list[Work]) -> None:
    """Batch: which version each follows; a change of severity is told with the steps that it brings."""
    newest = await playbook(u)
    for work in works:
        stream = UUID(work.payload["stream"])
        found = await entry(u, stream, work.payload["seq"])
        said = decode(found.kind, found.payload) if found else None
        await u.run(sql.follow, stream, newest.version)
        if isinstance(said, SeverityChanged):
            added = tuple(s.id for s in newest.steps if s.applies(said.severity) and not s.applies(said.was))
            await change(u, await lock(u, stream), PlaybookApplied(newest.version, said.severity, added))


BATCHES: dict[str, Batch] = {FOLLOW: follow}
