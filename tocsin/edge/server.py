"""One serving process: the web server with what runs beside it, and how both end."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from tocsin.edge.events import Hub
from tocsin.settings import Settings

#: How long a stop waits for requests under way.
GRACE_S = 10


class Server(uvicorn.Server):
    """Uvicorn without its signal handling: it would end the process before ours has tidied up."""

    def __init__(self, app: ASGIApp, settings: Settings, hub: Hub) -> None:
        super().__init__(
            uvicorn.Config(
                app, host=settings.host, port=settings.port, http="httptools", ws="none", lifespan="off",
                log_config=None, access_log=False, server_header=False, proxy_headers=False,
                timeout_graceful_shutdown=GRACE_S, backlog=4096,
            )
        )  # fmt: skip
        self._hub = hub

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ends the event streams first: browsers reconnect to another process, or wait for this one's successor."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.stop)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    def stop(self) -> None:
        """Takes no more connections; the second call does not wait for those under way."""
        self._hub.close()
        self.force_exit = self.should_exit
        self.should_exit = True


async def run_beside(main: Awaitable[None], beside: list[Callable[[], Awaitable[None]]]) -> None:
    """Runs `main` to its end with the others beside it; one of them that fails ends the process with its error."""
    tasks = [asyncio.ensure_future(each()) for each in beside]
    first = asyncio.ensure_future(main)
    try:
        done, _ = await asyncio.wait([first, *tasks], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        await first
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
