"""When an entry is redacted its file goes too: first from sight, in the same moment; then its bytes, for good."""

from collections.abc import Mapping
from uuid import UUID

from tocsin.incidents.files import sql
from tocsin.kernel.blobs import Blobs
from tocsin.kernel.db import ENGINE, Database
from tocsin.kernel.work import Job, Work

SWEEP = "incidents.sweep_files"
FOLLOWS = {"entry_redacted": [SWEEP]}


def jobs(blobs: Blobs) -> Mapping[str, Job]:
    """The handler, with where the bytes are."""

    async def sweep(db: Database, work: Work) -> None:
        incident_id = UUID(work.payload["stream"])
        rows = await db.rows(sql.gone, incident_id)
        for row in rows:
            if not row["needed"]:
                await blobs.remove(str(incident_id), row["sha256"], f"{row['sha256']}.thumb")
        async with db.unit(ENGINE, "engine") as u:
            await u.run(sql.forget, incident_id, [row["id"] for row in rows])

    return {SWEEP: sweep}
