"""Where the data lives: the operator's PostgreSQL, or a private one that this process starts or finds and shares."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tocsin.kernel import embedded
from tocsin.kernel.bus import Bus
from tocsin.kernel.db import Database, Permit, connect
from tocsin.kernel.errors import TocsinError
from tocsin.kernel.log import logger
from tocsin.kernel.migrate import migrate
from tocsin.settings import Settings

LOOK_S = 0.5
log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Home:
    """The database's address. `ensure` starts a private server again that somebody killed; None with DATABASE_URL."""

    dsn: str
    ensure: Callable[[], bool] | None = None

    async def keep_up(self, bus: Bus) -> None:
        """Until cancelled: when the private server went away, it is brought up again."""
        while self.ensure is not None:
            await asyncio.sleep(LOOK_S)
            if bus.connected.is_set():
                continue
            try:
                if await asyncio.to_thread(self.ensure):
                    log.warning("private_server_restarted")
            except (TocsinError, OSError, RuntimeError) as error:
                log.error("private_server_down", error=str(error))  # noqa: TRY400 - tried again in a moment


@asynccontextmanager
async def home_of(settings: Settings) -> AsyncIterator[Home]:
    """A private server runs at least as long as the block. Raises NoServer with a sentence for the operator."""
    if settings.database_url:
        yield Home(settings.database_url)
        return
    server = await asyncio.to_thread(embedded.start, settings.data)
    try:
        yield Home(server.dsn, server.ensure)
    finally:
        await asyncio.to_thread(server.leave)


@asynccontextmanager
async def database_of(settings: Settings, permit: Permit) -> AsyncIterator[tuple[Database, Home]]:
    """A migrated database, open for the time of the block."""
    async with home_of(settings) as home:
        for name in await migrate(home.dsn):
            log.info("migrated", name=name)
        database = await connect(home.dsn)
        database.permit = permit
        try:
            yield database, home
        finally:
            await database.close()
