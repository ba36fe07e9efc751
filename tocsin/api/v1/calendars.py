"""Calendars: addresses to subscribe to, and calendars of others as layers."""

from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field, model_validator

from tocsin.api.v1.auth import Call, Caller
from tocsin.api.v1.schedules import schedule_of
from tocsin.kernel.errors import Forbidden, NotSignedIn
from tocsin.oncall import feeds, imports, looks, refresh
from tocsin.oncall.icalread import MOST_BYTES, Occurrence
from tocsin.oncall.looks import Preview

router = APIRouter(tags=["On-call"])
#: Of a preview, so many events are shown.
SHOWN = 100


class FeedBody(BaseModel):
    """What the calendar shows: with neither, the caller's own shifts."""

    team_id: UUID | None = None
    schedule_id: UUID | None = None


class FileBody(BaseModel):
    """The text of an iCalendar file."""

    text: Annotated[str, Field(max_length=MOST_BYTES)]


class CalendarBody(BaseModel):
    """Either the text of an iCalendar file, or the address of one, which is asked again every hour."""

    text: Annotated[str | None, Field(max_length=MOST_BYTES)] = None
    url: Annotated[str | None, Field(max_length=2000)] = None
    name: Annotated[str, Field(max_length=100, description="Of the layer.")] = ""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.text is None) == (self.url is None):
            raise ValueError("give either text or url")
        return self


@router.get("/calendar-feeds")
async def list_feeds(call: Call) -> dict[str, Any]:
    """The caller's own calendar addresses. Whoever has one sees its shifts, until it is removed."""
    found = await feeds.feeds_of(call.db, _person(call))
    return {"feeds": [{"name": f.name, "fetched_at": f.fetched_at, **_feed(call, f.id), "user_id": f.user_id,
                       "team_id": f.team_id, "schedule_id": f.schedule_id} for f in found]}  # fmt: skip


@router.post("/calendar-feeds", status_code=201)
async def create_feed(call: Call, body: FeedBody) -> dict[str, Any]:
    """An address for the caller's own shifts, a team's or a schedule's; the one that is there already if there is one."""
    async with call.unit() as u:
        feed_id = await feeds.create_feed(u, team_id=body.team_id, schedule_id=body.schedule_id)
    return _feed(call, feed_id)


@router.post("/calendar-feeds/{feed_id}/renew", status_code=201)
async def renew_feed(call: Call, feed_id: UUID) -> dict[str, Any]:
    """Another address for the same; the old one shows nothing any more."""
    async with call.unit() as u:
        new_id = await feeds.renew_feed(u, feed_id)
    return _feed(call, new_id)


@router.delete("/calendar-feeds/{feed_id}", status_code=204)
async def remove_feed(call: Call, feed_id: UUID) -> None:
    """Ends an address at once."""
    async with call.unit() as u:
        await feeds.remove_feed(u, feed_id)


@router.get("/schedules/{schedule_id}/calendars")
async def list_calendars(call: Call, schedule_id: UUID) -> dict[str, Any]:
    """The layers of a schedule that are calendars: how many events are to come, and how the last look went. Their
    addresses are whole for those who may edit the schedule."""
    await schedule_of(call, schedule_id)
    found = await looks.calendar_layers(call.db, schedule_id)
    return {"calendars": found if _may_edit(call) else looks.without_secrets(found)}


@router.post("/schedules/{schedule_id}/calendars/preview")
async def preview_calendar(call: Call, schedule_id: UUID, body: CalendarBody) -> dict[str, Any]:
    """What a calendar would bring, and what in it names nobody here. Nothing is saved."""
    found = await looks.preview(call.db, await _occurrences(call, schedule_id, body))
    return _previewed(found)


@router.post("/schedules/{schedule_id}/calendars", status_code=201)
async def add_calendar(call: Call, schedule_id: UUID, body: CalendarBody) -> dict[str, Any]:
    """A calendar as the new top layer of a schedule."""
    found = await _occurrences(call, schedule_id, body)
    async with call.unit() as u:
        rotation_id = await imports.add_calendar(u, schedule_id, found, name=body.name, url=body.url)
    return {"id": rotation_id}


@router.put("/schedules/{schedule_id}/calendars/{rotation_id}")
async def import_file(call: Call, schedule_id: UUID, rotation_id: UUID, body: FileBody) -> dict[str, Any]:
    """Puts another file's events in the place of those of a layer without an address."""
    if not _may_edit(call):
        raise Forbidden(f"Your role is {call.actor.role}; this needs the role member.")
    zone = await looks.zone_for(call.db, schedule_id, rotation_id)
    found = await looks.occurrences_in(call.db, body.text, zone)
    async with call.unit() as u:
        stored = await imports.import_file(u, schedule_id, rotation_id, found)
    return {"events": stored}


@router.post("/schedules/{schedule_id}/calendars/refresh", status_code=202)
async def refresh_calendars(call: Call, schedule_id: UUID) -> dict[str, Any]:
    """Has the calendars of a schedule asked again now; see the list for how it went."""
    await schedule_of(call, schedule_id)
    async with call.unit() as u:
        return {"asked": await refresh.refresh_now(u, schedule_id)}


async def _occurrences(call: Caller, schedule_id: UUID, body: CalendarBody) -> list[Occurrence]:
    """Read only for those who may save it: a viewer must not have strangers asked, nor texts read that take long."""
    if not _may_edit(call):
        raise Forbidden(f"Your role is {call.actor.role}; this needs the role member.")
    zone = await looks.zone_for(call.db, schedule_id)
    if body.url is not None:
        return await refresh.read_address(call.db, call.site.outbound, body.url, zone)
    return await looks.occurrences_in(call.db, body.text or "", zone)


def _may_edit(call: Caller) -> bool:
    return call.actor.role in ("member", "admin")


def _previewed(found: Preview) -> dict[str, Any]:
    events = [
        {"starts_at": e.starts_at, "ends_at": e.ends_at, "who": e.who, "user_id": e.user_id,
         "user": found.names[e.user_id] if e.user_id else None}
        for e in found.events[:SHOWN]
    ]  # fmt: skip
    return {"events": events, "count": len(found.events), "unmatched": found.unmatched}


def _feed(call: Caller, feed_id: UUID) -> dict[str, Any]:
    return {"id": feed_id, "address": feeds.address_of(call.site.keys, call.site.settings.url, feed_id)}


def _person(call: Caller) -> UUID:
    if call.actor.id is None:
        raise NotSignedIn("A calendar address belongs to a person.")
    return call.actor.id
