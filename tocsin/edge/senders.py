"""Who sends: integration keys with what the catalog says about their alerts, held in memory for a second at most."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from tocsin.alerts.model import Arrival, Signal, fit, urgency_of
from tocsin.catalog import queries
from tocsin.catalog.model import Integration, Route, route_for
from tocsin.kernel.bus import Bus
from tocsin.kernel.db import Database
from tocsin.kernel.errors import Throttled, Unavailable
from tocsin.kernel.ids import new_id
from tocsin.kernel.log import logger

log = logger(__name__)
#: Seconds that an answer of the catalog holds. The bus ends it earlier; this covers a notification that was lost.
FRESH = 1.0
#: Keys held at most: who guesses keys must not fill the memory.
MOST_KEYS = 10_000
#: Alerts per second that one integration may send for long, and at once.
RATE, BURST = 10_000.0, 20_000.0
#: Seconds between two notes of "something came in", and of "something wrong came in".
NOTE_EVERY, COMPLAIN_EVERY = 5.0, 1.0


@dataclass(frozen=True, slots=True)
class Routing:
    """Which service an alert is about, and how urgent."""

    routes: tuple[Route, ...]
    urgencies: Mapping[UUID, str | None]


class Traffic:
    """What one integration has sent to this process lately."""

    def __init__(self, rate: float = RATE, burst: float = BURST) -> None:
        self._rate, self._burst = rate, burst
        self._left, self._at = burst, time.monotonic()
        self.noted_at = self.complained_at = float("-inf")

    def spend(self, alerts: int) -> None:
        """Raises Throttled when there were too many; a request that starts within the limit is taken whole."""
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            raise Throttled("This integration sends too many alerts. Send it again in a moment.", 1)
        self._left -= alerts


@dataclass(frozen=True, slots=True)
class Sender:
    """An integration whose key was shown."""

    integration: Integration
    routing: Routing
    traffic: Traffic

    def arrival(self, signal: Signal, request_id: UUID | None = None) -> Arrival:
        """The signal clamped, with its service and urgency. Without an alias it becomes its own problem."""
        i = self.integration
        signal = fit(signal)
        if not signal.alias:
            signal = replace(signal, alias=str(new_id()))
        routes = self.routing.routes
        service_id = (route_for(signal.details, i.id, routes) if routes else None) or i.service_id
        urgency = urgency_of(signal.priority, self.routing.urgencies.get(service_id) if service_id else None)
        return Arrival(signal, i.scope, i.id, i.name, service_id, urgency, request_id)


class Senders:
    """Looks keys up, at most once a second each, whatever the number of requests."""

    def __init__(self, database: Database, bus: Bus | None = None) -> None:
        self._database = database
        self._held: dict[str, tuple[float, Sender | None]] = {}
        self._loading: dict[str, asyncio.Task[Sender | None]] = {}
        self._routing: tuple[float, Routing] | None = None
        self._traffic: dict[UUID, Traffic] = {}
        self._notes: set[asyncio.Task[None]] = set()
        for topic in ("integrations", "services") if bus else ():
            assert bus is not None  # noqa: S101 - for the type checker
            bus.subscribe(topic, self._forget)

    async def find(self, key: str) -> Sender | None:
        """Whose key it is; None when it is unknown or revoked. Raises Unavailable."""
        held = self._held.get(key)
        if held is not None and held[0] > time.monotonic():
            return held[1]
        if not queries.has_key_shape(key):
            return None
        loading = self._loading.get(key)
        if loading is None:
            loading = self._loading[key] = asyncio.create_task(self._load(key))
            loading.add_done_callback(lambda _: self._loading.pop(key, None))
        return await asyncio.shield(loading)

    async def _load(self, key: str) -> Sender | None:
        until = time.monotonic() + FRESH
        integration = await queries.integration_by_key(self._database, key)
        routing = await self._current_routing() if integration else None
        sender = None
        if integration and routing:
            sender = Sender(integration, routing, self._traffic.setdefault(integration.id, Traffic()))
        if len(self._held) >= MOST_KEYS:
            self._held.clear()
        self._held[key] = (until, sender)
        return sender

    async def _current_routing(self) -> Routing:
        now = time.monotonic()
        if self._routing is None or self._routing[0] <= now:
            routes = tuple(await queries.routes(self._database))
            urgencies = {s.id: s.urgency for s in await queries.services(self._database)}
            self._routing = (now + FRESH, Routing(routes, urgencies))
        return self._routing[1]

    def _forget(self, _topic: str) -> None:
        self._held.clear()
        self._routing = None

    def heard(self, sender: Sender) -> None:
        """Something was taken in; noted every few seconds, beside the request."""
        now = time.monotonic()
        if now - sender.traffic.noted_at < NOTE_EVERY:
            return
        sender.traffic.noted_at = now
        task = asyncio.create_task(self._note(sender))
        self._notes.add(task)
        task.add_done_callback(self._notes.discard)

    async def _note(self, sender: Sender) -> None:
        try:
            await queries.note_event(self._database, sender.integration.id)
        except Unavailable as error:
            log.warning("event_not_noted", error=repr(error.__cause__))

    async def complain(self, sender: Sender, sentence: str) -> None:
        """Something came in that was not understood: kept as the integration's last error."""
        now = time.monotonic()
        if now - sender.traffic.complained_at < COMPLAIN_EVERY:
            return
        sender.traffic.complained_at = now
        try:
            await queries.note_error(self._database, sender.integration.id, sentence)
        except Unavailable as error:
            log.warning("error_not_noted", error=repr(error.__cause__))

    async def close(self) -> None:
        """Waits for notes under way."""
        if self._notes:
            await asyncio.wait(set(self._notes))
