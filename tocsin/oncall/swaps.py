"""Asking somebody to take a shift, perhaps for one in return, and the one answer that counts.

Whoever answers locks the schedule first and the request after it, as every edit does: of two answers at once the
second sees the first, and nothing is taken over that an edit has just moved.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tocsin.kernel.commands import command
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from tocsin.kernel.ids import new_id
from tocsin.kernel.sql import Statements
from tocsin.oncall.compute import lock, record
from tocsin.oncall.cover import LONGEST, OverrideDraft, put_overrides
from tocsin.oncall.kinds import SwapAnswered, SwapAsked
from tocsin.oncall.managers import for_another, manages
from tocsin.oncall.model import Swap, SwapState
from tocsin.oncall.reminders import plan_reminders
from tocsin.oncall.swap_queries import TOO_FAR, held, holds, swap_by_id, too_far

sql = Statements("tocsin.oncall", "swaps.sql")
oncall_sql = Statements("tocsin.oncall")
Range = tuple[datetime, datetime]
LONGEST_NOTE = 500
_OVER = {
    SwapState.DECLINED: "It was declined.",
    SwapState.WITHDRAWN: "It was withdrawn.",
    SwapState.MOVED: "The schedule changed: it is another person's shift now.",
    SwapState.LAPSED: "Nobody answered in time: the shift has begun.",
}


@dataclass(frozen=True, slots=True)
class SwapDraft:
    """What is asked. Without `to_user_id` everybody who stands in the schedule is; without `from_user_id` the shift is
    one's own. A range in return needs somebody to return it."""

    starts_at: datetime
    ends_at: datetime
    to_user_id: UUID | None = None
    from_user_id: UUID | None = None
    return_starts_at: datetime | None = None
    return_ends_at: datetime | None = None
    note: str = ""

    @property
    def given(self) -> Range | None:
        """The range in return."""
        if self.return_starts_at is None or self.return_ends_at is None:
            return None
        return self.return_starts_at, self.return_ends_at


@command("swap.ask")
async def ask(u: Unit, schedule_id: UUID, draft: SwapDraft) -> UUID:
    """Asks one person, or everybody in the schedule, to take a range that oneself or, as a manager, an absent person
    holds. Raises `Invalid` with the field's name."""
    await lock(u, schedule_id)
    holder = draft.from_user_id or u.actor.id
    if holder is None:
        raise Invalid("from_user_id", "Say whose shift it is.")
    absent = await for_another(u, holder, [schedule_id])
    await _check_ranges(u, draft)
    names = {row["id"]: row["name"] for row in await u.rows(oncall_sql.names_of, [holder])}
    if holder not in names:
        raise Invalid("from_user_id", "There is no such person.")
    wanted = (draft.starts_at, draft.ends_at)
    if not await holds(u, schedule_id, holder, wanted):
        if await too_far(u, schedule_id, wanted):
            raise Invalid("ends_at", TOO_FAR)
        raise Invalid("starts_at", f"{names[holder]} does not hold this schedule for all of that time.")
    asked = await _receiver(u, schedule_id, holder, draft) if draft.to_user_id else ""
    swap_id = await _store(u, schedule_id, holder, draft)
    await record(
        u, schedule_id,
        SwapAsked(
            swap_id, names[holder], asked, draft.starts_at, draft.ends_at, draft.note.strip(), holder, draft.to_user_id,
            draft.return_starts_at, draft.return_ends_at, absent,
        ),
    )  # fmt: skip
    await _expect_answer(u, swap_id)
    u.touch("oncall")
    return swap_id


