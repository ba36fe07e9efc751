"""All pages, in one list for `app`."""

from starlette.routing import BaseRoute

from tocsin.web import (
    ack,
    ack_all,
    alerts,
    audit,
    calendar_feed,
    calendar_import,
    calendars,
    device,
    fairness,
    grouped,
    grouping,
    handbook,
    handover,
    handover_accept,
    handover_link,
    health,
    heartbeats,
    history,
    incidents,
    integrations,
    leave,
    noise,
    notes,
    notes_sync,
    now,
    oncall,
    page_somebody,
    paged,
    people,
    policies,
    postmortem,
    profile,
    promises,
    push,
    reached,
    receipt,
    relief,
    room,
    room_buttons,
    room_items,
    room_steps,
    schedule,
    schedule_buttons,
    schedule_edit,
    services,
    settings,
    sign_in,
    silence_form,
    silence_preview,
    silences,
    status,
    swap_ask,
    swap_link,
    swaps,
    system,
    teams,
    tokens,
    undisturbed,
    updates,
    vendors,
    worker,
)
from tocsin.web import (
    dev as developer,
)

ALL = (
    health, now, sign_in, ack, ack_all, alerts, page_somebody, incidents, room, room_buttons, room_items, room_steps, updates, notes, notes_sync, postmortem,
    fairness, relief, receipt, calendars, calendar_feed, calendar_import, swaps, swap_ask, swap_link, leave, history, handover, handover_accept, handover_link, oncall, schedule_edit, schedule, schedule_buttons, services,
    policies, integrations, heartbeats, silence_preview, silence_form, silences, vendors, paged, status, settings, profile,
    grouped, grouping, noise, handbook,
    device, promises, reached, undisturbed, worker, push, people, teams, tokens, audit, system,
)  # fmt: skip


def routes(*, dev: bool) -> list[BaseRoute]:
    """In the order in which they are matched. The developers' pages only with `--dev`."""
    return [route for module in (*ALL, *([developer] if dev else [])) for route in module.routes()]
