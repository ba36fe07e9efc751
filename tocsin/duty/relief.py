"""Asking for relief: one tap by whoever is tired, or by who answers for them."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from tocsin.duty.fatigue import fatigue_now, sql
from tocsin.kernel.commands import command
from tocsin.kernel.db import Actor, Unit
from tocsin.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from tocsin.oncall import swaps
from tocsin.oncall.swaps import SwapDraft


@command("relief.ask")
async def ask_relief(u: Unit, schedule_id: UUID, *, user_id: UUID | None = None) -> dict[str, str]:
    """Asks the proposed person to take over from whoever is tired: oneself, or with `user_id`, as a manager, somebody
    else. Answers `{"swap": id, "asked": name}`. `Conflict` when nobody is tired any more, or nobody is awake."""
    person = user_id or u.actor.id
    if person is None:
        raise Invalid("user_id", "Say who is tired.")
    tired = next(iter(await fatigue_now(u, schedule_id, person)), None)
    if tired is None:
        raise Conflict("The reason for relief has passed. A shift can be handed over on the schedule's page.")
    if tired.asked:
        raise Conflict(f"{tired.asked} was asked already.")
    if tired.held_for:
        raise Conflict(
            f"This is {tired.held_for}'s shift, who has not accepted it yet: the pager moves when they do, or a manager for them."
        )
    if tired.relief_id is None or tired.starts_at is None or tired.ends_at is None:
        raise Conflict(
            "Nobody who stands in this schedule is awake and free. Ask somebody on the schedule's page."
        )
    note = f"{tired.why}: could you take over so that they can sleep?"
    draft = SwapDraft(
        tired.starts_at, tired.ends_at, to_user_id=tired.relief_id, from_user_id=user_id, note=note
    )
    swap_id = await swaps.ask(u, schedule_id, draft)
    return {"swap": str(swap_id), "asked": tired.relief_name or ""}


@command("relief.ask_by_link")
async def ask_relief_by_link(u: Unit, schedule_id: UUID, user_id: UUID) -> dict[str, str]:
    """The same as the person that the link was sent to; the door has checked its signature."""
    account = await u.row(sql.account, user_id)
    if account is None:
        raise NotFound("There is no such person.")
    if account["disabled_at"] is not None:
        raise Forbidden("This account is disabled.")
    with _acting_as(u, Actor(user_id, account["name"], "user", account["role"])):
        return await ask_relief(u, schedule_id)


@contextmanager
def _acting_as(u: Unit, person: Actor) -> Iterator[None]:
    """The record names the person, not the link; the unit's own actor comes back for its request key."""
    before, u.actor = u.actor, person
    try:
        yield
    finally:
        u.actor = before
