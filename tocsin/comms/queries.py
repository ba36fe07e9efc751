"""Reading the status page."""

from collections import defaultdict
from collections.abc import Sequence

from tocsin.comms.model import Component, Publication, PublicationRow, PublicUpdate, PublicView, StatusPage
from tocsin.kernel.db import Reader
from tocsin.kernel.sql import Statements

sql = Statements("tocsin.comms")
HISTORY_DAYS = 90


async def status_page(db: Reader) -> StatusPage:
    """The page's own words."""
    found = await db.first(StatusPage, sql.page)
    assert found is not None  # noqa: S101 - made by the migration
    return found


async def components(db: Reader) -> list[Component]:
    """Those in use, in order."""
    return await db.all(Component, sql.components)


async def public_view(db: Reader) -> PublicView:
    """Everything that the page and its JSON show."""
    known = await components(db)
    current = await _with_updates(db, await db.all(PublicationRow, sql.current), known)
    past = await _with_updates(db, await db.all(PublicationRow, sql.past, HISTORY_DAYS), known)
    return PublicView(await status_page(db), tuple(known), current, past, await db.clock())


async def public_incident(db: Reader, publication_id: str) -> Publication | None:
    """One incident of the page."""
    rows = await db.all(PublicationRow, sql.publication, publication_id.replace("\x00", ""))
    found = await _with_updates(db, rows, await components(db))
    return found[0] if found else None


async def _with_updates(
    db: Reader, rows: Sequence[PublicationRow], known: Sequence[Component]
) -> tuple[Publication, ...]:
    ids = [row.id for row in rows]
    updates: dict[str, list[PublicUpdate]] = defaultdict(list)
    about: dict[str, set[str]] = defaultdict(set)
    if ids:
        for update in await db.all(PublicUpdate, sql.updates_of, ids):
            updates[update.publication_id].append(update)
        for link in await db.rows(sql.components_of, ids):
            about[link["publication_id"]].add(link["component_id"])
    return tuple(
        Publication(row, tuple(updates[row.id]), tuple(c for c in known if c.id in about[row.id]))
        for row in rows
    )
