"""Calendars that have an address are asked again every hour. Whatever goes wrong becomes a sentence, and what was stored
before stays."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urljoin
from uuid import UUID

from tocsin.kernel import work
from tocsin.kernel.commands import command
from tocsin.kernel.db import DATA_ERRORS, ENGINE, Database, Row, Unit
from tocsin.kernel.errors import Conflict, Invalid, NotFound
from tocsin.kernel.log import logger
from tocsin.kernel.net import NetError, Outbound, Response
from tocsin.kernel.sql import Statements
from tocsin.kernel.work import Job, Work
from tocsin.oncall.calendar_events import find_people, store
from tocsin.oncall.icalread import MOST_BYTES, BadCalendar, Occurrence, check_text
from tocsin.oncall.looks import checked_url, occurrences_in

sql = Statements("tocsin.oncall", "calendars.sql")
HOURLY, FETCH, LOOK = "calendar.hourly", "calendar.fetch", "calendar.look"
#: A schedule that was changed may have a new address.
FOLLOWS = {"schedule_created": [LOOK], "schedule_changed": [LOOK]}
EVERY = timedelta(hours=1)
HOPS = 3
SECONDS = 8.0
#: Together with its redirects.
ALL_SECONDS = 16.0
REDIRECTS = (301, 302, 303, 307, 308)
log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an address gave. `text` None: nothing new since the entity tag."""

    text: str | None
    etag: str | None = None


async def fetch(outbound: Outbound, url: str, etag: str | None = None) -> Fetched:
    """Asks an address for its calendar, at most 2 MB of it; follows a few redirects, each checked like the first.
    Raises `Invalid` with a sentence that names the host only: the rest of such addresses is a secret."""
    url = checked_url(url)
    headers = {"accept": "text/calendar, */*;q=0.1"} | ({"if-none-match": etag} if etag else {})
    try:
        async with asyncio.timeout(ALL_SECONDS):
            return _fetched(await _followed(outbound, url, headers))
    except TimeoutError:
        raise Invalid("url", "The address did not answer in time.") from None


async def _followed(outbound: Outbound, url: str, headers: Mapping[str, str]) -> Response:
    for _ in range(HOPS + 1):
        answer = await _ask(outbound, url, headers)
        if answer.status not in REDIRECTS:
            return answer
        url = _next(url, answer)
    raise Invalid("url", f"{answer.origin} leads from one address to the next without end.")


async def _ask(outbound: Outbound, url: str, headers: Mapping[str, str]) -> Response:
    try:
        return await outbound.request("GET", url, headers=headers, timeout=SECONDS, most=MOST_BYTES)
    except NetError as error:
        raise Invalid("url", str(error)) from error


def _next(url: str, answer: Response) -> str:
    """Where a redirect leads. From https only to https: whoever listens in between could send anything else."""
    try:
        target = urljoin(url, answer.headers.get("location", ""))
    except ValueError:
        raise Invalid("url", f"{answer.origin} leads to an address that cannot be read.") from None
    if url.lower().startswith("https://") and not target.lower().startswith("https://"):
        raise Invalid("url", f"{answer.origin} leads to an address that is not https.")
    return target


def _fetched(answer: Response) -> Fetched:
    if answer.status == 304:
        return Fetched(None)
    if answer.status in (401, 403):
        raise Invalid(
            "url", f"{answer.origin} refuses ({answer.status}). Is the address still private and valid?"
        )
    if answer.status in (404, 410):
        raise Invalid("url", f"{answer.origin} has no calendar at this address ({answer.status}).")
    if answer.status != 200:
        raise Invalid("url", f"{answer.origin} answered {answer.status}.")
    if answer.truncated:
        raise Invalid(
            "url", f"{answer.origin} sent more than {MOST_BYTES // 1_000_000} MB: too large for a calendar."
        )
    text = answer.text()
    try:
        check_text(text)
    except BadCalendar as error:
        raise Invalid("url", f"{answer.origin} answered, but: {error}") from error
    return Fetched(text, answer.headers.get("etag", "")[:500] or None)


