"""A stream of events lives as long as the session that it began with: disabled, signed out or expired, it ends by itself."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from starlette.types import Message

from tests.domain.people_world import signed_in
from tests.domain.street import declared
from tests.support import Company
from tocsin.app import Running, compose
from tocsin.edge import stream
from tocsin.edge.viewer import Viewer
from tocsin.incidents import entries, privacy
from tocsin.kernel.db import Database, Unit
from tocsin.kernel.sql import Statement
from tocsin.people import commands as accounts
from tocsin.people import sign_in
from tocsin.people.sessions import signed_in as in_force
from tocsin.settings import load

EXPIRE = Statement("test", "update sessions set expires_at = clock() - interval '1 second'")
SOON = 10


class Stream:
    """One browser's stream, open until the server ends it or the test does."""

    def __init__(self, app: object, path: str, cookie: str) -> None:
        self.text = ""
        self.grown = asyncio.Event()
        self.task = asyncio.create_task(self._run(app, path, cookie))

    async def _run(self, app: object, path: str, cookie: str) -> None:
        parts = urlsplit(path)
        scope = {
            "type": "http", "http_version": "1.1", "method": "GET", "scheme": "http", "server": ("test", 80),
            "path": parts.path, "raw_path": parts.path.encode(), "query_string": parts.query.encode(),
            "client": ("127.0.0.1", 1), "root_path": "", "asgi": {"version": "3.0", "spec_version": "2.4"},
            "headers": [(b"cookie", f"tocsin={cookie}".encode()), (b"host", b"test")],
        }  # fmt: skip
        waiting = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> Message:
            if not waiting:
                await asyncio.Event().wait()
            return waiting.pop()

        async def send(message: Message) -> None:
            self.text += message.get("body", b"").decode()
            self.grown.set()

        await app(scope, receive, send)  # type: ignore[operator] # an ASGI app

    async def until(self, words: str) -> None:
        async with asyncio.timeout(SOON):
            while words not in self.text:
                self.grown.clear()
                await self.grown.wait()

    async def ended(self) -> None:
        async with asyncio.timeout(SOON):
            await asyncio.shield(self.task)


@pytest.fixture
async def running(db: Database, dsn: str, company: Company, tmp_path: Path) -> AsyncIterator[Running]:
    found = compose(load({"TOCSIN_DATA": str(tmp_path), "TOCSIN_URL": "http://test"}), db, dsn)
    yield found
    await found.close()


@pytest.fixture
async def bus(running: Running) -> AsyncIterator[None]:
    """What one process says, the others hear."""
    task = asyncio.create_task(running.site.bus.run())
    await asyncio.wait_for(running.site.bus.connected.wait(), SOON)
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@pytest.mark.usefixtures("bus")
async def test_it_ends_at_once_when_the_account_is_disabled(
    running: Running, db: Database, company: Company
) -> None:
    incident = await declared(db, company.as_ana(), private=True)
    async with db.unit(company.as_ana(), "web") as u:
        await privacy.add_member(u, incident.id, company.ben)
    bens = Stream(running.app, f"/events?topics=incident:{incident.id}", await signed_in(db, company.ben))
    anas = Stream(running.app, f"/events?topics=incident:{incident.id}", await signed_in(db, company.ana))
    for each in (bens, anas):
        await each.until("event: watching")
    async with db.unit(company.admin(), "web") as u:
        await accounts.disable(u, company.ben)
    await bens.ended()
    async with db.unit(company.as_ana(), "web") as u:
        await entries.say(u, incident.id, "Ben must not read this")
    await anas.until("Ben must not read this")
    assert "Ben must not read this" not in bens.text
    anas.task.cancel()
    async with db.unit(company.as_ana(), "web") as u:
        await privacy.remove_member(u, incident.id, company.ben)
    assert [m.name for m in await privacy.members(db, incident.id)] == ["Ana Silva"], (
        "who left can be taken out"
    )


async def by_signing_out(u: Unit, cookie: str) -> None:
    await sign_in.sign_out(u, cookie)


async def by_signing_out_everywhere(u: Unit, cookie: str) -> None:
    await sign_in.sign_out_everywhere(u)


@pytest.mark.usefixtures("bus")
@pytest.mark.parametrize("how", [by_signing_out, by_signing_out_everywhere])
async def test_it_ends_at_once_when_somebody_signs_out(
    running: Running, db: Database, company: Company, how: Callable[..., Awaitable[None]]
) -> None:
    cookie = await signed_in(db, company.ben)
    bens = Stream(running.app, "/events?topics=incidents", cookie)
    await bens.until("event: watching")
    async with db.unit(company.as_ben(), "web") as u:
        await how(u, cookie)
    await bens.ended()


@pytest.mark.parametrize("words", [b"", b"event: incidents\ndata: {}\n\n"])
async def test_it_ends_with_a_heartbeat_when_nobody_said_so(
    running: Running, db: Database, company: Company, words: bytes
) -> None:
    """Events that keep coming do not put off the question."""
    hub, cookie = running.site.hub, await signed_in(db, company.ben)
    client = await hub.join(Viewer(company.as_ben()), ["incidents"], lambda: in_force(db, cookie))
    beats = 0
    async with asyncio.timeout(SOON):
        async for line in stream.lines(hub, client, 0.05):
            beats += b"event: clock" in line
            if beats == 3:
                await db.run(EXPIRE)
            if words and client in hub.clients and client.queue.empty():
                client.queue.put_nowait(words)
    assert beats in (3, 4), "it went on while the session was in force, and no longer"
    assert client not in hub.clients


async def test_a_wall_ends_with_the_session_that_opened_it(
    running: Running, db: Database, company: Company
) -> None:
    bens = Stream(running.app, "/wall/events", await signed_in(db, company.ben))
    await bens.until("event: clock")
    (client,) = running.site.hub.clients
    client.queue.put_nowait(b"anything")
    await bens.until("event: look")
    await db.run(EXPIRE)
    client.queue.put_nowait(b"anything")
    await bens.ended()
