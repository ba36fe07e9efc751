"""Accepting a shift, and what the next person should know. Whoever accepts, late or early, locks the schedule first."""

from uuid import UUID

from tocsin.duty import handover_say as say
from tocsin.duty.handover_model import LONGEST_NOTE, Handover
from tocsin.duty.handover_queries import handover_by_id, sql
from tocsin.duty.kinds import HandoverAccepted, ShiftNoteAdded
from tocsin.kernel.commands import command
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from tocsin.kernel.ids import new_id
from tocsin.kernel.work import Work
from tocsin.oncall.compute import lock, record
from tocsin.oncall.managers import for_another


@command("handover.accept")
async def accept(u: Unit, handover_id: UUID) -> None:
    """Takes the pager, oneself or, as a manager, for the incoming person. Accepting twice changes nothing. `Conflict`
    when the schedule has changed, or the shift is over."""
    schedule_id = await u.value(sql.schedule_of, handover_id)
    if schedule_id is None:
        raise NotFound("There is no such handover.")
    await lock(u, schedule_id)
    h = await handover_by_id(u, handover_id)
    assert h is not None  # noqa: S101 - handovers go with their schedule, which is locked
    absent = await for_another(u, h.to_user_id, [schedule_id])
    if h.accepted_at is not None:
        return
    _check(h)
    await u.run(sql.accept, h.id, u.actor.id)
    await refresh(u, schedule_id, h.track)
    accepted = HandoverAccepted(
        h.id, h.to_name, h.starts_at, h.to_user_id, h.from_name or "", h.from_user_id, absent
    )
    await record(u, schedule_id, accepted)
    if absent:
        await say.accepted_for(u, h)
    if h.needs_acceptance and await u.clock() >= h.starts_at:
        await say.ended(u, h)
    u.touch("oncall", "work")


def _check(h: Handover) -> None:
    if not h.stands:
        raise Conflict(f"The schedule changed: this is not {h.to_name}'s shift any more.")
    if h.over:
        raise Conflict("This shift is over.")


async def refresh(u: Unit, schedule_id: UUID, track: int) -> None:
    """Who has it before each shift that is not accepted, in order: of a chain, all but the first follow from it."""
    for row in await u.rows(sql.not_accepted, schedule_id, track):
        await u.run(sql.refresh_holder, row["id"])


async def follow_rules(u: Unit, works: list[Work]) -> None:
    """Batch: a schedule was changed, and shifts may need acceptance now, or no longer."""
    if await u.run(sql.follow_rules, [UUID(w.payload["stream"]) for w in works]):
        u.touch("oncall", "work")


@command("shift_note.add")
async def add_note(u: Unit, schedule_id: UUID, text: str) -> UUID:
    """Leaves a word for whoever is on call next; it stands in every brief until it is done."""
    await lock(u, schedule_id)
    await _may_write(u, schedule_id)
    words = text.strip()
    if not words:
        raise Invalid("text", "Write what the next person should know.")
    if len(words) > LONGEST_NOTE:
        raise Invalid("text", f"The note is too long: {LONGEST_NOTE} characters fit.")
    note_id = new_id()
    await u.run(sql.add_note, note_id, schedule_id, u.actor.id, u.actor.name, words)
    await record(u, schedule_id, ShiftNoteAdded(note_id, words))
    u.touch("oncall")
    return note_id


async def _may_write(u: Unit, schedule_id: UUID) -> None:
    """Whoever responds; of those who only look, whoever is on call here."""
    if u.actor.role == "viewer" and not await u.value(sql.takes_part, schedule_id, u.actor.id):
        raise Forbidden("Only who responds, or is on call for this schedule, writes notes for it.")


@command("shift_note.done")
async def finish_note(u: Unit, note_id: UUID) -> None:
    """Takes a note out of the brief. Done twice is done."""
    schedule_id = await u.value(sql.schedule_of_note, note_id)
    if schedule_id is None:
        raise NotFound("There is no such note.")
    await _may_write(u, schedule_id)
    await u.run(sql.finish_note, note_id, u.actor.name)
    u.touch("oncall")
