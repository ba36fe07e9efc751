"""What happened at Lantern before today: incidents with their record, public updates and postmortems.

The past is told in transactions of their own whose clock is moved back; the function is restored before each commits,
so nobody else ever sees another time. Only for demo data.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from tocsin.alerts import commands as alerts
from tocsin.cli.seed import Lantern
from tocsin.comms import work as comms
from tocsin.incidents import commands, entries, roles, updates
from tocsin.incidents.queries import head, incident_by_key
from tocsin.kernel.db import Actor, Database, Unit
from tocsin.kernel.sql import Statement
from tocsin.kernel.work import Work
from tocsin.learning import commands as learning

_CLOCK = (
    "create or replace function clock() returns timestamptz language sql stable parallel safe"
    " return statement_timestamp()"
)


@dataclass(frozen=True, slots=True)
class Past:
    """One incident: minutes after its start, who says what."""

    days_ago: float
    summary: str
    severity: int
    service: str
    manager: str
    impact: str
    lines: tuple[tuple[int, str, str], ...]
    public: tuple[str, str, str] | None
    minutes: int
    resolution: str


PASTS = (
    Past(
        33.2, "Search answers with nothing for half of the queries", 2, "Search", "Luiza",
        "About half of all searches show an empty page.",
        ((4, "Luiza", "Two of six index nodes are out of disk."), (9, "Oisín", "Theory: the log rotation stopped on Friday."),
         (21, "Luiza", "Freed 80 GB on both; they are catching up."), (38, "Oisín", "Empty results are gone in Dublin and Sydney.")),
        ("Search shows no results", "Search is showing empty results for some queries. Browsing the shop works.", "Search"),
        52, "Freed the disks and restarted the log rotation.",
    ),
    Past(
        19.6, "Order confirmations are delayed by two hours", 3, "Mail out", "Priya", "Confirmations arrive late; orders are fine.",
        ((6, "Priya", "The mail provider throttles us since the newsletter."), (30, "Mei", "Moved confirmations to the second account.")),
        None, 75, "Confirmations and newsletters go through different accounts now.",
    ),
    Past(
        6.4, "Card payments fail for customers of one bank", 1, "Card gateway", "Niamh",
        "Every third payment is refused; support has 41 cases.",
        ((3, "Niamh", "Only cards of one issuer. Our side shows time-outs after 10 s."),
         (8, "Beatriz", "Their status page is green. Calling them."), (15, "Niamh", "Hypothesis: their new certificate chain. curl agrees."),
         (27, "Beatriz", "They confirm and roll back."), (44, "Ben", "Refusals are at their usual level.")),
        ("Some card payments fail", "Payments with cards of one bank are failing. Other cards and PayPal work.", "Checkout"),
        61, "The bank rolled its certificate back; we fall back to the second acquirer for its cards.",
    ),
)  # fmt: skip
ALERTS = (
    ("Latency of Search is above 800 ms", "Search", 3, 0.31), ("Disk of orders-db-2 is 81 % full", "Orders database", 4, 0.9),
    ("Queue of Mail out is older than 10 min", "Mail out", 4, 2.2), ("Pod restarts of Checkout", "Checkout", 2, 4.7),
    ("Certificate of shop.lantern.example ends in 14 days", "Shop", 5, 5.5),
)  # fmt: skip


async def plant_history(db: Database, lantern: Lantern) -> None:
    """Tells the past, oldest first; each incident in one transaction."""
    for past in PASTS:
        async with db.unit(lantern.actor(past.manager), "cli") as u:
            await _tell(u, lantern, past)
            await _now(u)
    for message, service, priority, days in ALERTS:
        async with db.unit(lantern.actor("Oisín"), "cli") as u:
            await _at(u, timedelta(days=days))
            alert_id = await alerts.report(u, message, service=service, priority=priority)
            await _at(u, timedelta(days=days, minutes=-3))
            await alerts.acknowledge(u, alert_id)
            await _at(u, timedelta(days=days, minutes=-26))
            await alerts.close(u, alert_id, note="Back to normal")
            await _now(u)


async def _tell(u: Unit, lantern: Lantern, past: Past) -> None:
    start = timedelta(days=past.days_ago)
    await _at(u, start)
    key = await commands.declare(
        u, past.summary, past.severity, impact=past.impact, service_id=lantern.services[past.service]
    )
    incident = await incident_by_key(u, key, lantern.users[past.manager])
    assert incident is not None  # noqa: S101 - declared above
    await roles.take_role(u, incident.id, "incident_manager")
    for number, (minute, who, line) in enumerate(past.lines):
        await _at(u, start - timedelta(minutes=minute))
        await _say(u, lantern.actor(who), incident.id, line)
        if past.public and number == 0:
            await _at(u, start - timedelta(minutes=minute + 1))
            await _publish(u, lantern, incident.id, past.public)
    await _at(u, start - timedelta(minutes=past.minutes))
    await commands.resolve(u, incident.id, past.resolution)
    await comms.end(u, [_work(incident.id, await head(u, incident.id))])
    if past.severity <= 2:
        await learning.draft(u, incident.id)


async def _say(u: Unit, who: Actor, incident_id: UUID, line: str) -> None:
    before, u.actor = u.actor, who
    await entries.say(u, incident_id, line)
    u.actor = before


async def _publish(u: Unit, lantern: Lantern, incident_id: UUID, public: tuple[str, str, str]) -> None:
    title, state, component = public
    await updates.publish_update(
        u, incident_id, audience="public", state=state, title=title, status="identified",
        components={lantern.components[component]: "partial_outage"},
    )  # fmt: skip
    await comms.publish(u, [_work(incident_id, await head(u, incident_id))])


def _work(incident_id: UUID, seq: int) -> Work:
    return Work(0, "", None, {"stream_type": "incident", "stream": str(incident_id), "seq": seq}, 0, 0)


async def _at(u: Unit, ago: timedelta) -> None:
    seconds = ago / timedelta(seconds=1)
    await u.run(Statement("move_clock", f"{_CLOCK} - interval '{seconds} seconds'"))


async def _now(u: Unit) -> None:
    await u.run(Statement("restore_clock", _CLOCK))
