"""What on-call expects of somebody, and what they hold: the first lines of Now and of On-call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tocsin.duty.asked import Asked, asked
from tocsin.duty.fatigue import Tired, fatigue_now
from tocsin.duty.handover_model import Handover
from tocsin.duty.handover_queries import handovers
from tocsin.kernel.db import Reader
from tocsin.oncall.model import OnCall, ShiftRow, Swap, SwapState
from tocsin.oncall.queries import next_up, on_call_now, shifts_of
from tocsin.oncall.swap_queries import swaps

#: So many requests are shown with their buttons; the others are on a page of their own.
SHOWN = 3
#: How many shifts of one's own are looked at.
AHEAD = 12


@dataclass(frozen=True, slots=True)
class Expected:
    """`accept`: handovers that wait for one's yes. `kept`: what one still holds because the next person has not accepted.
    `requests` to take a shift, each with what it means. `holding`: what one is paged for now, as it should be. `shifts` are
    one's own, planned."""

    now: datetime
    accept: tuple[Handover, ...]
    kept: tuple[OnCall, ...]
    requests: tuple[tuple[Swap, Asked | None], ...]
    more_requests: int
    tired: tuple[Tired, ...]
    holding: tuple[OnCall, ...]
    shifts: tuple[ShiftRow, ...]
    next_shift: ShiftRow | None

    @property
    def something(self) -> bool:
        """Whether an answer or a tap is waited for, or the pager did not move as planned."""
        return bool(self.accept or self.kept or self.requests or self.tired)


async def expected_of(db: Reader, person: UUID, on_call: Sequence[OnCall]) -> Expected:
    """Of a person, with who really holds each schedule now."""
    now = await db.clock()
    waiting = [
        s for s in await swaps(db)
        if s.state is SwapState.OPEN and not s.archived and person in s.waits_for_ids
    ]  # fmt: skip
    shifts = await shifts_of(db, person, AHEAD)
    mine = [o for o in on_call if o.user_id == person]
    return Expected(
        now,
        tuple(sorted((h for h in await handovers(db, to_user_id=person) if h.waits), key=lambda h: h.starts_at)),
        tuple(o for o in mine if o.planned_user_id),
        tuple([(s, await asked(db, s, person)) for s in waiting[:SHOWN]]),
        len(waiting[SHOWN:]),
        tuple(await fatigue_now(db, user_id=person)),
        tuple(o for o in mine if not o.planned_user_id),
        tuple(shifts),
        next((s for s in shifts if s.starts_at > now), None),
    )  # fmt: skip


async def on_call_and_next(db: Reader) -> tuple[list[OnCall], list[OnCall]]:
    """Who really holds each schedule, and who takes over next."""
    return await on_call_now(db), await next_up(db)
