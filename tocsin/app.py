"""Composition root: the only place that knows everything. `docs/architecture.md` walks an alert through it."""

import asyncio
import gc
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import uvloop
from fastapi.exceptions import RequestValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import BaseRoute

from tocsin.alerts.heartbeat_clock import HeartbeatClock
from tocsin.api import opsgenie, v1
from tocsin.comms import work as comms_work
from tocsin.duty import (
    fatigue,
    handover_clock,
    mentioned,
    nudges,
    people_tell,
    readiness_work,
    role_tell,
    weekahead,
)
from tocsin.duty import work as duty_work
from tocsin.duty.silence_reminders import SilenceReminders
from tocsin.edge import callbacks, chats, errors, heartbeats, import_file, inbound, stream
from tocsin.edge.access import Who, page
from tocsin.edge.attachments import forms
from tocsin.edge.batcher import Batcher
from tocsin.edge.events import Hub
from tocsin.edge.headers import BelievedProxies, BodyLimit, SecurityHeaders, Shield, drain
from tocsin.edge.intake import Intake
from tocsin.edge.lane import Lane
from tocsin.edge.mail_in import MailIn
from tocsin.edge.server import GRACE_S, Server, run_beside
from tocsin.edge.site import Site
from tocsin.edge.static import static
from tocsin.edge.templates import Templates
from tocsin.incidents import file_work, paged, parts
from tocsin.incidents.item_clock import ItemClock
from tocsin.incidents.presence_clock import PresenceClock
from tocsin.incidents.role_clock import RoleClock
from tocsin.incidents.work import UpdateClock, UpdateWatch
from tocsin.integrations import registry
from tocsin.integrations.jitsi import Jitsi
from tocsin.kernel.blobs import Blobs, DiskBlobs, look
from tocsin.kernel.bus import Bus
from tocsin.kernel.crypto import Keys, load_master
from tocsin.kernel.db import ENGINE, VALUE_ERRORS, Database
from tocsin.kernel.errors import TocsinError
from tocsin.kernel.home import Home, database_of
from tocsin.kernel.log import logger, set_up
from tocsin.kernel.net import Outbound
from tocsin.kernel.s3 import S3Blobs
from tocsin.kernel.work import BatchPump, JobPump, Pump, Pumps
from tocsin.learning import work as learning_work
from tocsin.oncall import refresh as calendars
from tocsin.oncall import work as oncall_work
from tocsin.paging import listen, silence_clock, vendors
from tocsin.paging import work as paging_work
from tocsin.paging.deliver import Sender
from tocsin.paging.direct_watch import PageWatch
from tocsin.paging.escalate import Engine
from tocsin.paging.inbound import Receiver
from tocsin.paging.links import Links
from tocsin.paging.model import AN_HOUR, Restraint
from tocsin.paging.overdue import Overdue
from tocsin.paging.promise_clock import PromiseClock
from tocsin.paging.queries import anybody_reachable
from tocsin.paging.reconcile import Reconciler
from tocsin.paging.switchboard import Switchboard
from tocsin.paging.transport import SECRET_PURPOSE, Transport, working
from tocsin.paging.vendor_model import PATIENCE, title_of
from tocsin.people import work as people_work
from tocsin.people.model import Purpose
from tocsin.people.permissions import permit
from tocsin.people.queries import any_user, sealed_secret
from tocsin.people.sign_in import make_link
from tocsin.places import work as places_work
from tocsin.playbooks import work as playbooks_work
from tocsin.settings import Settings
from tocsin.version import VERSION
from tocsin.web import pages
from tocsin.web.dev import CaughtMail
from tocsin.web.link_mail import LinkMail, SecretOf
from tocsin.web.live import Live
from tocsin.web.live_notes import NotesLive
from tocsin.web.messages import Messages

log = logger(__name__)
NOBODY = (
    "Nobody can be paged: no way to reach people works yet. "
    "Set TOCSIN_SMTP_URL for mail, or add another contact method to a profile."
)
Committer = Callable[[Database], Batcher]
#: No form is larger: the longest fields are the notes page and an imported calendar.
LARGEST_FORM = 2_500_000
#: But for records that come from another installation, in a form or as the body.
IMPORTS = dict.fromkeys(("/incidents/import", "/api/v1/incidents/import"), import_file.MOST_BYTES + 10_000)


@dataclass(frozen=True, slots=True)
class Running:
    """One process: its web app, and what runs beside it."""

    app: Starlette
    #: The app behind the lane for intake: what is served.
    front: Lane
    site: Site
    pumps: Pumps
    sender: Sender
    intake: Intake
    outbound: Outbound
    #: Requests that may write and have begun.
    underway: "set[asyncio.Task[None]]"

    async def close(self) -> None:
        """Lets everything under way finish, in the order in which it depends on each other."""
        self.pumps.stop()
        await drain(self.underway, GRACE_S)
        await self.intake.close()
        await self.sender.close()
        await self.outbound.close()
        self.site.blobs.close()


