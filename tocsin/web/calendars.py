"""Private addresses of calendars: made, copied, renewed and ended by whoever owns them."""

from dataclasses import dataclass
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Form, Who, page, render, site_of, viewer_of
from tocsin.kernel.db import Unit
from tocsin.oncall import feeds, looks, queries
from tocsin.oncall.model import Feed
from tocsin.people.queries import teams
from tocsin.web.buttons import button

HERE = "/on-call/calendars"


@dataclass(frozen=True, slots=True)
class Subject:
    """What an address can be for, and the one that is there."""

    name: str
    fields: dict[str, str]
    feed: Feed | None
    address: str


async def show(request: Request) -> Response:
    """One's own address, the teams' and the schedules'; each made when it is asked for."""
    site, viewer = site_of(request), await viewer_of(request)
    db = site.database
    mine = await feeds.feeds_of(db, viewer.id)
    there = {f.user_id or f.team_id or f.schedule_id: f for f in mine}

    def subject(name: str, about: UUID, field: str) -> Subject:
        feed = there.get(about)
        address = feeds.address_of(site.keys, site.settings.url, feed.id) if feed else ""
        return Subject(name, {field: str(about)} if field else {}, feed, address)

    context = {
        "nav": "on-call",
        "groups": [
            ("Your shifts", "In every schedule.", [subject("Your shifts", viewer.id, "")]),
            (
                "Teams",
                "All schedules of a team.",
                [subject(t.name, t.id, "team_id") for t in await teams(db)],
            ),
            ("Schedules", "", [subject(s.name, s.id, "schedule_id") for s in await queries.schedules(db)]),
        ],
        "layers": await looks.calendar_layers(db),
    }
    return await render(request, "oncall/calendars.html", context)


async def _create(u: Unit, form: Form) -> None:
    await feeds.create_feed(u, team_id=form.id("team_id"), schedule_id=form.id("schedule_id"))


async def _renew(u: Unit, form: Form) -> None:
    await feeds.renew_feed(u, form.needed_id("feed_id"))


async def _remove(u: Unit, form: Form) -> None:
    await feeds.remove_feed(u, form.needed_id("feed_id"))


def routes() -> list[BaseRoute]:
    """Before the schedules' own pages: their addresses begin the same."""
    made = "The address is ready. Whoever has it sees the shifts: keep it to yourself."
    return [
        page(HERE, show, who=Who.VIEWER),
        page(HERE, button(_create, back=HERE, said=made), who=Who.VIEWER, methods=["POST"]),
        page(f"{HERE}/renew", button(_renew, back=HERE, said="There is a new address. The old one shows nothing any more."),
             who=Who.VIEWER, methods=["POST"]),
        page(f"{HERE}/remove", button(_remove, back=HERE, said="That address shows nothing any more."),
             who=Who.VIEWER, methods=["POST"]),
    ]  # fmt: skip
