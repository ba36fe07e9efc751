"""Pages of people and alerts, why somebody was paged or not, and the vendors that carry them."""

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field

from tocsin.alerts.model import Alert
from tocsin.alerts.queries import alert_named
from tocsin.api.v1.auth import Call, Caller
from tocsin.kernel.errors import Forbidden, Invalid, NotFound
from tocsin.paging import vendors, why
from tocsin.paging.vendor_model import Health, state_of, title_of
from tocsin.paging.why_model import Explained

router = APIRouter(tags=["Pages"])


class VendorBody(BaseModel):
    """A vendor as the list names it."""

    vendor: str = Field(min_length=1, max_length=300)


@router.get("/pages")
async def list_pages(
    call: Call,
    user: Annotated[
        UUID | None, Query(description="Whose; without it and without an alert one's own.")
    ] = None,
    alert: Annotated[str, Query(max_length=40, description="Number or id of an alert.")] = "",
    start: Annotated[AwareDatetime | None, Query(alias="from", description="Without it: a week ago.")] = None,
    to: AwareDatetime | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """The newest pages, each with why it was made and every message and try. Others' pages are for their team's admins
    and administrators. For a person also the alerts of that stretch that could have paged them and did not."""
    about = await _alert(call, alert) if alert else None
    person = user or (None if about and call.actor.role == "admin" else _oneself(call))
    if person is not None:
        await why.check_reader(call.db, call.actor, person)
    end = to or await call.db.clock() + timedelta(minutes=1)
    begin = start or (about.created_at if about else end - timedelta(days=7))
    if begin >= end:
        raise Invalid("from", "The stretch must begin before it ends.")
    found = await why.pages_found(
        call.db, begin, end, user_id=person, alert_id=about.id if about else None, limit=limit
    )
    missed = await why.not_paged(call.db, person, begin, end) if person and not about else []
    return {"pages": [_explained(each) for each in found], "not_paged": missed}


@router.get("/alerts/{alert}/why")
async def explain(call: Call, alert: str, user: UUID | None = None) -> dict[str, Any]:
    """Why a person, oneself if none is named, was paged for an alert, or why not."""
    person = user or _oneself(call)
    await why.check_reader(call.db, call.actor, person)
    found = await why.why(call.db, await _alert(call, alert), person)
    return {
        "alert": found.alert_number, "user_id": found.user_id, "user": found.user_name, "paged": found.paged,
        "pages": [_explained(each) for each in found.pages], "reasons": found.reasons,
    }  # fmt: skip


@router.get("/vendors")
async def list_vendors(call: Call) -> dict[str, Any]:
    """Every vendor that was asked so far: how it stands, and its last hour, day and week. Latencies in milliseconds."""
    now = await call.db.clock()
    titles = {name: t.info.title for name, t in call.site.transports.items()}
    found = await vendors.health(call.db)
    return {
        "vendors": [
            _vendor(windows, title_of(vendor, titles), state_of(windows[0], now)) for vendor, windows in found.items()
        ]
    }  # fmt: skip


@router.post("/vendors/probe", status_code=202)
async def probe_vendor(call: Call, body: VendorBody) -> dict[str, Any]:
    """Asks a vendor now, or lets the next message through; a success ends its rest."""
    async with call.unit() as u:
        await vendors.probe(u, body.vendor)
    return {"vendor": body.vendor, "can_check": vendors.can_check(call.site.transports, body.vendor)}


def _vendor(windows: list[Health], title: str, state: str) -> dict[str, Any]:
    now = windows[0]
    counts = (
        "hours", "taken", "faults", "refused", "arrived", "not_arrived", "overdue", "hand_over_p50", "hand_over_p95",
        "receipt_p50", "receipt_p95", "success",
    )  # fmt: skip
    return {
        "vendor": now.vendor, "title": title, "state": state, "failures": now.failures, "resting_until": now.resting_until,
        "last_success_at": now.last_success_at, "last_failed_at": now.last_failed_at, "last_error": now.last_error,
        "windows": [{name: getattr(window, name) for name in counts} for window in windows],
    }  # fmt: skip


def _explained(each: Explained) -> dict[str, Any]:
    item = each.item
    return {
        "page": item.page, "because": each.because,
        "deliveries": [
            asdict(d) | {"address": d.shown_address, "tries": item.tries(d.id)} for d in item.deliveries
        ],
    }  # fmt: skip


def _oneself(call: Caller) -> UUID:
    if call.actor.id is None:
        raise Forbidden("Only people have pages: name one as user.")
    return call.actor.id


async def _alert(call: Caller, text: str) -> Alert:
    found = await alert_named(call.db, text)
    if found is None:
        raise NotFound("There is no such alert.")
    return found
