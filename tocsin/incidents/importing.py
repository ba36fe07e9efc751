"""Making an incident of an exported record: the same entries with the same numbers, and nothing that follows them.

Nobody is paged, no place is opened, no clock runs: it is over here, whatever it was there.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from tocsin.incidents import import_files
from tocsin.incidents.change import change, lock
from tocsin.incidents.change import sql as incident_sql
from tocsin.incidents.commands import new_key
from tocsin.incidents.fields import known_type, known_values
from tocsin.incidents.import_files import Files
from tocsin.incidents.import_kinds import IncidentImported
from tocsin.incidents.import_model import Imported, Record
from tocsin.incidents.import_rows import Rows, rows_of
from tocsin.kernel.commands import command
from tocsin.kernel.db import Reader, Unit
from tocsin.kernel.errors import Invalid
from tocsin.kernel.ids import new_id
from tocsin.kernel.sql import Statements

sql = Statements("tocsin.incidents", "exporting.sql")
rows_sql = Statements("tocsin.incidents", "import_rows.sql")
STEP = 1000


@command("incident.import_record")
async def import_record(u: Unit, record: Record, files: Files | None = None) -> dict[str, Any]:
    """Answers `{"key": ..., "id": ..., "new": ...}`; the same export again answers the incident that it became, if the actor may
    see that. `files` are those of its files that came along, kept already."""
    known = await u.row(sql.imported_as, record.export_id)
    if known is not None:
        await lock(u, known["id"])
        return {"key": known["key"], "id": str(known["id"]), "new": False}
    rows = rows_of(record.entries)
    state, files = rows.state, files or Files(new_id(), {})
    incident_id, entries = files.incident_id, import_files.told(record.entries, files)
    # Fails closed: words of entries may have been taken out, and what the file says of itself counts as much.
    private = state["private"] or record.private
    if private and u.actor.id is None:
        raise Invalid("record", "This record is private and no person imports it, so nobody could see it.")
    key = await new_key(u, private=private)
    await u.run(
        sql.insert_incident, incident_id, key, state["summary"], state["severity"], state["status"], state["impact"],
        state["reporter_contact"], list(state["products"]), private, u.actor.id, state["impact_started_at"],
        state["detected_at"], record.declared_at, state["acknowledged_at"], state["first_update_at"],
        state["mitigated_at"], state["resolved_at"], len(record.entries), state["sub_status"],
    )  # fmt: skip
    if not await u.value(
        sql.keep_origin, incident_id, record.export_id, record.origin_key, record.origin_url, u.actor.name, record.carried
    ):  # fmt: skip
        raise Invalid("record", "This export is being imported already. Look again in a moment.")
    if private and u.actor.id:
        await u.value(incident_sql.add_member, incident_id, u.actor.id)
    people = await _known(u, record.entries)
    for start in range(0, len(entries), STEP):
        part = [e.row(people, rows.edits) for e in entries[start : start + STEP]]
        await u.run(sql.insert_entries, incident_id, *(list(column) for column in zip(*part, strict=True)))
    await _write(u, incident_id, rows, people)
    await import_files.write(u, record, files)
    incident = await lock(u, incident_id)
    over_at = incident.resolved_at or await u.clock()
    await change(
        u, incident,
        IncidentImported(
            record.export_id, record.origin_key, record.origin_url, record.exported_at, over_at,
            was_open=incident.resolved_at is None, private=private and not state["private"],
            type=await known_type(u, state["type"]), fields=await known_values(u, state["fields"]),
        ),
    )  # fmt: skip
    return {"key": key, "id": str(incident_id), "new": True}


async def was_imported(db: Reader, record: Record) -> bool:
    """Whether this export became an incident already."""
    return await db.row(sql.imported_as, record.export_id) is not None


async def _known(u: Unit, entries: Iterable[Imported]) -> set[UUID]:
    """Authors who are people here; all others are kept by name."""
    named = {e.actor_id for e in entries if e.actor_id}
    return {row["id"] for row in await u.rows(sql.known_people, list(named))}


async def _write(u: Unit, incident_id: UUID, rows: Rows, people: set[UUID]) -> None:
    """What is read from rows rather than from entries: edits and replies, items, updates."""
    for how, ties in (("edit", rows.edits), ("reply", rows.replies)):
        await u.run(rows_sql.insert_ties, incident_id, how, list(ties), list(ties.values()))
    for seq, item in rows.items.items():
        owner = item["owner_id"] if item["owner_id"] in people else None
        await u.run(
            rows_sql.insert_item, incident_id, seq, item["kind"], item["state"], item["text"], owner, item["owner"],
            item["why"], item["undo"], item["outcome"], list(item["evidence"]), item["due_at"], item["fresh_at"],
        )  # fmt: skip
    for entry, update in rows.updates:
        await u.run(
            rows_sql.insert_update, new_id(), incident_id, entry.seq, update.audience, update.state,
            list(update.status_now), list(update.next_steps), update.unknowns, update.status, update.next_update_at,
            entry.actor, entry.happened_at,
        )  # fmt: skip
