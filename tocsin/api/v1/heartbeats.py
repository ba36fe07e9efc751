"""Heartbeats: what should report regularly; and pinging them by their id."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from tocsin.alerts import heartbeats
from tocsin.alerts.heartbeat_mail import mail_address_of
from tocsin.alerts.heartbeat_model import LONGEST, LONGEST_GRACE, SHORTEST, Heartbeat, HeartbeatDraft
from tocsin.api.v1.auth import Call, Caller
from tocsin.api.v1.oncall_bodies import Strict

router = APIRouter(tags=["Heartbeats"])


class HeartbeatBody(Strict):
    """Something that should report at least every `interval_s` seconds, `grace_s` late at most."""

    name: str = Field(min_length=1, max_length=100)
    interval_s: int = Field(ge=SHORTEST, le=LONGEST)
    grace_s: int = Field(60, ge=0, le=LONGEST_GRACE)
    priority: int = Field(3, ge=1, le=5)
    service_id: UUID | None = None
    description: str = Field("", max_length=2000)

    def draft(self) -> HeartbeatDraft:
        """As the domain takes it."""
        return HeartbeatDraft(**self.model_dump())


@router.get("/heartbeats")
async def list_heartbeats(call: Call) -> dict[str, Any]:
    """All in use, the missed ones first. Their addresses are for those who may configure."""
    now = await call.db.clock()
    return {"heartbeats": [_shown(call, h, str(h.state(now))) for h in await heartbeats.heartbeats(call.db)]}


@router.post("/heartbeats", status_code=201)
async def create_heartbeat(call: Call, body: HeartbeatBody) -> dict[str, Any]:
    """Creates one, watched from its first ping on. The answer holds the address to ping."""
    async with call.unit() as u:
        heartbeat_id = await heartbeats.create_heartbeat(u, body.draft())
    return await _one(call, heartbeat_id)


@router.get("/heartbeats/{heartbeat_id}")
async def get_heartbeat(call: Call, heartbeat_id: UUID) -> dict[str, Any]:
    """One of them."""
    return await _one(call, heartbeat_id)


@router.put("/heartbeats/{heartbeat_id}")
async def change_heartbeat(call: Call, heartbeat_id: UUID, body: HeartbeatBody) -> dict[str, Any]:
    """What is expected from now on."""
    async with call.unit() as u:
        await heartbeats.change_heartbeat(u, heartbeat_id, body.draft())
    return await _one(call, heartbeat_id)


@router.delete("/heartbeats/{heartbeat_id}", status_code=204)
async def archive_heartbeat(call: Call, heartbeat_id: UUID) -> None:
    """Takes it out of use; an alert about it is closed."""
    async with call.unit() as u:
        await heartbeats.archive_heartbeat(u, heartbeat_id)


@router.post("/heartbeats/{heartbeat_id}/ping")
async def ping_heartbeat(call: Call, heartbeat_id: UUID) -> dict[str, Any]:
    """It is alive."""
    async with call.unit() as u:
        await heartbeats.ping(u, heartbeat_id, came_from=f"{call.actor.name} by the API")
    return await _one(call, heartbeat_id)


@router.post("/heartbeats/{heartbeat_id}/pause")
async def pause_heartbeat(call: Call, heartbeat_id: UUID) -> dict[str, Any]:
    """Nothing is expected until it is resumed; an alert about it is closed."""
    async with call.unit() as u:
        await heartbeats.pause_heartbeat(u, heartbeat_id)
    return await _one(call, heartbeat_id)


@router.post("/heartbeats/{heartbeat_id}/resume")
async def resume_heartbeat(call: Call, heartbeat_id: UUID) -> dict[str, Any]:
    """Watched again, from the next ping on."""
    async with call.unit() as u:
        await heartbeats.resume_heartbeat(u, heartbeat_id)
    return await _one(call, heartbeat_id)


@router.post("/heartbeats/{heartbeat_id}/renew")
async def renew_heartbeat(call: Call, heartbeat_id: UUID) -> dict[str, Any]:
    """Another address; the one before ends at once."""
    async with call.unit() as u:
        await heartbeats.renew_address(u, heartbeat_id)
    return await _one(call, heartbeat_id)


async def _one(call: Caller, heartbeat_id: UUID) -> dict[str, Any]:
    found = await heartbeats.heartbeat_by_id(call.db, heartbeat_id)
    return _shown(call, found, str(found.state(await call.db.clock())))


def _shown(call: Caller, found: Heartbeat, state: str) -> dict[str, Any]:
    names = (
        "id", "name", "description", "service_id", "service_name", "interval_s", "grace_s", "priority", "created_at",
        "last_ping_at", "last_ping_from", "due_at", "missed_at", "paused_at",
    )  # fmt: skip
    shown = {name: getattr(found, name) for name in names} | {"state": state}
    if call.actor.role in ("member", "admin"):
        shown["url"] = heartbeats.address_of(call.site.keys, call.site.settings.url, found)
        if call.site.settings.mail_in:
            shown["mail"] = mail_address_of(call.site.keys, call.site.settings.mail_domain, found)
    return shown
