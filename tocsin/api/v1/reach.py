"""How the caller is reached, when they are left alone; and what acknowledgements promise."""

from datetime import datetime, time
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field

from tocsin.alerts import promises
from tocsin.api.v1.auth import Call, Caller
from tocsin.kernel.errors import Forbidden
from tocsin.oncall.clocks import local, zone_exists
from tocsin.paging.reaching import reached_at
from tocsin.paging.transport import working
from tocsin.people import queries, quiet

router = APIRouter(tags=["Reach"])


class UndisturbedBody(BaseModel):
    """Until when what is not urgent waits; null ends it."""

    until: AwareDatetime | None


class QuietHoursBody(BaseModel):
    """Every day, on one's own clock, overnight when the end is earlier; null and null for none."""

    quiet_from: time | None
    quiet_to: time | None


class PromiseDefaultBody(BaseModel):
    """What acknowledging an alert of a priority promises: minutes, 0 for nothing, null for an hour into the next working day."""

    minutes: int | None = Field(ge=0, le=10_080)
    machines: bool = Field(False, description="Whether that goes for programs that acknowledge, too.")


@router.get("/me/reach")
async def reach(call: Call, at: Annotated[AwareDatetime | None, Query()] = None) -> dict[str, Any]:
    """What a page would do to the caller, now or at a moment, per urgency; and when they are left alone."""
    return await _shown(call, at)


@router.put("/me/do-not-disturb")
async def do_not_disturb(call: Call, body: UndisturbedBody) -> dict[str, Any]:
    """What is not urgent waits until then. What is urgent always passes."""
    async with call.unit() as u:
        await quiet.do_not_disturb(u, body.until)
    return await _shown(call, None)


@router.put("/me/quiet-hours")
async def set_quiet_hours(call: Call, body: QuietHoursBody) -> dict[str, Any]:
    """What is not urgent waits during these hours of every day."""
    async with call.unit() as u:
        await quiet.set_quiet_hours(u, body.quiet_from, body.quiet_to)
    return await _shown(call, None)


@router.get("/promises")
async def list_promises(call: Call) -> dict[str, Any]:
    """What an acknowledgement promises, by priority; and what the caller has promised."""
    own = await promises.promises_of(call.db, call.actor.id) if call.actor.id else []
    return {"defaults": await promises.defaults(call.db), "own": own}


@router.put("/promises/{priority}")
async def set_promise(call: Call, priority: int, body: PromiseDefaultBody) -> dict[str, Any]:
    """For acknowledgements from now on."""
    async with call.unit() as u:
        await promises.set_default(u, priority, body.minutes, machines=body.machines)
    return {"defaults": await promises.defaults(call.db)}


async def _shown(call: Caller, at: datetime | None) -> dict[str, Any]:
    user = await queries.user_by_id(call.db, call.actor.id) if call.actor.id else None
    if user is None:
        raise Forbidden("Only people are reached.")
    zone = user.time_zone if zone_exists(user.time_zone) else "UTC"
    moment = at or await call.db.clock()
    titles = {name: transport.info.title for name, transport in call.site.transports.items()}
    told = await reached_at(
        call.db, user.id, moment, f"{local(moment, zone):%H:%M}", titles, working(call.site.transports)
    )
    chosen = await quiet.quiet_of(call.db, user.id)
    own = await queries.has_own_rules(call.db, user.id)
    return {
        "at": moment, "time_zone": zone, "do_not_disturb_until": chosen.until if chosen.covers(await call.db.clock()) else None,
        "quiet_from": chosen.quiet_from, "quiet_to": chosen.quiet_to, "own_rules": own,
        "rules": await queries.rules(call.db, user.id), "reach": told,
    }  # fmt: skip
