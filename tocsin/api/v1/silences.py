"""Silences: alerts that match page nobody for a while; and what services depend on."""

from datetime import datetime, time
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, Field

from tocsin.alerts import silences
from tocsin.alerts.silence_check import checked
from tocsin.alerts.silence_model import (
    Matcher,
    Operator,
    Silence,
    SilenceDraft,
    SilenceKind,
    SilenceState,
    Weekly,
)
from tocsin.api.v1.auth import Call, Caller
from tocsin.api.v1.oncall_bodies import Strict, Weekday
from tocsin.catalog.dependencies import Dependencies, dependencies, set_dependencies
from tocsin.paging.silenced import counts, quieten, silenced_by

router = APIRouter(tags=["Silences"])


class MatcherBody(Strict):
    """One condition. `field`: alias, message, source, entity, priority, tag, integration or details.KEY. `matches` takes a
    regular expression of PostgreSQL, met by the whole text."""

    field: str = Field(min_length=1, max_length=208)
    operator: Operator = Operator.EQUALS
    value: str = Field(max_length=500)


class WeeklyBody(Strict):
    """Quiet on these ISO weekdays only, from one time to another on the wall clock of the zone."""

    days: list[Weekday] = Field(min_length=1)
    from_time: time
    to_time: time
    time_zone: str


class SilenceBody(Strict):
    """What pages nobody, why, and until when. All matchers must hold; `service_ids`: only alerts of one of these."""

    reason: str = Field(min_length=1, max_length=500)
    starts_at: AwareDatetime | None = Field(None, description="Now when it is left out.")
    ends_at: AwareDatetime
    matchers: list[MatcherBody] = Field(default_factory=list)
    service_ids: list[UUID] = Field(default_factory=list)
    kind: SilenceKind = SilenceKind.SILENCE
    link: str = Field("", max_length=2000)
    weekly: WeeklyBody | None = None
    owner_id: UUID | None = Field(None, description="The caller when it is left out.")
    ends_with_alert_id: UUID | None = None
    confirmed: bool = Field(False, description="It may match every alert.")
    quieten: bool = Field(True, description="Open alerts that match and page already stop paging too.")

    def draft(self, now: datetime) -> SilenceDraft:
        """As the domain takes it."""
        w = self.weekly
        return SilenceDraft(
            self.reason, self.starts_at or now, self.ends_at,
            tuple(Matcher(m.field, m.operator, m.value) for m in self.matchers), tuple(self.service_ids), self.kind, self.link,
            Weekly(tuple(sorted(set(w.days))), w.from_time, w.to_time, w.time_zone) if w else None,
            self.owner_id, self.ends_with_alert_id, self.confirmed,
        )  # fmt: skip


class UntilBody(Strict):
    """Another end."""

    until: AwareDatetime


class DependenciesBody(Strict):
    """What a service needs to work. `quiet`: its alerts page nobody while one of those has an urgent one; never P1."""

    depends_on: list[UUID] = Field(max_length=50)
    quiet: bool = False


@router.get("/silences")
async def list_silences(
    call: Call, state: SilenceState | None = None, service_id: UUID | None = None
) -> dict[str, Any]:
    """Silences, what is quiet now first; at most 200."""
    found = await silences.silences(call.db, state, service_id, 200)
    numbers = await counts(call.db, [s.id for s in found])
    return {"silences": [_shown(s, numbers) for s in found]}


@router.post("/silences", status_code=201)
async def create_silence(call: Call, body: SilenceBody) -> dict[str, Any]:
    """Creates one. 422 with the field `confirmed` when it would match everything."""
    async with call.unit() as u:
        silence_id = await silences.create_silence(u, body.draft(await u.clock()))
        if body.quieten:
            await quieten(u, silence_id)
    return await _one(call, silence_id)


@router.post("/silences/preview")
async def preview_silence(call: Call, body: SilenceBody) -> dict[str, int]:
    """How many of the last seven days' alerts it would have matched (of at most 20,000 that were looked at), and how many that
    are open and not acknowledged now. Keeps nothing."""
    now = await call.db.clock()
    draft = checked(body.draft(now), now)
    async with call.unit() as u:
        await silences.matches_anything(u, draft.matchers)
        seen = await silences.preview(u, draft)
    return {"matched": seen.matched, "looked_at": seen.looked_at, "open_now": seen.open_now}


@router.get("/silences/{silence_id}")
async def get_silence(call: Call, silence_id: UUID) -> dict[str, Any]:
    """One, with the alerts that it has kept quiet, newest first."""
    return await _one(call, silence_id)


@router.put("/silences/{silence_id}")
async def change_silence(call: Call, silence_id: UUID, body: SilenceBody) -> dict[str, Any]:
    """Replaces what it says. Alerts that it does not match any more page at once. 409 when it is over."""
    before = await silences.silence_by_id(call.db, silence_id)
    async with call.unit() as u:
        await silences.change_silence(u, silence_id, body.draft(before.starts_at))
        if body.quieten:
            await quieten(u, silence_id)
    return await _one(call, silence_id)


@router.post("/silences/{silence_id}/extend")
async def extend_silence(call: Call, silence_id: UUID, body: UntilBody) -> dict[str, Any]:
    """Another end, at most 30 days from now; a year for one that recurs. 409 when it is over."""
    async with call.unit() as u:
        await silences.extend_silence(u, silence_id, body.until)
    return await _one(call, silence_id)


@router.post("/silences/{silence_id}/end")
async def end_silence(call: Call, silence_id: UUID) -> dict[str, Any]:
    """Over now: alerts under it that are still open page at once."""
    async with call.unit() as u:
        await silences.end_silence(u, silence_id)
    return await _one(call, silence_id)


@router.get("/services/{service_id}/dependencies")
async def get_dependencies(call: Call, service_id: UUID) -> Dependencies:
    """What a service depends on (`on`), what depends on it (`of`), and whether its alerts stay quiet under the first."""
    return await dependencies(call.db, service_id)


@router.put("/services/{service_id}/dependencies")
async def put_dependencies(call: Call, service_id: UUID, body: DependenciesBody) -> Dependencies:
    """Replaces what a service depends on."""
    async with call.unit() as u:
        await set_dependencies(u, service_id, body.depends_on, quiet=body.quiet)
    return await dependencies(call.db, service_id)


async def _one(call: Caller, silence_id: UUID) -> dict[str, Any]:
    found = await silences.silence_by_id(call.db, silence_id)
    shown = _shown(found, await counts(call.db, [silence_id]))
    return shown | {"silenced": await silenced_by(call.db, silence_id)}


def _shown(silence: Silence, numbers: dict[UUID, tuple[int, int]]) -> dict[str, Any]:
    names = (
        "id", "kind", "reason", "link", "state", "about", "owner_id", "owner_name", "starts_at", "ends_at", "active_until",
        "next_at", "ends_with_alert_id", "created_at", "created_by", "ended_at", "ended_by", "services",
    )  # fmt: skip
    alerts, now = numbers.get(silence.id, (0, 0))
    weekly = silence.weekly
    return {name: getattr(silence, name) for name in names} | {
        "matchers": silence.rules, "alerts": alerts, "alerts_now": now,
        "weekly": None if weekly is None else {
            "days": weekly.days, "from_time": weekly.starts, "to_time": weekly.ends, "time_zone": weekly.time_zone,
        },
    }  # fmt: skip
