"""Silences: alerts that match are stored and shown, and page nobody until it ends. Paging asks the schema which those are."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tocsin.alerts.silence_check import SLOW_HANDS, checked
from tocsin.alerts.silence_model import (
    LONGEST,
    LONGEST_SERIES,
    Matcher,
    Operator,
    Preview,
    Silence,
    SilenceDraft,
    SilenceState,
)
from tocsin.alerts.silence_times import reminder, windows
from tocsin.kernel.commands import command
from tocsin.kernel.db import VALUE_ERRORS, Reader, Unit
from tocsin.kernel.errors import Conflict, Invalid, NotFound
from tocsin.kernel.ids import new_id
from tocsin.kernel.sql import Statements
from tocsin.oncall.clocks import ZONE_DATA
from tocsin.oncall.hours import hours_of
from tocsin.people.audit import audit

sql = Statements("tocsin.alerts", "silences.sql")
#: A preview looks at so many alerts at most.
LOOKED_AT = 20_000
NONE = "There is no such silence."


@command("silence.create")
async def create_silence(u: Unit, draft: SilenceDraft) -> UUID:
    """Quiet from its start on; of its actor unless it names another owner. Raises `Invalid` with the field's name, and for
    one that matches everything unless it is confirmed."""
    now = await u.clock()
    if now - SLOW_HANDS <= draft.starts_at < now:
        draft = replace(draft, starts_at=now)
    if draft.starts_at < now:
        raise Invalid("starts_at", "It cannot start in the past.")
    kept, remind_at = await _ready(u, draft, now)
    silence_id = new_id()
    await u.run(sql.add, silence_id, *_columns(kept, remind_at), u.actor.name)
    await _add_parts(u, silence_id, kept)
    await audit(u, "silence.create", _subject(kept.reason, silence_id), None, _noted(kept))
    u.touch("silences", "work")
    return silence_id


@command("silence.change")
async def change_silence(u: Unit, silence_id: UUID, draft: SilenceDraft) -> None:
    """What it is from now on. Alerts that it does not match any more page at once."""
    before = await _unfinished(u, silence_id)
    now = await u.clock()
    if draft.starts_at < now and draft.starts_at != before.starts_at:
        # Whoever changes one that is quiet already sends its start along, cut to the minute.
        draft = replace(draft, starts_at=min(before.starts_at, now))
    kept, remind_at = await _ready(u, draft, now)
    await u.run(sql.change, silence_id, *_columns(kept, remind_at))
    await u.run(sql.forget_parts, silence_id)
    await _add_parts(u, silence_id, kept)
    await u.run(sql.moved, silence_id)
    await audit(
        u, "silence.change", _subject(kept.reason, silence_id), _noted(draft_of(before)), _noted(kept)
    )
    u.touch("silences", "work")


@command("silence.extend")
async def extend_silence(u: Unit, silence_id: UUID, until: datetime) -> None:
    """Another end, at most 30 days from now (one that recurs: a year)."""
    before, now = await _unfinished(u, silence_id), await u.clock()
    longest = LONGEST_SERIES if before.weekly else LONGEST
    if not now < until <= now + longest:
        raise Invalid("until", f"It ends in the future, {longest.days} days from now at most.")
    draft = draft_of(before, ends_at=until)
    if until <= draft.starts_at:
        raise Invalid("until", "It must end after it starts.")
    owner = await u.row(sql.owner, before.owner_id)
    remind_at = reminder(hours_of(owner), before.starts_at, until, now) if owner else None
    await u.run(sql.set_end, silence_id, until, remind_at)
    await _reckon(u, silence_id, draft)
    await u.run(sql.moved, silence_id)
    subject = _subject(before.reason, silence_id)
    await audit(
        u, "silence.extend", subject, {"ends_at": before.ends_at.isoformat()}, {"ends_at": until.isoformat()}
    )
    u.touch("silences", "work")


@command("silence.end")
async def end_silence(u: Unit, silence_id: UUID, *, why: str = "") -> None:
    """Over now: alerts under it that are still open page at once. Doing it twice changes nothing."""
    silence = await _locked(u, silence_id)
    if not await u.run(sql.end, silence_id, why or u.actor.name):
        return
    await u.run(sql.moved, silence_id)
    await audit(
        u,
        "silence.end",
        _subject(silence.reason, silence_id),
        {"ends_at": silence.ends_at.isoformat()},
        {"by": why or u.actor.name},
    )
    u.touch("silences", "work", "alerts")


async def end_with_alerts(u: Unit, alert_ids: Sequence[UUID]) -> None:
    """Alerts were closed: silences that end with them are over."""
    for row in await u.rows(sql.with_alerts, list(alert_ids)):
        await end_silence(u, row["id"], why="its alert, which was closed")


def draft_of(silence: Silence, *, ends_at: datetime | None = None) -> SilenceDraft:
    """One as it stands, to be changed."""
    return SilenceDraft(
        silence.reason, silence.starts_at, ends_at or silence.ends_at, silence.matchers, silence.service_ids, silence.kind,
        silence.link, silence.weekly, silence.owner_id, silence.ends_with_alert_id, confirmed=True,
    )  # fmt: skip


async def _ready(u: Unit, draft: SilenceDraft, now: datetime) -> tuple[SilenceDraft, datetime | None]:
    """Checked, with its owner and the moment of the reminder."""
    kept = checked(draft, now)
    owner = await u.row(sql.owner, kept.owner_id or u.actor.id)
    if owner is None:
        raise Invalid("owner_id", "A silence has an owner: somebody with an active account.")
    if await u.value(sql.known, list(kept.service_ids)) != len(kept.service_ids):
        raise Invalid("service_ids", "One of the services does not exist.")
    if kept.ends_with_alert_id and not await u.value(sql.alert_is_open, kept.ends_with_alert_id):
        raise Invalid("ends_with_alert_id", "The alert that it ends with is closed already.")
    await _refuse_everything(u, kept)
    return replace(kept, owner_id=owner["id"]), reminder(hours_of(owner), kept.starts_at, kept.ends_at, now)


async def _refuse_everything(u: Unit, draft: SilenceDraft) -> None:
    wide = await matches_anything(u, draft.matchers)
    if draft.service_ids or draft.confirmed:
        return
    seen = await preview(u, draft)
    if wide or seen.everything:
        raise Invalid(
            "confirmed",
            f"This would silence everything: {seen.matched} of the {seen.looked_at} alerts of the last 7 days. "
            "Confirm that you mean it, or say more.",
        )


async def matches_anything(u: Unit, matchers: Iterable[Matcher]) -> bool:
    """Whether no alert can fail these conditions, but for what they exclude. Raises `Invalid` for what is no pattern."""
    wide = True
    for matcher in matchers:
        if matcher.operator is Operator.MATCHES:
            try:
                async with u.savepoint():
                    wide = bool(await u.value(sql.odd_texts_match, matcher.value)) and wide
            except VALUE_ERRORS as error:
                raise Invalid("matchers", f"“{matcher.value}” is no pattern: {error}.") from error
        elif matcher.operator is not Operator.NOT_EQUALS:
            wide = False
    return wide


async def _add_parts(u: Unit, silence_id: UUID, draft: SilenceDraft) -> None:
    matchers = draft.matchers
    columns = [m.field for m in matchers], [str(m.operator) for m in matchers], [m.value for m in matchers]
    await u.run(sql.add_matchers, silence_id, *columns)
    await u.run(sql.add_services, silence_id, list(draft.service_ids))
    await _reckon(u, silence_id, draft)


async def _reckon(u: Unit, silence_id: UUID, draft: SilenceDraft) -> None:
    """Writes down when it is quiet."""
    ranges = windows(draft)
    await u.run(sql.forget_windows, silence_id)
    await u.run(sql.add_windows, silence_id, [s for s, _ in ranges], [e for _, e in ranges])
    await u.run(sql.reckoned, silence_id, ZONE_DATA)


async def reckon_again(u: Unit) -> None:
    """At every start of a process: those that recur follow the time zone data that is here now."""
    for row in await u.rows(sql.other_zone_data, ZONE_DATA):
        await _reckon(u, row["id"], draft_of(await _locked(u, row["id"])))
        await u.run(sql.moved, row["id"])


def _columns(draft: SilenceDraft, remind_at: datetime | None) -> tuple[Any, ...]:
    weekly = draft.weekly
    recurs = (
        (list(weekly.days), weekly.starts, weekly.ends, weekly.time_zone)
        if weekly
        else ([], None, None, "UTC")
    )
    return (
        str(draft.kind), draft.reason, draft.link, draft.owner_id, draft.starts_at, draft.ends_at, *recurs, ZONE_DATA,
        draft.ends_with_alert_id, remind_at,
    )  # fmt: skip


def _noted(draft: SilenceDraft) -> dict[str, Any]:
    """For the audit: what it is about, and when."""
    weekly = draft.weekly
    return {
        "reason": draft.reason, "starts_at": draft.starts_at.isoformat(), "ends_at": draft.ends_at.isoformat(),
        "matchers": [m.text for m in draft.matchers], "services": [str(s) for s in draft.service_ids],
        "owner": str(draft.owner_id or ""),
        **({"days": list(weekly.days), "from": f"{weekly.starts:%H:%M}", "to": f"{weekly.ends:%H:%M}"} if weekly else {}),
    }  # fmt: skip


def _subject(reason: str, silence_id: UUID) -> str:
    return f"{reason[:80]} ({silence_id})"


async def _locked(u: Unit, silence_id: UUID) -> Silence:
    await u.row(sql.lock, silence_id)
    return await silence_by_id(u, silence_id)


async def _unfinished(u: Unit, silence_id: UUID) -> Silence:
    silence = await _locked(u, silence_id)
    if silence.state is SilenceState.PAST:
        raise Conflict("This silence is over. Make another one.")
    return silence


# -- reading


async def silence_by_id(db: Reader, silence_id: UUID) -> Silence:
    """One, also when it is over. Raises `NotFound`."""
    found = await db.first(Silence, sql.silences, silence_id, None, None, 1)
    if found is None:
        raise NotFound(NONE)
    return found


async def silences(
    db: Reader, state: SilenceState | None = None, service_id: UUID | None = None, limit: int = 100
) -> list[Silence]:
    """Those in a state, or all: what is quiet now first, the soonest end on top."""
    return await db.all(Silence, sql.silences, None, None if state is None else str(state), service_id, limit)


async def preview(db: Reader, draft: SilenceDraft) -> Preview:
    """What it would have silenced. The draft is a checked one."""
    rules = [{"field": m.field, "operator": str(m.operator), "value": m.value} for m in draft.matchers]
    row = await db.row(sql.preview, rules, list(draft.service_ids), LOOKED_AT)
    return Preview(**row) if row else Preview(0, 0, 0)


# -- reminders


async def take_reminders(u: Unit) -> list[Silence]:
    """Those whose owner is to hear of the end now; each is taken once."""
    return [await silence_by_id(u, row["id"]) for row in await u.rows(sql.take_reminders)]


async def remind_later(u: Unit, silence_id: UUID, at: datetime) -> None:
    """Its owner does not work now."""
    await u.run(sql.remind_later, silence_id, at)


def in_time(at: datetime, ends: datetime) -> bool:
    """Whether there is something left to decide by then."""
    return at + timedelta(minutes=5) < ends