@command("swap.accept")
async def accept(u: Unit, swap_id: UUID, *, as_user: UUID | None = None) -> None:
    """Takes the shift, oneself or, as a manager, for somebody who is away; both directions of a swap at once."""
    swap = await _open(u, swap_id)
    person, absent = await _answering(u, swap, as_user)
    wanted = (swap.starts_at, swap.ends_at)
    if not await holds(u, swap.schedule_id, swap.from_user_id, wanted):
        raise Conflict(f"The schedule changed: {swap.from_name} does not hold this shift any more.")
    await _check_free(u, swap.schedule_id, person, wanted)
    drafts = [OverrideDraft(person, *wanted, replaces=swap.from_user_id, reason="a swap")]
    if swap.return_starts_at and swap.return_ends_at:
        given = (swap.return_starts_at, swap.return_ends_at)
        if not await holds(u, swap.schedule_id, person, given):
            raise Conflict(
                f"The schedule changed: {swap.to_name} does not hold the shift in return any more."
            )
        await _check_free(u, swap.schedule_id, swap.from_user_id, given)
        drafts.append(OverrideDraft(swap.from_user_id, *given, replaces=person, reason="a swap"))
    await put_overrides(u, swap.schedule_id, drafts, batch=new_id(), why="a swap", tell=False)
    await _close(u, swap, SwapState.ACCEPTED, person, absent=absent)


@command("swap.decline")
async def decline(u: Unit, swap_id: UUID, *, as_user: UUID | None = None) -> None:
    """Says no, oneself or for somebody who is away. When nobody is left to say yes, the request ends as declined."""
    swap = await _open(u, swap_id)
    person, absent = await _answering(u, swap, as_user)
    await u.run(sql.decline_swap, swap_id, person)
    left = set(swap.waits_for_ids) - {person}
    await _close(u, swap, SwapState.DECLINED, person, absent=absent, closed=not left)


@command("swap.withdraw")
async def withdraw(u: Unit, swap_id: UUID) -> None:
    """Takes the request back: whose shift it is, who asked, or a manager."""
    swap = await _open(u, swap_id)
    ours = u.actor.id is not None and u.actor.id in (swap.from_user_id, swap.created_by)
    if not ours and not await manages(u, u.actor, [swap.schedule_id]):
        raise Forbidden(f"This is {swap.from_name}'s request.")
    await _close(u, swap, SwapState.WITHDRAWN, None)


# -- asking


async def _check_ranges(u: Unit, draft: SwapDraft) -> None:
    now = await u.clock()
    _check_range("", (draft.starts_at, draft.ends_at), now)
    if (draft.return_starts_at is None) != (draft.return_ends_at is None):
        raise Invalid("return_ends_at", "A range in return has a start and an end.")
    if draft.given:
        if draft.to_user_id is None:
            raise Invalid("to_user_id", "Choose one person for a shift in return.")
        _check_range("return_", draft.given, now)
        if draft.given[0] < draft.ends_at and draft.given[1] > draft.starts_at:
            raise Invalid("return_starts_at", "The shift in return lies at another time.")
    if len(draft.note.strip()) > LONGEST_NOTE:
        raise Invalid("note", f"The note is too long: {LONGEST_NOTE} characters fit.")


def _check_range(prefix: str, wanted: Range, now: datetime) -> None:
    starts, ends = wanted
    if ends <= starts:
        raise Invalid(f"{prefix}ends_at", "The end must come after the start.")
    if starts <= now:
        raise Invalid(f"{prefix}starts_at", "That has begun already. Choose a start that is still to come.")
    if ends - starts > LONGEST:
        raise Invalid(f"{prefix}ends_at", "A year at most.")


async def _receiver(u: Unit, schedule_id: UUID, holder: UUID, draft: SwapDraft) -> str:
    """The name of the one who is asked, who can say yes."""
    row = await u.row(sql.responder, draft.to_user_id)
    if row is None:
        raise Invalid("to_user_id", "This person cannot be on call: there is no such account that responds.")
    if row["id"] == holder:
        raise Invalid("to_user_id", "This is whose shift it is. Choose somebody else.")
    if draft.given and not await holds(u, schedule_id, row["id"], draft.given):
        if await too_far(u, schedule_id, draft.given):
            raise Invalid("return_ends_at", TOO_FAR)
        raise Invalid("return_starts_at", f"{row['name']} does not hold this schedule for all of that time.")
    if await held(u, schedule_id, row["id"], (draft.starts_at, draft.ends_at)):
        raise Invalid("to_user_id", f"{row['name']} is on call for this schedule then already.")
    if draft.given and await held(u, schedule_id, holder, draft.given):
        raise Invalid(
            "return_starts_at", "Whoever gives this shift away is on call for this schedule then already."
        )
    return str(row["name"])