def compose(
    settings: Settings, database: Database, dsn: str, *, dev: bool = False, commit: Committer = Batcher
) -> Running:
    """Puts the parts together; nothing runs yet. `commit`: how alerts are stored; benches compare ways."""
    outbound = Outbound(settings.private_targets)
    keys = Keys(load_master(settings.data, settings.secret))
    phones = registry.telephony(settings, outbound)
    transports = registry.transports(settings, outbound, phones, keys)
    if dev and settings.smtp is None:
        caught = replace(transports["email"].info, title="E-mail (caught)")
        transports["email"] = CaughtMail(info=caught)
    templates = Templates(_warnings(database, transports), reload=dev)
    templates.env.globals["own_url"] = settings.url
    templates.env.filters["vendor"] = _vendor_titles(transports)
    bus = Bus(dsn)
    site = Site(
        settings, database, bus, keys, templates,
        Hub(bus, Live(database, templates, NotesLive(database))), transports, registry.FORMATS, outbound,
        S3Blobs(settings.s3) if settings.s3 else DiskBlobs(settings.data / "files"), dev,
    )  # fmt: skip
    database.follows = _follows(
        paging_work.FOLLOWS, places_work.FOLLOWS, comms_work.FOLLOWS, learning_work.FOLLOWS, calendars.FOLLOWS,
        duty_work.FOLLOWS, oncall_work.FOLLOWS, paged.FOLLOWS, mentioned.FOLLOWS, nudges.FOLLOWS, playbooks_work.FOLLOWS, file_work.FOLLOWS,
        parts.FOLLOWS, role_tell.FOLLOWS, people_tell.FOLLOWS,
    )  # fmt: skip
    switchboard = Switchboard(database, transports, PATIENCE | dict(settings.receipt_patience))
    sender = Sender(
        database,
        transports,
        Messages(site.answers_to),
        Links(settings.url, site.keys),
        switchboard,
        _restraint(settings),
    )
    pumps = Pumps(database, [*_pumps(site, switchboard), Overdue(database, switchboard), sender])
    bus.subscribe("work", pumps.wake)
    intake = Intake(database, bus, batcher=commit(database))
    underway: set[asyncio.Task[None]] = set()
    app = Starlette(
        routes=routes(site, intake, phones.receivers), exception_handlers=_handlers(), middleware=_around(settings, underway),
    )  # fmt: skip
    app.state.site = site
    return Running(
        app,
        Lane(app, inbound.Inbound(intake, site.formats), https=settings.secure),
        site,
        pumps,
        sender,
        intake,
        outbound,
        underway,
    )


def routes(site: Site, intake: Intake, receivers: Iterable[Receiver]) -> list[BaseRoute]:
    """Every door, each with a word on who may come in."""
    api = v1.create(VERSION)
    return [
        *heartbeats.routes(),
        *callbacks.routes(receivers),
        *chats.routes(registry.chats(site.transports)),
        *inbound.routes(intake, site.formats),
        *opsgenie.routes(intake, site.formats["opsgenie"]),
        *v1.routes(api),
        page("/events", stream.stream, who=Who.ANYONE),
        static(),
        *pages.routes(dev=site.dev),
    ]


def _around(settings: Settings, underway: "set[asyncio.Task[None]]") -> list[Middleware]:
    """What every request goes through, outermost first."""
    return [
        Middleware(SecurityHeaders, https=settings.secure),
        Middleware(BelievedProxies, trusted=settings.trusted_proxies),
        Middleware(Shield, running=underway),
        Middleware(v1.Stack),
        Middleware(GZipMiddleware, minimum_size=1000, compresslevel=5),
        Middleware(BodyLimit, most=LARGEST_FORM, larger=IMPORTS, uploads=forms(settings.recording_mb)),
    ]


def _handlers() -> Mapping[Any, Any]:
    values: dict[Any, Any] = dict.fromkeys(VALUE_ERRORS, errors.on_data)
    return {
        **values, TocsinError: errors.on_expected, HTTPException: errors.on_http,
        RequestValidationError: v1.on_invalid, Exception: errors.on_unexpected,
    }  # fmt: skip


def _follows(*subscriptions: Mapping[str, Sequence[str]]) -> Callable[[str], Iterable[str]]:
    """Which work kinds follow an entry kind: all packages' subscriptions as one look-up."""
    table: dict[str, list[str]] = defaultdict(list)
    for subscription in subscriptions:
        for entry_kind, work_kinds in subscription.items():
            table[entry_kind].extend(work_kinds)
    return lambda entry_kind: table.get(entry_kind, ())


