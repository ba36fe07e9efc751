"""Opening an incident's places, within seconds of its declaration."""

from uuid import UUID

from tocsin.incidents.change import change, lock
from tocsin.kernel.db import ENGINE, Database, Unit
from tocsin.kernel.sql import Statements
from tocsin.kernel.work import Batch, Job, Work, add
from tocsin.places.kinds import PlaceOpened
from tocsin.places.model import PlaceKind, Video

sql = Statements("tocsin.places")
OPEN, OPEN_VIDEO = "places.open", "places.open_video"
FOLLOWS: dict[str, list[str]] = {"incident_declared": [OPEN]}


def batches(video: Video) -> dict[str, Batch]:
    """Handlers that only write."""

    async def open_ours(u: Unit, works: list[Work]) -> None:
        """Our own room and notes page are there at once; the video room's opening is left as a row of its own."""
        for work in works:
            incident = await lock(u, UUID(work.payload["stream"]))
            if not await u.rows(sql.open_ours, incident.id, f"/incidents/{incident.key}", video.name):
                continue
            after = await change(u, incident, PlaceOpened("chat", "Tocsin", f"/incidents/{incident.key}"))
            await change(u, after, PlaceOpened("notes page", "Tocsin", f"/incidents/{incident.key}/notes"))
            await add(u, OPEN_VIDEO, {"incident": str(incident.id)})

    return {OPEN: open_ours}


def jobs(video: Video) -> dict[str, Job]:
    """Handlers that may call a vendor."""

    async def open_video(db: Database, work: Work) -> None:
        incident_id = UUID(work.payload["incident"])
        async with db.unit(ENGINE, "engine") as u:
            incident = await lock(u, incident_id)
        url = await video.open(incident.key, incident.summary)
        async with db.unit(ENGINE, "engine") as u:
            incident = await lock(u, incident_id)
            if await u.value(sql.place_opened, incident_id, PlaceKind.VIDEO, url):
                await change(u, incident, PlaceOpened("video room", video.name, url))

    return {OPEN_VIDEO: open_video}
