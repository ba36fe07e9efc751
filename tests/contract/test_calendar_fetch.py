"""Calendars are fetched from a real server that misbehaves: a sentence on the layer, and what was stored before stays.
And the doors: the address that calendar programs ask, and the API."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from datetime import date, time, timedelta
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from aiohttp import web

from tests.contract.api import Api
from tests.contract.asgi import ask
from tests.support import Company
from tocsin.kernel.db import Database
from tocsin.kernel.net import Outbound
from tocsin.kernel.sql import Statement
from tocsin.oncall import commands, imports, looks, refresh
from tocsin.oncall.drafts import RotationDraft, ScheduleDraft
from tocsin.oncall.model import CalendarLayer, RotationKind
from tocsin.settings import PrivateTargets

SECRET = "SECRET-PATH"
MEGABYTE = b"x" * 1_000_000


class Rota:
    """A server on this machine that gives a calendar, or whatever the test says."""

    def __init__(self) -> None:
        self.body = b""
        self.mode = "good"
        self.status = 200
        self.target = ""
        self.asked = 0
        self.full = 0
        self.sent = 0
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/{SECRET}.ics"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        match self.mode:
            case "endless":
                return await self._endless(request)
            case "hang":
                await asyncio.Event().wait()
            case "redirect":
                return web.Response(status=302, headers={"location": self.target})
            case "bomb":
                return web.Response(
                    body=gzip.compress(bytes(50_000_000)), headers={"content-encoding": "gzip"}
                )
        if self.mode == "tagged":
            if request.headers.get("if-none-match") == '"one"':
                return web.Response(status=304)
            self.full += 1
            return web.Response(body=self.body, headers={"etag": '"one"'})
        self.full += 1
        return web.Response(status=self.status, body=self.body)

    async def _endless(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"content-type": "text/calendar"})
        await answer.prepare(request)
        await answer.write(b"BEGIN:VCALENDAR\r\n")
        for _ in range(50):
            await answer.write(MEGABYTE)
            self.sent += len(MEGABYTE)
        return answer


@pytest.fixture
async def rota() -> AsyncIterator[Rota]:
    found = Rota()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", found.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.port = runner.addresses[0][1]
    yield found
    await runner.cleanup()


@pytest.fixture
async def outbound() -> AsyncIterator[Outbound]:
    """Allowed by name only: an address of this machine is as private as ever."""
    async with Outbound(PrivateTargets(hosts=frozenset({"localhost"}))) as found:
        yield found


async def calendar(db: Database, *people: str) -> bytes:
    start = (await db.clock()).replace(minute=0, second=0, microsecond=0)
    events = "".join(
        f"BEGIN:VEVENT\r\nUID:{n}\r\nDTSTART:{start + timedelta(days=n):%Y%m%dT%H%M%SZ}\r\nDURATION:P1D\r\n"
        f"SUMMARY:{who}\r\nEND:VEVENT\r\n"
        for n, who in enumerate(people)
    )
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//a//b//EN\r\n{events}END:VCALENDAR\r\n".encode()


@pytest.fixture
async def schedule(db: Database, company: Company) -> UUID:
    layer = RotationDraft((company.ana,), time(0), date(2025, 1, 6), RotationKind.WEEKLY)
    async with db.unit(company.admin(), "web") as u:
        return await commands.create_schedule(u, ScheduleDraft("Search", "UTC", (layer,)))


@pytest.fixture
async def layer(db: Database, company: Company, schedule: UUID, rota: Rota, outbound: Outbound) -> UUID:
    """Fetched once, and well: Vic has the first day."""
    rota.body = await calendar(db, "Vic Viewer", "Ben Okafor")
    found = await refresh.read_address(db, outbound, rota.url, "UTC")
    async with db.unit(company.admin(), "web") as u:
        layer = await imports.add_calendar(u, schedule, found, name="Rota", url=rota.url)
    await refresh.refresh(db, outbound, layer)
    return layer


async def state(db: Database, schedule: UUID) -> CalendarLayer:
    (found,) = await looks.calendar_layers(db, schedule)
    return found


async def head(db: Database, schedule: UUID) -> object:
    return await db.value(Statement("test", "select head from schedules where id = $1"), schedule)


async def computed(db: Database, schedule: UUID) -> object:
    return await db.value(
        Statement("test", "select materialised_until from schedules where id = $1"), schedule
    )


async def test_what_changed_is_stored(
    db: Database, schedule: UUID, layer: UUID, rota: Rota, outbound: Outbound
) -> None:
    before = await state(db, schedule)
    assert (before.events, before.unmatched, before.refresh_error) == (2, 0, None)
    assert before.refreshed_at
    rota.body = await calendar(db, "Ada Admin", "Ben Okafor", "Stranger")
    await refresh.refresh(db, outbound, layer)
    after = await state(db, schedule)
    assert (after.events, after.unmatched) == (3, 1)
    moved = await db.row(
        Statement("test", "select payload from entries where stream = $1 order by seq desc limit 1"), schedule
    )
    assert moved
    assert moved["payload"]["cause"] == "the calendar Rota changed"


@pytest.mark.parametrize("mode", ["good", "tagged"])
async def test_the_same_again_computes_nothing(
    db: Database, schedule: UUID, layer: UUID, rota: Rota, outbound: Outbound, mode: str
) -> None:
    rota.mode = mode
    await refresh.refresh(db, outbound, layer)
    before, asked, full = await computed(db, schedule), rota.asked, rota.full
    await refresh.refresh(db, outbound, layer)
    assert rota.asked == asked + 1
    assert rota.full == full + (mode == "good")
    assert await computed(db, schedule) == before


@pytest.mark.parametrize(
    ("mode", "status", "body", "sentence"),
    [
        ("endless", 200, b"", "more than 2 MB"),
        ("bomb", 200, b"", "more than 2 MB"),
        ("hang", 200, b"", "did not answer in time"),
        ("good", 404, b"", "no calendar at this address (404)"),
        ("good", 403, b"", "refuses (403)"),
        ("good", 500, b"", "answered 500"),
        ("good", 200, b"<!doctype html><html>Sign in</html>", "web page"),
        ("good", 200, b"", "not a calendar"),
        ("good", 200, b"\x00\xff\xfe", "not a calendar"),
        ("good", 200, b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nEND:VEVENT\r\nEND:VCALENDAR", "has no start"),
        ("redirect", 302, b"127.0.0.1", "private address"),
        ("redirect", 302, b"10.0.0.1", "private address"),
        ("redirect", 302, b"[::1]", "private address"),
        ("redirect", 302, b"", "without end"),
    ],
)  # fmt: skip
async def test_what_goes_wrong_is_said_and_nothing_is_lost(
    db: Database, schedule: UUID, layer: UUID, rota: Rota, outbound: Outbound,
    mode: str, status: int, body: bytes, sentence: str,
) -> None:  # fmt: skip
    before, number = await state(db, schedule), await head(db, schedule)
    rota.mode, rota.status, rota.body = mode, status, body
    rota.target = f"http://{body.decode()}:{rota.port}/x" if body and mode == "redirect" else rota.url
    await refresh.refresh(db, outbound, layer)
    after = await state(db, schedule)
    assert after.refresh_error
    assert sentence in after.refresh_error
    assert SECRET not in after.refresh_error
    assert (after.events, after.refreshed_at) == (before.events, before.refreshed_at)
    assert await head(db, schedule) == number
    assert rota.sent < 20_000_000, "the rest was not even taken"
    rota.mode, rota.status, rota.body = "good", 200, await calendar(db, "Ben Okafor")
    await refresh.refresh(db, outbound, layer)
    mended = await state(db, schedule)
    assert (mended.refresh_error, mended.events) == (None, 1)


async def test_private_addresses_are_refused(db: Database, schedule: UUID, layer: UUID, rota: Rota) -> None:
    asked = rota.asked
    async with Outbound() as strict:
        await refresh.refresh(db, strict, layer)
    assert "private address" in ((await state(db, schedule)).refresh_error or "")
    assert rota.asked == asked


async def test_a_redirect_is_followed(
    db: Database, rota: Rota, outbound: Outbound, schedule: UUID, layer: UUID
) -> None:
    other = Rota()
    other.body = await calendar(db, "Ben Okafor")
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", other.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    rota.mode, rota.target = "redirect", f"http://localhost:{runner.addresses[0][1]}/x.ics"
    await refresh.refresh(db, outbound, layer)
    await runner.cleanup()
    assert ((await state(db, schedule)).events, other.asked) == (1, 1)


# -- doors


async def got(api: Api, address: str, etag: str = "") -> tuple[int, dict[str, str], bytes]:
    """What a calendar program gets: no token, no cookie."""
    told = await ask(
        api.app, "GET", urlsplit(address).path, headers={"if-none-match": etag} if etag else None
    )
    return told.status, told.headers, told.body


async def test_a_calendar_program_asks(api: Api, company: Company) -> None:
    ana = await api.as_(company.as_ana())
    made = await ana.good("POST", "/calendar-feeds", {"schedule_id": str(company.schedule)})
    status, headers, body = await got(api, made["address"])
    assert (status, headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    assert headers["cache-control"].startswith("private")
    assert b"SUMMARY:Payments on-call: Ana Silva\r\n" in body
    assert (await got(api, made["address"], headers["etag"]))[0::2] == (304, b"")
    assert (await got(api, made["address"], '"other", W/' + headers["etag"]))[0] == 304
    assert [f["address"] for f in (await ana.good("GET", "/calendar-feeds"))["feeds"]] == [made["address"]]
    renewed = await ana.good("POST", f"/calendar-feeds/{made['id']}/renew")
    gone = await got(api, made["address"])
    wrong = [
        made["address"].replace(".ics", "x.ics"),
        "http://test/calendar/x.ics",
        "http://test/calendar/%2e.ics",
    ]
    assert [await got(api, each) for each in wrong] == [gone] * 3
    assert gone[0] == 404
    await ana.good("DELETE", f"/calendar-feeds/{renewed['id']}")
    assert (await got(api, renewed["address"]))[0] == 404


async def test_the_api_imports(api: Api, db: Database, company: Company, schedule: UUID) -> None:
    here = f"/schedules/{schedule}/calendars"
    text = (await calendar(db, "Ben Okafor", "Stranger")).decode()
    looked = await api.good("POST", f"{here}/preview", {"text": text})
    assert ([e["user"] for e in looked["events"]], looked["unmatched"]) == (
        ["Ben Okafor", None],
        ["Stranger"],
    )
    assert (await api.good("GET", here))["calendars"] == []
    layer = (await api.good("POST", here, {"text": text, "name": "Rota"}))["id"]
    assert [c["events"] for c in (await api.good("GET", here))["calendars"]] == [2]
    assert await api.good("PUT", f"{here}/{layer}", {"text": text.replace("Stranger", "Vic Viewer")}) == {
        "events": 2
    }
    assert [c["unmatched"] for c in (await api.good("GET", here))["calendars"]] == [0]
    assert await api.good("POST", f"{here}/refresh") == {"asked": 1}
    for wrong in ({}, {"text": text, "url": "https://example.org"}, {"text": "<html>"}, {"url": "http://127.0.0.1:1/a.ics"},
                  {"url": "file:///etc/passwd"}):  # fmt: skip
        assert (await api.ask("POST", here, wrong)).status == 422
    assert [c["id"] for c in (await api.good("GET", here))["calendars"]] == [layer]
