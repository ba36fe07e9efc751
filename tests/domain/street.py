"""Everything that follows an incident's entries, turned by hand: places, publishing, drafting."""

from tocsin.comms import work as comms
from tocsin.incidents import commands
from tocsin.incidents.model import Incident
from tocsin.incidents.queries import incident_by_id, incident_by_key
from tocsin.incidents.work import UpdateClock
from tocsin.integrations.jitsi import Jitsi
from tocsin.kernel.db import Actor, Database
from tocsin.kernel.work import BatchPump, JobPump, Pumps
from tocsin.learning import work as learning
from tocsin.places import work as places


def street(db: Database) -> Pumps:
    """Subscribes what follows, as `app` does, and answers the pumps."""
    follows: dict[str, list[str]] = {}
    for table in (places.FOLLOWS, comms.FOLLOWS, learning.FOLLOWS):
        for kind, works in table.items():
            follows.setdefault(kind, []).extend(works)
    db.follows = lambda kind: follows.get(kind, ())
    video = Jitsi("https://meet.example.org")
    batches = {**places.batches(video), **comms.BATCHES, **learning.BATCHES}
    return Pumps(
        db,
        [
            *(BatchPump(db, kind, handle) for kind, handle in batches.items()),
            JobPump(db, places.jobs(video)),
            UpdateClock(db),
        ],
    )


async def declared(
    db: Database, actor: Actor, summary: str = "Checkout is failing", severity: int = 1, **more: object
) -> Incident:
    async with db.unit(actor, "web") as u:
        key = await commands.declare(u, summary, severity, **more)
    found = await incident_by_key(db, key, actor.id)
    assert found
    return found


async def again(db: Database, incident: Incident) -> Incident:
    found = await incident_by_id(db, incident.id, incident.declared_by)
    assert found
    return found
