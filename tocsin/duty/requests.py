"""What requests to take a shift, and their answers, say to whom."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from tocsin.duty.asked import Asked, asked
from tocsin.duty.tell import sql, tell
from tocsin.duty.words import known, on_call_name, schedule_page, time_range, zone_note
from tocsin.kernel.crypto import Keys
from tocsin.kernel.db import Unit
from tocsin.oncall.kinds import SwapAnswered
from tocsin.oncall.links import swap_token
from tocsin.oncall.model import Swap, SwapState
from tocsin.oncall.swap_queries import swap_by_id

#: A request about what begins so soon does not wait until somebody reads their mail.
SOON = timedelta(hours=2)
COVER = "/on-call/cover"


async def ask(
    u: Unit, keys: Keys, swap_id: UUID, *, without: UUID | None = None, only: UUID | None = None
) -> None:
    """One message each with a link of their own; nothing to those who said no, or when it is answered. `only` one of them
    is reminded."""
    swap = await swap_by_id(u, swap_id)
    if swap is None or swap.archived:
        return
    zones = await _zones(u, swap.waits_for_ids)
    urgent = swap.starts_at - await u.clock() < SOON
    subject = f"{'Still open: can' if only else 'Can'} you take {swap.from_name}'s shift?"
    for person in swap.waits_for_ids:
        if person != without and only in (None, person):
            link = f"/swap/{swap_token(keys, swap.id, person, swap.starts_at)}"
            text = _request(swap, await asked(u, swap, person), zones[person])
            await tell(u, [person], subject, text, link, urgent=urgent)


def _request(swap: Swap, what: Asked | None, zone: str) -> str:
    lines = [f"{on_call_name(swap.schedule_name)}, {time_range(swap.starts_at, swap.ends_at, zone)}."]
    lines += [*what.facts, *what.warnings] if what else []
    if swap.note:
        lines += ["", f"{swap.from_name} writes: {swap.note}"]
    return "\n".join([*lines, "", f"One tap answers. {zone_note(zone)}"])


async def answered(u: Unit, said: SwapAnswered, by: UUID | None) -> None:
    """Whoever asked hears the answer, unless it is theirs (`by`); and whoever took the shift that it is theirs."""
    swap = await swap_by_id(u, said.swap_id)
    if swap is None:
        return
    askers = {swap.from_user_id, swap.created_by or swap.from_user_id} - {by, said.person_id}
    zones = await _zones(u, [*askers, *([said.person_id] if said.person_id else [])])
    for person in sorted(askers & zones.keys()):
        await _answer(u, swap, said, person, zones[person])
    if said.state == SwapState.ACCEPTED and said.person_id in zones:
        await _confirm(u, swap, said.person_id, zones[said.person_id])


async def _answer(u: Unit, swap: Swap, said: SwapAnswered, person: UUID, zone: str) -> None:
    own = person == swap.from_user_id
    subject = _outcome(said, "your shift" if own else f"{swap.from_name}'s shift")
    text = _about(swap, zone)
    if said.state == SwapState.DECLINED and not said.closed:
        text += f"\n\nIt still waits for {', '.join(swap.waits_for)}." if swap.waits_for else ""
    elif said.state == SwapState.MOVED:
        text += "\n\nThe schedule changed, and the request is closed."
    elif said.state != SwapState.ACCEPTED:
        text += f"\n\n{'You stay' if own else f'{swap.from_name} stays'} on call then, unless somebody else takes it."
    await tell(u, [person], subject, text, COVER if not said.closed else schedule_page(swap.schedule_id))


def _outcome(said: SwapAnswered, what: str) -> str:
    match said.state:
        case SwapState.ACCEPTED:
            return f"{said.person} takes {what}"
        case SwapState.DECLINED:
            return f"{said.person} cannot take {what}"
        case SwapState.WITHDRAWN:
            return f"The request about {what} was withdrawn"
        case SwapState.MOVED:
            return f"Nobody needs to take {what} any more"
        case _:
            return f"Nobody answered in time about {what}"


async def _confirm(u: Unit, swap: Swap, taker: UUID, zone: str) -> None:
    subject = f"You take {swap.from_name}'s shift"
    await tell(u, [taker], subject, _about(swap, zone), schedule_page(swap.schedule_id))


def _about(swap: Swap, zone: str) -> str:
    lines = [f"{on_call_name(swap.schedule_name)}, {time_range(swap.starts_at, swap.ends_at, zone)}."]
    if swap.return_starts_at and swap.return_ends_at:
        back = time_range(swap.return_starts_at, swap.return_ends_at, zone)
        lines.append(f"In return {swap.from_name} takes {back}.")
    return "\n".join([*lines, zone_note(zone)])


async def _zones(u: Unit, people: Iterable[UUID]) -> dict[UUID, str]:
    rows = await u.rows(sql.zones_of, list(people))
    return {row["id"]: known(row["time_zone"]) for row in rows}