def _pumps(site: Site, switchboard: Switchboard) -> list[Pump]:
    """Everything that takes due rows, but the sender."""
    database, video = site.database, Jitsi(site.settings.jitsi_url)
    mailer = LinkMail(site.transports, Messages(), site.settings.url, _secrets(site))
    batches = {
        **paging_work.BATCHES, **places_work.batches(video), **comms_work.BATCHES, **learning_work.BATCHES,
        **duty_work.batches(site.keys), **paged.BATCHES, **mentioned.BATCHES, **nudges.BATCHES, **playbooks_work.BATCHES,
        **parts.BATCHES, **role_tell.BATCHES, **people_tell.BATCHES,
    }  # fmt: skip
    jobs = {
        **oncall_work.JOBS, **file_work.jobs(site.blobs), **people_work.jobs(mailer), **places_work.jobs(video),
        **comms_work.JOBS, **learning_work.JOBS, **weekahead.JOBS, **fatigue.jobs(site.keys),
        **readiness_work.jobs(site.keys), **handover_clock.jobs(site.keys), **calendars.jobs(site.outbound),
        **vendors.jobs(site.transports, switchboard),
    }  # fmt: skip
    return [
        *(BatchPump(database, kind, handle) for kind, handle in batches.items()),
        JobPump(database, jobs), Engine(database), UpdateClock(database), UpdateWatch(database), ItemClock(database), PresenceClock(database), handover_clock.HandoverClock(database, site.keys),
        HeartbeatClock(database), Reconciler(database), silence_clock.SilenceClock(database), SilenceReminders(database), PageWatch(database),
        PromiseClock(database), RoleClock(database),
        JobPump(database, listen.jobs(registry.listeners(site.transports))),
    ]  # fmt: skip


def _secrets(site: Site) -> SecretOf:
    links = Links(site.settings.url, site.keys)

    async def secret_of(method_id: UUID) -> str | None:
        return links.open_secret(await sealed_secret(site.database, method_id), SECRET_PURPOSE, method_id)

    return secret_of


def _restraint(settings: Settings) -> Restraint:
    limits = AN_HOUR | dict(settings.page_limits)
    return Restraint(settings.gather_s, {name: most for name, most in limits.items() if most})


def _vendor_titles(transports: Mapping[str, Transport]) -> Callable[[str], str]:
    """From `sms/twilio` to `SMS by Twilio`, for pages."""
    titles = {name: transport.info.title for name, transport in transports.items()}
    return lambda vendor: title_of(vendor, titles)


def _warnings(database: Database, transports: Mapping[str, Transport]) -> Callable[[], Awaitable[list[str]]]:
    async def found() -> list[str]:
        """What everybody must know before they rely on it."""
        if await anybody_reachable(database, working(transports)):
            return []
        return [NOBODY]

    return found


async def _serve(settings: Settings, *, dev: bool, say: Callable[[str], None], commit: Committer) -> None:
    async with database_of(settings, permit) as (database, home):
        running = compose(settings, database, home.dsn, dev=dev, commit=commit)
        for begin in (
            people_work.begin,
            oncall_work.begin,
            weekahead.begin,
            fatigue.begin,
            readiness_work.begin,
            handover_clock.begin,
            calendars.begin,
            silence_clock.begin,
            file_work.begin,
        ):
            await begin(database)
        await listen.begin(database, registry.listeners(running.site.transports))
        await _greet(settings, database, say)
        _settle_memory()
        await _run(running, home)


def _settle_memory() -> None:
    """What a process has loaded by now lives as long as it does: the collector need not walk it again and again.

    Measured at intake under load: the slowest percent answers two to three times sooner.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


async def _run(running: Running, home: Home) -> None:
    bus = running.site.bus
    server = Server(running.front, running.site.settings, running.site.hub)
    pumping = asyncio.ensure_future(running.pumps.run())
    try:
        await run_beside(
            server.serve(),
            [
                bus.run,
                running.site.hub.poll,
                lambda: home.keep_up(bus),
                lambda: asyncio.shield(pumping),
                MailIn(running.site).run,
                lambda: _look_at_files(running.site.blobs),
            ],
        )
    finally:
        await running.close()
        await asyncio.wait([pumping], timeout=GRACE_S)


async def _look_at_files(blobs: Blobs) -> None:
    """A storage that does not work is told of at the start; nothing else waits for it."""
    if problem := await look(blobs):
        log.error("storage_of_files_fails", storage=str(blobs), problem=problem)
    else:
        log.info("storage_of_files_works", storage=str(blobs))


async def _greet(settings: Settings, database: Database, say: Callable[[str], None]) -> None:
    """Where it is; on the first start also the one-time link that makes the administrator."""
    say(f"Tocsin is at {settings.url}")
    if not await any_user(database):
        async with database.unit(ENGINE, "cli") as u:
            token = await make_link(u, Purpose.SETUP, None)
        say(f"First start. Make the administrator here (works once):\n\n    {settings.url}/set-up/{token}\n")


def serve(
    settings: Settings, *, dev: bool = False, say: Callable[[str], None] = print, commit: Committer = Batcher
) -> None:
    """Serves until a signal. Raises NoServer and TocsinError with a sentence for the operator."""
    set_up(settings.log.level, settings.log.style)
    uvloop.run(_serve(settings, dev=dev, say=say, commit=commit))
