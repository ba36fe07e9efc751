"""What people are told when the record of a schedule goes on: shifts that moved, requests and their answers."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from tocsin.duty import handover, requests
from tocsin.duty.tell import sql, tell
from tocsin.duty.words import on_call_name, schedule_page, time_range, zone_note
from tocsin.kernel.crypto import Keys
from tocsin.kernel.db import Row, Unit
from tocsin.kernel.work import Batch, Work
from tocsin.oncall.kinds import Move, ShiftsMoved, SwapAnswered, SwapAsked, SwapReminded
from tocsin.record.kinds import Kind, decode
from tocsin.record.queries import entry

MOVED, REQUEST, RULES = "duty.tell_moved", "duty.tell_request", "duty.handover_rules"
FOLLOWS = {
    "shifts_moved": [MOVED],
    "swap_asked": [REQUEST],
    "swap_reminded": [REQUEST],
    "swap_answered": [REQUEST],
    "schedule_changed": [RULES],
}


def batches(keys: Keys) -> dict[str, Batch]:
    """The handlers, with the keys that sign the links of requests."""

    async def tell_request(u: Unit, works: list[Work]) -> None:
        """Batch: whoever can say yes is asked, but for who asked; the one who is reminded; and who hears the answer."""
        for work in works:
            payload, by = await _entry(u, work)
            match payload:
                case SwapAsked():
                    await requests.ask(u, keys, payload.swap_id, without=by)
                case SwapReminded():
                    await requests.ask(u, keys, payload.swap_id, only=payload.user_id)
                case SwapAnswered():
                    await requests.answered(u, payload, by)

    return {MOVED: tell_moved, REQUEST: tell_request, RULES: handover.follow_rules}


async def _entry(u: Unit, work: Work) -> tuple[Kind | None, UUID | None]:
    """What happened, and who did it."""
    found = await entry(u, UUID(work.payload["stream"]), work.payload["seq"])
    return (decode(found.kind, found.payload), found.actor_id) if found else (None, None)


async def tell_moved(u: Unit, works: list[Work]) -> None:
    """Batch: whose shifts moved is told once per schedule, with what they hold next."""
    moved: dict[UUID, dict[UUID, dict[str, list[Move]]]] = {}
    for work in works:
        payload, _ = await _entry(u, work)
        if not isinstance(payload, ShiftsMoved):
            continue
        for person in payload.people:
            causes = moved.setdefault(UUID(work.payload["stream"]), {}).setdefault(person, {})
            causes.setdefault(payload.cause, []).extend(m for m in payload.moves if m.user_id == person)
    for schedule_id, causes_of in moved.items():
        await _tell_moved(u, schedule_id, causes_of)


async def _tell_moved(
    u: Unit, schedule_id: UUID, causes_of: Mapping[UUID, Mapping[str, Sequence[Move]]]
) -> None:
    name = str(await u.value(sql.schedule_name, schedule_id))
    held: dict[UUID, list[Row]] = {}
    for row in await u.rows(sql.coming_shifts, schedule_id, list(causes_of)):
        held.setdefault(row["user_id"], []).append(row)
    for person, rows in held.items():
        zone = rows[0]["time_zone"]
        changes = [_change(cause, moves, zone) for cause, moves in causes_of[person].items()]
        text = "\n\n".join([*changes, _next_shifts(rows)])
        subject = f"{on_call_name(name)}: your shifts changed"
        await tell(u, [person], subject, text, schedule_page(schedule_id))


def _change(cause: str, moves: Sequence[Move], zone: str) -> str:
    """Why, and what it gave and took; the first three of each."""
    lines = [_sentence(cause)]
    for gained, title in ((True, "New for you:"), (False, "Not yours any more:")):
        ranges = [time_range(m.starts_at, m.ends_at, zone) for m in moves if m.gained is gained]
        more = ["and more"] if len(ranges) > 3 else []
        lines += [title, *(f"- {each}" for each in ranges[:3] + more)] if ranges else []
    return "\n".join(lines)


def _next_shifts(rows: list[Row]) -> str:
    """The next three, on their own clock."""
    zone = rows[0]["time_zone"]
    lines = [f"- {time_range(r['starts_at'], r['ends_at'], zone)}" for r in rows if r["starts_at"]]
    if not lines:
        return "You have no shift in this schedule any more."
    return "\n".join(["Your next shifts:", *lines, "", zone_note(zone)])


def _sentence(cause: str) -> str:
    whole = f"{cause[:1].upper()}{cause[1:]}"
    return whole if whole.endswith((".", "!", "?")) else f"{whole}."
