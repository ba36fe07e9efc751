"""A bad line in user space: a TCP proxy with a delay, a rate and losses, because a machine without netem has no other.

1. Both directions of one `Line` are links of their own, shared by all connections: what is sent queues behind what was sent before.
2. A connection costs round trips before its first byte: TCP's, and TLS 1.3's.
3. Senders behave as TCP does: ten segments at first, twice as many with each round trip, half as many after a loss.
4. A lost segment cannot be taken from a socket, so it is modelled as what it costs: a pause of that connection until it has
   been sent again, a round trip when enough follows it to notice, else TCP's own timer. What came behind it waits.
"""

import asyncio
import random
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

SEGMENT, FIRST_WINDOW, DUPLICATES = 1448, 10, 3
#: Linux's shortest timer for sending again, above the round trip; and the first one for a lost SYN.
TIMER_S, SYN_TIMER_S = 0.2, 1.0


@dataclass(frozen=True)
class Line:
    """What a line is like: each way its delay, its rate, and how many of its segments are lost."""

    delay_s: float
    bytes_s: float
    lost: float
    #: Before the first byte of a request: TCP, and TLS.
    round_trips: int = 2

    @property
    def round_trip_s(self) -> float:
        return 2 * self.delay_s


@dataclass
class _Link:
    """One direction: busy until it has sent what queues."""

    line: Line
    busy_until: float = 0.0

    def through(self, size: int, now: float) -> float:
        """When that many bytes, sent now, have left."""
        self.busy_until = max(self.busy_until, now) + size / self.line.bytes_s
        return self.busy_until


@dataclass
class _Way:
    """One direction of one connection: its window, and what is under way."""

    link: _Link
    dice: random.Random
    window: float = FIRST_WINDOW
    threshold: float = 1000.0
    acks: deque[float] = field(default_factory=deque)
    last: float = 0.0

    async def carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        """Segment by segment until the source ends."""
        loop = asyncio.get_running_loop()
        while data := await source.read(SEGMENT):
            await self._wait_for_room(loop)
            arrives = self._arrival(len(data), loop.time())
            loop.call_at(arrives, _write, sink, data)
        loop.call_at(self.last + 1e-6, _end, sink)

    async def _wait_for_room(self, loop: asyncio.AbstractEventLoop) -> None:
        self._count(loop.time())
        while len(self.acks) >= int(self.window):
            await asyncio.sleep(max(self.acks[0] - loop.time(), 0))
            self._count(loop.time())

    def _count(self, now: float) -> None:
        while self.acks and self.acks[0] <= now:
            self.acks.popleft()
            self.window += 1 if self.window < self.threshold else 1 / self.window

    def _arrival(self, size: int, now: float) -> float:
        line = self.link.line
        arrives = self.link.through(size, now) + line.delay_s
        if self.dice.random() < line.lost:
            noticed = len(self.acks) >= DUPLICATES
            arrives += line.round_trip_s + (0 if noticed else TIMER_S)
            self.threshold = self.window = max(self.window / 2, 2)
        # Never at the same moment: timers of one moment have no order.
        self.last = max(self.last + 1e-6, arrives)
        self.acks.append(self.last + line.delay_s)
        return self.last


def _write(sink: asyncio.StreamWriter, data: bytes) -> None:
    if not sink.is_closing():
        with suppress(OSError, RuntimeError):
            sink.write(data)


def _end(sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        if not sink.is_closing() and sink.can_write_eof():
            sink.write_eof()


class Proxy:
    """Listens on a port of its own and hands everything on to another one, over the line that is set at the time."""

    def __init__(self, target: int, line: Line, seed: int = 1) -> None:
        self.target, self.port = target, 0
        self.connections = 0
        self._dice = random.Random(seed)
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._take(line)

    def set(self, line: Line) -> None:
        """From now on this line; connections over the one before end."""
        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(self._change(line), self._loop).result(30)

    async def _change(self, line: Line) -> None:
        self._take(line)

    def _take(self, line: Line) -> None:
        self.line = line
        self._up, self._down = _Link(line), _Link(line)
        for task, writer in self._open.items():
            writer.transport.abort()
            task.cancel()

    async def listen(self) -> asyncio.Server:
        self._loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._one, "127.0.0.1", 0, limit=4 * SEGMENT)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def close(self) -> None:
        """Ends all connections, and answers when they have ended."""
        self._take(self.line)
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open[task] = writer
        with suppress(OSError, asyncio.CancelledError):
            await self._hand_on(reader, writer)
        del self._open[task]

    async def _hand_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line, up, down = self.line, self._up, self._down
        self.connections += 1
        syn = SYN_TIMER_S if self._dice.random() < 1 - (1 - line.lost) ** 2 else 0.0
        await asyncio.sleep(line.round_trips * line.round_trip_s + syn)
        inner, outer = await asyncio.open_connection("127.0.0.1", self.target, limit=4 * SEGMENT)
        try:
            await asyncio.gather(
                _Way(up, self._dice).carry(reader, outer), _Way(down, self._dice).carry(inner, writer)
            )
        except asyncio.CancelledError:
            outer.transport.abort()
            raise


@contextmanager
def proxied(target: int, line: Line) -> Iterator[Proxy]:
    """A proxy in a thread of its own for the time of the block."""
    proxy, loop = Proxy(target, line), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(proxy.listen(), loop).result(30)
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(server.close)
        asyncio.run_coroutine_threadsafe(proxy.close(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
