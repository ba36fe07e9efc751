"""Noise: whether pages were useful, and which services and sources page for nothing."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter

from tocsin.alerts.queries import alert_named, rating_of
from tocsin.alerts.ratings import Rating, rate
from tocsin.api.v1.auth import Call
from tocsin.api.v1.oncall_bodies import Strict
from tocsin.kernel.errors import NotFound
from tocsin.paging import noise as paged

router = APIRouter(tags=["Noise"])


class RatingBody(Strict):
    """Your answer."""

    useful: bool


@router.put("/alerts/{alert}/rating")
async def rate_alert(call: Call, alert: str, body: RatingBody) -> Rating:
    """Says whether the alert's page was useful (or noise); your last answer counts. `useful`, `noise`: how many said so; `own`: you."""
    found = await alert_named(call.db, alert)
    if found is None:
        raise NotFound("There is no such alert.")
    async with call.unit() as u:
        await rate(u, found.id, useful=body.useful)
        return await rating_of(u, found.id, u.actor.id)


@router.get("/noise")
async def noise(call: Call) -> dict[str, Any]:
    """Per service and source the alerts of the last 28 days: `pages`, `nights` (22:00 to 06:00 of whoever was paged), `short_lived`
    (closed within 5 minutes, acknowledged by nobody), answers, groups, and `suggestions` in plain words."""
    rows = await paged.noise(call.db)
    return {"days": paged.DAYS, "rows": [asdict(row) | {"suggestions": row.suggestions} for row in rows]}
