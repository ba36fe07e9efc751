"""What happens to bytes of files: those of a redacted entry go for good, and those that no entry ever pointed at go after a day.

The entry goes first, from sight, in the same moment. Its bytes follow however long the storage fails: nothing here is ever set aside.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from uuid import UUID

from tocsin.incidents.files import sql
from tocsin.kernel import work
from tocsin.kernel.blobs import LOOKS, Blob, Blobs, StorageFailed, whole
from tocsin.kernel.db import ENGINE, Database, Reader
from tocsin.kernel.log import logger
from tocsin.kernel.work import Job, RetryLater, Work

TAKE_OUT = "incidents.sweep_files"
SWEEP = "incidents.sweep_storage"
FORGET = "incidents.forget_import"
FOLLOWS = {"entry_redacted": [TAKE_OUT]}
#: Between the bytes and their entry lie seconds. A day later no upload is under way.
AGE = timedelta(days=1)
EVERY = timedelta(days=1)
AFTER_A_FAILURE = timedelta(hours=1)
#: Which database sweeps a storage stands in it. A copy of a database knows less than the storage holds: it must not sweep while the other does.
MARK = (".sweeper", "database")
#: As long after its last sweep another database is believed to be gone.
GONE = timedelta(days=3)
#: Looked at in one turn, and removed in one at most: a turn ends within its lease.
MOST, MOST_REMOVED = 1000, 100
_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_OURS = re.compile(rf"({_ID}|[0-9a-f]{{64}})(?:\.thumb)?")
_UNFINISHED = re.compile(r"\.[0-9a-f]{32}")
log = logger(__name__)


def jobs(blobs: Blobs) -> Mapping[str, Job]:
    """The handlers, with where the bytes are."""

    async def take_out_(db: Database, item: Work) -> None:
        await take_out(db, blobs, UUID(item.payload["stream"]), item.payload.get("tries", 0))

    async def sweep_(db: Database, item: Work) -> None:
        await sweep(db, blobs, item.payload.get("after", ""))

    async def forget_(db: Database, item: Work) -> None:
        await forget(db, blobs, UUID(item.payload["stream"]), item.payload["ids"])

    return {TAKE_OUT: take_out_, SWEEP: sweep_, FORGET: forget_}


async def announce(db: Database, incident_id: UUID, ids: Sequence[UUID]) -> None:
    """Before files of an incident are kept that is yet to be made: should that never be, they are found again by this."""
    async with db.unit(ENGINE, "engine") as u:
        payload = {"stream": str(incident_id), "ids": [str(each) for each in ids]}
        await work.add(u, FORGET, payload, due_at=await u.clock() + AGE)


async def forget(db: Reader, blobs: Blobs, incident_id: UUID, ids: Sequence[str]) -> None:
    """Job: the bytes of an import that came to nothing. No sweep looks among incidents that are not there."""
    if await db.value(sql.is_there, incident_id):
        return
    try:
        await blobs.remove(str(incident_id), *(f"{each}{end}" for each in ids for end in ("", ".thumb")))
    except StorageFailed as failed:
        raise RetryLater(AFTER_A_FAILURE.total_seconds(), failed.problem) from None


async def take_out(db: Database, blobs: Blobs, incident_id: UUID, tries: int = 0) -> None:
    """Job: the bytes of an incident's redacted entries. What fails is left as a due row again, for as long as it fails."""
    for row in await db.rows(sql.gone, incident_id):
        names = [str(row["id"]), *([] if row["needed"] else [row["sha256"]])]
        try:
            await blobs.remove(str(incident_id), *names, *(f"{name}.thumb" for name in names))
        except StorageFailed as failed:
            log.warning(
                "redacted_bytes_remain", incident=str(incident_id), tries=tries + 1, problem=failed.problem
            )
            async with db.unit(ENGINE, "engine") as u:
                due = await u.clock() + min(timedelta(seconds=2.0 ** min(tries, 20)), AFTER_A_FAILURE)
                await work.add(u, TAKE_OUT, {"stream": str(incident_id), "tries": tries + 1}, due_at=due)
            return
        async with db.unit(ENGINE, "engine") as u:
            await u.run(sql.forget, incident_id, row["id"])


async def sweep(db: Database, blobs: Blobs, after: str = "") -> None:
    """Job: some of the storage, and the rest in the next turn; all of it once a day."""
    now = await db.clock()
    try:
        mine = await _marked(db, blobs, now)
        swept = await sweep_some(db, blobs, now, after) if mine else Swept(0, "")
    except StorageFailed as failed:
        log.warning("sweep_failed", problem=failed.problem)
        payload, due = {"after": after}, now + AFTER_A_FAILURE
    else:
        payload, due = ({"after": swept.after}, now) if swept.after else ({}, now + EVERY)
    async with db.unit(ENGINE, "engine") as u:
        await work.add(u, SWEEP, payload, key="daily", due_at=due)


async def _marked(db: Reader, blobs: Blobs, now: datetime) -> bool:
    """Whether this database is the one that sweeps, which it then says again."""
    this = str(await db.value(sql.this_database))
    try:
        mark = json.loads(await whole(await blobs.open(*MARK)))
        other = mark["database"] != this and datetime.fromisoformat(mark["at"]) > now - GONE
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        other = False
    if other:
        log.error("storage_of_files_is_of_another_database", until=GONE.days)
        return False
    await blobs.put(*MARK, BytesIO(json.dumps({"database": this, "at": now.isoformat()}).encode()))
    return True


@dataclass(frozen=True, slots=True)
class Swept:
    """What one turn removed, and behind which place the next begins; empty when it was the last."""

    removed: int
    after: str


async def sweep_some(db: Reader, blobs: Blobs, now: datetime, after: str = "") -> Swept:
    """Removes bytes that nothing points at and nothing will.

    That is: older than a day, named as we name, and in the group of an incident that we have. Everything else is somebody's. Entries are
    read after the bytes were listed, and no entry ever points at bytes of an earlier upload.
    """
    found = await blobs.listed(after, MOST)
    old = [blob for blob in found if blob.at < now - AGE]
    pointed_at = await _pointed_at(db, old)
    removed = 0
    for blob in old:
        if not _left_behind(blob, pointed_at):
            continue
        await blobs.remove(blob.group, blob.name)
        removed += 1
        if removed == MOST_REMOVED:
            log.info("storage_swept", removed=removed)
            return Swept(removed, blob.place)
    if removed:
        log.info("storage_swept", removed=removed)
    return Swept(removed, found[-1].place if len(found) == MOST else "")


def _left_behind(blob: Blob, pointed_at: Mapping[str, set[str]]) -> bool:
    if _UNFINISHED.fullmatch(blob.name):
        return blob.group == LOOKS or blob.group in pointed_at
    ours = _OURS.fullmatch(blob.name)
    return ours is not None and blob.group in pointed_at and ours[1] not in pointed_at[blob.group]


async def _pointed_at(db: Reader, blobs: list[Blob]) -> Mapping[str, set[str]]:
    """By incident that exists: the names that its files' bytes may have."""
    groups = {blob.group for blob in blobs if re.fullmatch(_ID, blob.group)}
    rows = await db.rows(sql.pointed_at, [UUID(group) for group in groups])
    return {str(row["id"]): set(row["names"]) for row in rows}


async def begin(db: Database) -> None:
    """Called at every start: due once for all processes."""
    async with db.unit(ENGINE, "engine") as u:
        await work.add(u, SWEEP, {}, key="daily")
