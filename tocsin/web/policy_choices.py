"""What a policy's form offers: whom to page by kind, teams to fall back to, time zones."""

from typing import Any

from starlette.requests import Request

from tocsin.edge.channels import Channel, new_channel
from tocsin.edge.door import site_of
from tocsin.kernel.crypto import new_webhook_secret
from tocsin.oncall.offered import zones
from tocsin.oncall.queries import schedules
from tocsin.paging.plans import Kind, Plan
from tocsin.paging.policy_queries import channels
from tocsin.people.queries import teams, users

#: What each group of targets is called.
GROUPS = (
    (Kind.SCHEDULE, "Whoever is on call"),
    (Kind.NEXT, "Next in the schedule"),
    (Kind.PREVIOUS, "Previous in the schedule"),
    (Kind.TEAM, "A team, by its own rule"),
    (Kind.ROUND_ROBIN, "One of a team, in turn"),
    (Kind.WHOLE_TEAM, "Everybody in a team"),
    (Kind.USER, "By name"),
)


async def choices(request: Request, plan: Plan | None = None) -> dict[str, Any]:
    """`groups` of (label, [(value, name)]); `called` maps the value of a target to how it is shown, also for one that cannot
    be chosen any more."""
    db = site_of(request).database
    people = [(u.id, u.name) for u in await users(db) if u.disabled_at is None]
    named = {"user": people, "schedule": [(s.id, s.name) for s in await schedules(db)]}
    named["team"] = [(t.id, t.name) for t in await teams(db)]
    groups = [(label, [(f"{kind}:{of}", name) for of, name in named[kind.of]]) for kind, label in GROUPS]
    known = [target for step in plan.steps for target in step.targets] if plan else []
    called = {f"{t.kind}:{t.id}": (t.words, "") for t in known}
    for label, options in groups:
        called |= {value: (name, label) for value, name in options}
    for channel in (await channels(db, plan)).values() if plan else ():
        where = "" if channel.transport == "webhook" else f" by {channel.transport}"
        called[f"{channel.kind}:{channel.id}"] = (
            channel.name,
            channel.kind.replace("_", " ").capitalize() + where,
        )
    return {
        "groups": groups, "called": called, "teams": named["team"], "team_names": dict(named["team"]), "zones": zones(),
        "new_secret": new_webhook_secret(),
    }  # fmt: skip


def channels_of(request: Request) -> Channel:
    """Makes a channel of what was typed, as its transport accepts it. Raises `Invalid`."""
    site = site_of(request)
    return lambda kind, name, address, secret: new_channel(site, kind, name, address, secret)
