"""Live pages: one stream of server-sent events per browser, fed by the bus.

A topic is what pages watch: `incidents`, `alerts`, `oncall`, or one `incident:<id>`. For most topics an event says
only "look again". For a room it carries the new entries, rendered once per process for all who watch. A client
that missed something notices by the numbers and fetches what it lacks; so a slow one may simply be cut off.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

import orjson

from tocsin.edge.viewer import Viewer
from tocsin.kernel.bus import Bus
from tocsin.kernel.errors import TocsinError
from tocsin.kernel.log import logger
from tocsin.people.sessions import account_topic

QUEUE = 200
MAX_TOPICS = 30
#: Per browser that watches a topic, so long is its share of one core when all fetch the panels again.
SPREAD_MS = 25
#: How often watched rooms are compared with the database: covers the notification that a crash swallowed.
POLL_S = 2.0
log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Fragment:
    """One rendered entry of a stream. `quiet`: nothing but the record shows it."""

    seq: int
    html: str
    quiet: bool = False


class Source(Protocol):
    """What the pages' packages tell the hub; handed in by `app`."""

    async def allowed(self, viewer: Viewer, topic: str) -> bool:
        """Whether the viewer may watch; asked at subscription and before each event."""
        ...

    async def head(self, topic: str) -> int:
        """The newest number of a topic with fragments; 0 for the rest."""
        ...

    async def after(self, topic: str, seq: int) -> list[Fragment]:
        """The rendered fragments after a number; empty for topics without."""
        ...

    async def glance(self, topic: str) -> str:
        """The state of a topic in a few lines, the same for everybody who may watch it; empty for topics without."""
        ...

    async def heads(self, topics: list[str]) -> dict[str, int]:
        """The newest numbers of those topics that have any, in one look."""
        ...

    async def looking(self, viewer: Viewer, topic: str) -> None:
        """Somebody looks at the topic now; called at subscription and with every heartbeat."""
        ...


@dataclass(eq=False, slots=True)
class Client:
    """One browser: its topics and the events that wait to be written."""

    viewer: Viewer
    topics: frozenset[str]
    #: Whether it may go on: asked with every heartbeat, and when sessions of its account ended.
    still: Callable[[], Awaitable[bool]]
    leave: Callable[[], None] | None = None
    queue: "asyncio.Queue[bytes | None]" = field(default_factory=lambda: asyncio.Queue(QUEUE))


@dataclass(slots=True)
class _Topic:
    clients: set[Client] = field(default_factory=set)
    leave: Callable[[], None] | None = None
    seq: int = 0
    task: "asyncio.Task[None] | None" = None
    again: bool = False


class Hub:
    """Fans topics out to the browsers of this process."""

    def __init__(self, bus: Bus, source: Source) -> None:
        self._bus = bus
        self._source = source
        self._topics: dict[str, _Topic] = defaultdict(_Topic)
        self.clients: set[Client] = set()
        self._asking: set[asyncio.Task[None]] = set()

    async def join(
        self,
        viewer: Viewer,
        topics: list[str],
        still: Callable[[], Awaitable[bool]],
    ) -> Client:
        """Subscribes to those topics that the viewer may see; the rest are left out without a word."""
        seen = [t for t in topics[:MAX_TOPICS] if await self._source.allowed(viewer, t)]
        client = Client(viewer, frozenset(seen), still)
        self.clients.add(client)
        if viewer.actor.id:
            client.leave = self._bus.subscribe(account_topic(viewer.actor.id), lambda _: self._doubt(client))
        try:
            for name in seen:
                await self._enter(client, name)
        except BaseException:
            self.part(client)
            raise
        return client

    async def _enter(self, client: Client, name: str) -> None:
        topic = self._topics[name]
        topic.clients.add(client)
        if topic.leave is None:
            topic.leave = self._bus.subscribe(name, self._wake)
            topic.seq = await self._source.head(name)
        await self._source.looking(client.viewer, name)

    def part(self, client: Client) -> None:
        """The browser left."""
        self.clients.discard(client)
        if client.leave:
            client.leave()
        for name in client.topics:
            topic = self._topics[name]
            topic.clients.discard(client)
            if not topic.clients:
                if topic.leave:
                    topic.leave()
                self._topics.pop(name, None)

    def close(self) -> None:
        """Ends every stream, so that the server can stop."""
        for client in list(self.clients):
            self._cut(client)

    async def looking(self, client: Client) -> None:
        """Renews the presence of a browser; ends its stream when it may not go on."""
        if not await client.still():
            self._cut(client)
            return
        for name in client.topics:
            await self._source.looking(client.viewer, name)

    def _doubt(self, client: Client) -> None:
        task = asyncio.create_task(self._ask(client))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _ask(self, client: Client) -> None:
        try:
            await self.looking(client)
        except TocsinError as error:
            log.warning("session_not_asked", error=repr(error.__cause__ or error))

    def _wake(self, name: str) -> None:
        topic = self._topics.get(name)
        if topic is None:
            return
        if topic.task is not None and not topic.task.done():
            topic.again = True
            return
        topic.task = asyncio.create_task(self._send(name, topic))

    async def _send(self, name: str, topic: _Topic) -> None:
        while True:
            topic.again = False
            try:
                await self._send_once(name, topic)
            except TocsinError as error:
                log.warning("events_delayed", topic=name, error=repr(error.__cause__ or error))
                await asyncio.sleep(0.5)
                topic.again = True
            if not topic.again:
                return

    async def poll(self) -> None:
        """Looks now and then whether a watched room has grown without a word. Runs until it is cancelled."""
        while True:
            await asyncio.sleep(POLL_S)
            watched = {name: topic.seq for name, topic in self._topics.items()}
            if not watched:
                continue
            try:
                heads = await self._source.heads(list(watched))
            except TocsinError as error:
                log.warning("rooms_not_compared", error=repr(error.__cause__ or error))
                continue
            for name, seq in heads.items():
                if seq > watched[name]:
                    self._wake(name)

    async def _send_once(self, name: str, topic: _Topic) -> None:
        fragments = await self._source.after(name, topic.seq)
        events = [event(name, {"seq": f.seq, "html": f.html}) for f in fragments]
        topic.seq = max([topic.seq, *(f.seq for f in fragments)])
        if not fragments or not all(f.quiet for f in fragments):
            glance = await self._source.glance(name)
            again: dict[str, object] = {"spread": len(topic.clients) * SPREAD_MS}
            events.append(event(name, again | {"glance": glance} if glance else again))
        for client in list(topic.clients):
            if not await self._source.allowed(client.viewer, name):
                self._cut(client)
                continue
            self._offer(client, events)

    def _offer(self, client: Client, events: list[bytes]) -> None:
        try:
            client.queue.put_nowait(b"".join(events))
        except asyncio.QueueFull:
            self._cut(client)

    def _cut(self, client: Client) -> None:
        """Ends a stream; the browser reconnects and catches up."""
        self.part(client)
        while not client.queue.empty():
            client.queue.get_nowait()
        client.queue.put_nowait(None)


def event(name: str, data: dict[str, object]) -> bytes:
    """One server-sent event with a JSON body."""
    return b"event: " + name.encode() + b"\ndata: " + orjson.dumps(data) + b"\n\n"
