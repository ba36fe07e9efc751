"""Between processes: one LISTEN connection per process that says "look again at this topic"."""

import asyncio
from collections import defaultdict
from collections.abc import Callable

import asyncpg

from tocsin.kernel.db import CONNECTION_ERRORS
from tocsin.kernel.log import logger

CHANNEL = "tocsin"
Wake = Callable[[str], None]
log = logger(__name__)


class Bus:
    """Fans notifications out to callbacks by topic. A topic says only that something changed, never what."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._wakes: dict[str, set[Wake]] = defaultdict(set)
        self.connected = asyncio.Event()

    def subscribe(self, topic: str, wake: Wake) -> Callable[[], None]:
        """Calls `wake(topic)` after each change of the topic, and after each reconnection. Returns the way out."""
        self._wakes[topic].add(wake)

        def leave() -> None:
            self._wakes[topic].discard(wake)
            if not self._wakes[topic]:
                self._wakes.pop(topic, None)

        return leave

    async def run(self) -> None:
        """Listens until cancelled; reconnects for ever, and wakes everybody when it is back."""
        pause = 0.1
        while True:
            try:
                await self._listen()
                pause = 0.1
            except CONNECTION_ERRORS as error:
                log.warning("bus_disconnected", error=type(error).__name__)
            self.connected.clear()
            await asyncio.sleep(pause)
            pause = min(pause * 2, 2)

    async def _listen(self) -> None:
        connection = await asyncpg.connect(self._dsn, timeout=5)
        gone = asyncio.Event()
        connection.add_termination_listener(lambda _: gone.set())
        try:
            await connection.add_listener(CHANNEL, lambda _c, _p, _ch, payload: self._wake(str(payload)))
            self.connected.set()
            for topic in list(self._wakes):
                self._wake(topic)
            await gone.wait()
        finally:
            connection.terminate()

    def _wake(self, topic: str) -> None:
        for wake in list(self._wakes.get(topic, ())):
            wake(topic)
