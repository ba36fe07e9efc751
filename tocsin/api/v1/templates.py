"""Ready-made layers: what they would be, to be looked at, changed and saved. Nothing is stored here."""

from datetime import date, time, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from tocsin.api.v1.auth import Call
from tocsin.api.v1.oncall_bodies import Strict
from tocsin.kernel.errors import Invalid
from tocsin.oncall.commands import checked
from tocsin.oncall.drafts import MAX_LAYERS, MAX_TURNS, ScheduleDraft, plain_rotation
from tocsin.oncall.model import BadRotation
from tocsin.oncall.templates import Site, follow_the_sun

router = APIRouter(tags=["On-call"])


class SiteBody(Strict):
    """Where some of the people work: its clock, when its day begins there, and who takes weeks, in order."""

    name: str = Field("", max_length=100)
    time_zone: str = Field(max_length=60)
    begins: time = time(9)
    people: list[UUID] = Field(max_length=MAX_TURNS)


class SitesBody(Strict):
    """The sites in the order in which the sun reaches them. `monday`: when the first weeks begin; this week's unless told."""

    sites: Annotated[list[SiteBody], Field(max_length=MAX_LAYERS)]
    monday: date | None = None


@router.post("/schedules/templates/follow-the-sun")
async def sun_template(call: Call, body: SitesBody) -> dict[str, Any]:
    """A layer per site, each until the next site's clock shows the start of its own day: `rotations` as a schedule takes
    them. Nothing is saved."""
    today = (await call.db.clock()).date()
    monday = body.monday or today - timedelta(days=today.weekday())
    sites = [Site(site.name, site.time_zone, site.begins, tuple(site.people)) for site in body.sites]
    try:
        layers = follow_the_sun(sites, monday)
    except BadRotation as error:
        raise Invalid(error.field, str(error)) from error
    draft = await checked(call.db, ScheduleDraft("Follow the sun", sites[0].time_zone, layers))
    return {"rotations": [plain_rotation(layer) for layer in draft.rotations]}
