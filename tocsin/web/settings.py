"""Settings: a card per area, each with a line that says how it stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.alerts.heartbeat_model import Heartbeat, HeartbeatState
from tocsin.alerts.heartbeats import heartbeats
from tocsin.catalog.model import IntegrationHealth
from tocsin.catalog.queries import integrations_with_health
from tocsin.edge.door import Viewer, Who, page, render, site_of, viewer_of
from tocsin.kernel.db import Reader, Row
from tocsin.paging import queries as paging
from tocsin.paging import vendors
from tocsin.people import queries as people
from tocsin.people.model import ContactMethod, User
from tocsin.people.permissions import RANK


@dataclass(frozen=True, slots=True)
class Area:
    """A card. `state` says how it stands, `tone` whether that needs a look; `least` is the role that may open it."""

    href: str
    icon: str
    title: str
    text: str
    state: str = ""
    tone: str = ""
    least: str = "viewer"


async def index(request: Request) -> Response:
    """What the viewer may set."""
    db, viewer = site_of(request).database, await viewer_of(request)
    groups = (
        ("You", await _of_oneself(db, viewer)),
        ("Alerts and paging", await _of_paging(db)),
        ("Organisation", await _of_organisation(db)),
    )
    rank = RANK[viewer.role]
    shown = [(title, [a for a in areas if RANK[a.least] <= rank]) for title, areas in groups]
    return await render(request, "settings/index.html", {"nav": "settings", "groups": shown})


async def _of_oneself(db: Reader, viewer: Viewer) -> list[Area]:
    state, tone = _reach(await people.contact_methods(db, viewer.id))
    own = "/settings/profile"
    return [
        Area(
            own, "user", "Profile and reach", "Your name, your time zone, your contact methods.", state, tone
        ),
        Area(
            "/settings/reached",
            "bell",
            "How I am reached",
            "What a page does to you, quiet hours, do not disturb, rules.",
        ),
        Area(
            "/pages", "bell", "Your pages", "Why you were paged, how each message went, and why you were not."
        ),
        Area(f"{own}/security", "settings", "Password and sessions", "Where you are signed in."),
        Area(f"{own}/tokens", "ticket", "Your API tokens", "For your own scripts and the command line."),
    ]


def _reach(methods: list[ContactMethod]) -> tuple[str, str]:
    proven = sum(1 for method in methods if method.verified_at)
    if not methods:
        return "You cannot be paged.", "late"
    if not proven:
        return "No contact method is verified.", "soon"
    return f"{proven} of {len(methods)} contact methods verified", ""


async def _of_paging(db: Reader) -> list[Area]:
    state, tone = _health(await integrations_with_health(db))
    policies = len(await paging.policies(db))
    paged = (
        (_count(policies, "policy", "policies"), "")
        if policies
        else ("None yet: alerts page nobody.", "soon")
    )
    return [
        Area(
            "/settings/integrations", "alert", "Integrations", "Where alerts come in, their keys, and which service they are about.",
            state, tone, "member",
        ),
        Area(
            "/settings/promises", "now", "Promises", "When an acknowledgement lapses without a sign of life.", least="admin",
        ),
        Area(
            "/settings/heartbeats", "now", "Heartbeats", "What should report regularly, and how it stands.",
            *_beating(await heartbeats(db), await db.clock()),
        ),
        Area("/settings/policies", "bell", "Escalation policies", "Whom to page, in what order.", *paged),
        Area(
            "/settings/vendors", "status", "Vendors", "Who carries pages, how well, and who rests.", *_carried(await vendors.standing(db)),
        ),
        Area("/settings/incidents", "incident", "Types and fields", "Which kinds of incidents there are, and what you want to know of each."),
        Area("/settings/roles", "user", "Roles in incidents", "What people do in an incident, and who may take it."),
        Area("/on-call", "calendar", "On-call schedules", "Who takes turns, and when."),
        Area("/services", "service", "Services", "What can break, and who owns it."),
    ]  # fmt: skip


def _carried(found: Sequence[Row]) -> tuple[str, str]:
    resting = sum(1 for row in found if row["resting"])
    if resting:
        return f"{resting} of {len(found)} rest after failures", "late"
    return (_count(len(found), "vendor works", "vendors work") if found else ""), ""


def _health(found: list[IntegrationHealth]) -> tuple[str, str]:
    silent = sum(1 for i in found if i.last_event_at is None)
    if not found:
        return "None yet: no alert can come in.", "soon"
    wrong = sum(
        1 for i in found if i.last_error_at and (i.last_event_at is None or i.last_error_at > i.last_event_at)
    )
    if wrong:
        return f"{wrong} of {len(found)} with an error", "soon"
    return _count(len(found), "integration", "integrations") + (
        f", {silent} without an alert so far" if silent else ""
    ), ""


async def _of_organisation(db: Reader) -> list[Area]:
    everybody, teams = await people.users(db), await people.teams(db)
    return [
        Area(
            "/settings/people",
            "user",
            "People",
            "Who has an account, and their role.",
            _people(everybody),
            least="member",
        ),
        Area(
            "/settings/teams",
            "chat",
            "Teams",
            "Who belongs together, and owns what.",
            _count(len(teams), "team", "teams"),
        ),
        Area(
            "/settings/tokens", "ticket", "Service tokens", "API tokens of the organisation.", least="admin"
        ),
        Area(
            "/settings/displays",
            "now",
            "Displays",
            "Screens on walls: what is open, who is on call.",
            least="admin",
        ),
        Area("/settings/audit", "notes", "Audit log", "Who changed what, and when.", least="admin"),
        Area(
            "/settings/system",
            "status",
            "System",
            "Version, configuration, and ways to reach people.",
            least="admin",
        ),
    ]


def _people(everybody: list[User]) -> str:
    active = sum(1 for user in everybody if user.disabled_at is None)
    waiting = sum(1 for user in everybody if user.invited and user.disabled_at is None)
    return _count(active, "person", "people") + (f", {waiting} invited" if waiting else "")


def _beating(found: Sequence[Heartbeat], now: datetime) -> tuple[str, str]:
    missed = sum(1 for h in found if h.state(now) is HeartbeatState.MISSED)
    return (f"{missed} missed", "late") if missed else (_count(len(found), "heartbeat", "heartbeats"), "")


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def routes() -> list[BaseRoute]:
    """The start page of the settings."""
    return [page("/settings", index, who=Who.VIEWER)]