async def _store(u: Unit, schedule_id: UUID, holder: UUID, draft: SwapDraft) -> UUID:
    if await u.value(sql.same_open, schedule_id, holder, draft.to_user_id, draft.starts_at, draft.ends_at):
        raise Conflict("This was asked already. Withdraw that request first.")
    swap_id = new_id()
    await u.run(
        sql.add_swap, swap_id, schedule_id, holder, draft.starts_at, draft.ends_at, draft.to_user_id,
        draft.return_starts_at, draft.return_ends_at, draft.note.strip(), u.actor.id,
    )  # fmt: skip
    return swap_id


async def _expect_answer(u: Unit, swap_id: UUID) -> None:
    """Reminders, and the end when nobody answers. `Conflict` when there is nobody who could."""
    swap = await swap_by_id(u, swap_id)
    if swap is None or not swap.waits_for:
        raise Conflict("Nobody else stands in this schedule. Choose a person.")
    await plan_reminders(u, swap)


# -- answering


async def _open(u: Unit, swap_id: UUID) -> Swap:
    """Locks a request that can be answered. Raises `Conflict` with what became of it."""
    schedule_id = await u.value(sql.schedule_of_swap, swap_id)
    if schedule_id is None:
        raise NotFound("There is no such request.")
    if await u.row(oncall_sql.lock_schedule, schedule_id) is None:
        raise Conflict("This schedule was archived: there is nothing to take over.")
    await u.value(sql.lock_swap, swap_id)
    swap = await swap_by_id(u, swap_id)
    assert swap is not None  # noqa: S101 - it is locked
    if swap.state is SwapState.ACCEPTED:
        raise Conflict(f"{swap.taken_name or 'Somebody'} has taken it already.")
    if swap.state is not SwapState.OPEN or swap.starts_at <= await u.clock():
        raise Conflict(_OVER.get(swap.state, _OVER[SwapState.LAPSED]))
    return swap


async def _answering(u: Unit, swap: Swap, as_user: UUID | None) -> tuple[UUID, bool]:
    """Who says yes or no, and whether a manager says it for them."""
    person = as_user or u.actor.id
    if person is None:
        raise Conflict("Say who takes it.")
    absent = await for_another(u, person, [swap.schedule_id])
    if person not in swap.waits_for_ids:
        raise Conflict(_not_asked(swap, person))
    return person, absent


def _not_asked(swap: Swap, person: UUID) -> str:
    if person == swap.from_user_id:
        return "This is whose shift it is: somebody else must answer."
    if swap.to_user_id is not None:
        return f"{swap.to_name} was asked, nobody else." if person != swap.to_user_id else _UNABLE
    return "This was declined before, or it was not asked of this person."


_UNABLE = "This account is disabled, or may not respond."


async def _close(
    u: Unit, swap: Swap, state: SwapState, person: UUID | None, *, absent: bool = False, closed: bool = True
) -> None:
    taken = person if state is SwapState.ACCEPTED else None
    if closed and not await u.run(sql.close_swap, swap.id, state, taken, u.actor.id):
        raise Conflict("Somebody else was faster.")
    name = dict(zip(swap.waits_for_ids, swap.waits_for, strict=True)).get(person, "") if person else ""
    await record(
        u, swap.schedule_id,
        SwapAnswered(swap.id, state, swap.from_name, name, swap.from_user_id, person, absent, closed),
    )  # fmt: skip
    u.touch("oncall")


async def _check_free(u: Unit, schedule_id: UUID, person: UUID, wanted: Range) -> None:
    """People are on call together: who is on call then already cannot take another's place as well."""
    if await held(u, schedule_id, person, wanted):
        raise Conflict("They are on call for this schedule then already.")
