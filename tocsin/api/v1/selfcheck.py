"""A real page to oneself, for a monitor that asks from time to time whether paging works."""

from typing import Any

from fastapi import APIRouter

from tocsin.alerts.queries import alert_named
from tocsin.api.v1.auth import Call
from tocsin.paging.selfcheck import selfcheck

router = APIRouter(tags=["Alerts"])


@router.post("/selfcheck", status_code=202)
async def begin(call: Call) -> dict[str, Any]:
    """Opens an alert and pages the token's person by their rules. Its ledger tells when the page arrived; then close it."""
    async with call.unit() as u:
        alert_id = await selfcheck(u)
    alert = await alert_named(call.db, str(alert_id))
    return {"alert": alert.number if alert else None, "id": alert_id}
