"""All pages, in one list for `app`."""

from starlette.routing import BaseRoute

from tocsin.web import (
    ack,
    alerts,
    audit,
    health,
    incidents,
    integrations,
    notes,
    now,
    oncall,
    people,
    policies,
    postmortem,
    profile,
    room,
    room_buttons,
    services,
    settings,
    sign_in,
    status,
    system,
    teams,
    tokens,
    updates,
)
from tocsin.web import (
    dev as developer,
)

ALL = (
    health, now, sign_in, ack, alerts, incidents, room, room_buttons, updates, notes, postmortem, oncall, services,
    policies, integrations, status, settings, profile, people, teams, tokens, audit, system,
)  # fmt: skip


def routes(*, dev: bool) -> list[BaseRoute]:
    """In the order in which they are matched. The developers' pages only with `--dev`."""
    return [route for module in (*ALL, *([developer] if dev else [])) for route in module.routes()]