async def read_address(db: Database, outbound: Outbound, url: str, zone: str) -> list[Occurrence]:
    """The events behind an address, for a look before it is saved. Raises `Invalid`."""
    found = await fetch(outbound, url)
    return await occurrences_in(db, found.text or "", zone)


@command("calendar.refresh")
async def refresh_now(u: Unit, schedule_id: UUID) -> int:
    """Has the calendars of a schedule asked again soon; answers how many."""
    return await _enqueue(u, schedule_id)


async def _enqueue(u: Unit, schedule_id: UUID | None, *, new_only: bool = False) -> int:
    due = await u.rows(sql.due_sources, schedule_id, new_only)
    for row in due:
        await work.add(u, FETCH, {"rotation_id": str(row["id"])}, key=str(row["id"]))
    return len(due)


def jobs(outbound: Outbound) -> dict[str, Job]:
    """The handlers, with the HTTP client in hand."""

    async def fetch_one(db: Database, item: Work) -> None:
        """Job: one layer, asked and stored, or told why not."""
        await refresh(db, outbound, UUID(item.payload["rotation_id"]))

    return {HOURLY: hourly, LOOK: look, FETCH: fetch_one}


async def hourly(db: Database, _: Work) -> None:
    """Job: has every calendar looked at; each is work of its own, so that one that hangs delays no other."""
    async with db.unit(ENGINE, "engine") as u:
        await _enqueue(u, None)
        await work.add(u, HOURLY, {}, key="hourly", due_at=await u.clock() + EVERY)


async def look(db: Database, item: Work) -> None:
    """Job, after a schedule changed: an address that is new is asked at once."""
    async with db.unit(ENGINE, "engine") as u:
        await _enqueue(u, UUID(item.payload["stream"]), new_only=True)


async def begin(db: Database) -> None:
    """Called at every start: due at once, once for all processes."""
    async with db.unit(ENGINE, "engine") as u:
        await work.add(u, HOURLY, {}, key="hourly")


async def refresh(db: Database, outbound: Outbound, rotation_id: UUID) -> None:
    """Asks one layer's address and stores what is different. A failure is kept as a sentence on the layer."""
    source = await db.row(sql.source_of, rotation_id)
    if source is None:
        return  # Removed meanwhile.
    try:
        await _refresh(db, outbound, source)
    except NotFound:
        return  # Archived meanwhile.
    except (Invalid, Conflict, ValueError, *DATA_ERRORS) as error:
        log.warning("calendar_not_refreshed", rotation=str(rotation_id), error=type(error).__name__)
        sentence = str(error) if isinstance(error, Invalid) else f"The events could not be stored: {error}"
        await db.run(sql.set_refresh_error, rotation_id, sentence[:500])


async def _refresh(db: Database, outbound: Outbound, source: Row) -> None:
    if source["source_url"] is None:
        return await _unchanged(db, source, None, None)
    found = await fetch(outbound, source["source_url"], source["etag"] if source["fresh"] else None)
    if found.text is None:
        return await _unchanged(db, source, source["etag"], source["hash"])
    digest = hashlib.sha256(found.text.encode()).digest()
    if source["fresh"] and digest == source["hash"]:
        return await _unchanged(db, source, found.etag, digest)
    occurrences = await occurrences_in(db, found.text, source["time_zone"])
    await _store(db, source, occurrences, found.etag, digest)
    return None


async def _unchanged(db: Database, source: Row, etag: str | None, digest: bytes | None) -> None:
    """The same as before: only who was not found is looked for again."""
    async with db.unit(ENGINE, "engine") as u:
        await find_people(u, source["schedule_id"], source["id"])
        await u.run(sql.set_refreshed, source["id"], etag, digest, False)


async def _store(
    db: Database, source: Row, occurrences: Sequence[Occurrence], etag: str | None, digest: bytes
) -> None:
    """Unless the address was changed while it was asked: then its next turn comes."""
    async with db.unit(ENGINE, "engine") as u:
        now = await u.row(sql.source_of, source["id"])
        if now is None or now["source_url"] != source["source_url"]:
            return
        await store(u, source["schedule_id"], source["id"], occurrences)
        await u.run(sql.set_refreshed, source["id"], etag, digest, True)
