"""From the alert's POST to the webhook in the receiver's hands, at a low rate and in a burst, beside Alertmanager.

Both hand over to the same receiver, in this process; an alert is known by the alias that it carries. The times start
before the request is sent and end when the webhook's body has arrived, so intake and both networks count in.
"""

import asyncio
import json
import math
import re
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from pathlib import Path

import aiohttp

from bench.parts import Served, alertmanager, missing, say, serving

LOW_RATE, LOW_PAUSE_S = 100, 0.02
BURST, AT_ONCE = 1000, 32
ROUNDS = 3
ALIAS = re.compile(rb'"alias":\s*"([a-z]+-\d+-\d+)"')
Post = Callable[[str], Awaitable[None]]


class Receiver(asyncio.Protocol):
    """Answers each POST with 204 and notes when which alias came first."""

    def __init__(self, seen: dict[str, float], news: asyncio.Event) -> None:
        self._seen, self._news, self._data = seen, news, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            head = self._data[:end].lower()
            found = re.search(rb"content-length: *(\d+)", head)
            size = end + 4 + (int(found[1]) if found else 0)
            if len(self._data) < size:
                return
            body, self._data = self._data[end + 4 : size], self._data[size:]
            now = time.perf_counter()
            for alias in ALIAS.findall(body):
                self._seen.setdefault(alias.decode(), now)
            self._news.set()
            self._transport.write(b"HTTP/1.1 204 No Content\r\n\r\n")


class Side:
    """One product under measure: how an alert is posted, and when which one arrived."""

    def __init__(self, name: str, post: Post, seen: dict[str, float], news: asyncio.Event) -> None:
        self.name, self._post, self._seen, self._news = name, post, seen, news
        self.low: list[float] = []
        self.burst: list[float] = []

    async def low_rate(self, number: int) -> None:
        """One after the other, with a pause between, each awaited."""
        for turn in range(LOW_RATE):
            alias = f"low-{number}-{turn}"
            start = time.perf_counter()
            await self._post(alias)
            await self._arrived([alias])
            self.low.append(self._seen[alias] - start)
            await asyncio.sleep(LOW_PAUSE_S)

    async def in_a_burst(self, number: int) -> None:
        """A thousand, as fast as 32 connections send them; each one's own time counts."""
        starts: dict[str, float] = {}
        room = asyncio.Semaphore(AT_ONCE)

        async def one(alias: str) -> None:
            async with room:
                starts[alias] = time.perf_counter()
                await self._post(alias)

        await asyncio.gather(*(one(f"burst-{number}-{turn}") for turn in range(BURST)))
        await self._arrived(list(starts))
        self.burst += [self._seen[alias] - start for alias, start in starts.items()]

    async def _arrived(self, aliases: list[str]) -> None:
        async with asyncio.timeout(60):
            while not all(alias in self._seen for alias in aliases):
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def receiver() -> AsyncIterator[tuple[str, dict[str, float], asyncio.Event]]:
    """Answers its address, what it saw, and an event that is set with each webhook."""
    seen: dict[str, float] = {}
    news = asyncio.Event()
    server = await asyncio.get_running_loop().create_server(lambda: Receiver(seen, news), "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook", seen, news


def page_by_webhook(server: Served, hook: str) -> str:
    """Somebody who is paged by webhook at once; answers the id of a service of theirs."""
    user = server.rows(
        "with u as (select id from users where email = 'ada@example.org'), "
        "gone as (delete from contact_methods where user_id in (select id from u)), "
        "m as (insert into contact_methods (id, user_id, transport, address, verified_at) "
        "select gen_random_uuid(), id, 'webhook', $1, clock() from u returning id, user_id) "
        "insert into notification_rules (id, user_id, urgency, contact_method_id) "
        "select gen_random_uuid(), user_id, urgency, id from m, unnest(array['high', 'low']) urgency returning user_id",
        hook,
    )[0]["user_id"]
    steps = [{"delay_s": 0, "users": [str(user)]}]
    policy = server.api("POST", "/escalation-policies", {"name": "Bench", "steps": steps}, server.token)
    service = {"name": "Bench", "escalation_policy_id": policy["id"]}
    return str(server.api("POST", "/services", service, server.token)["id"])


async def _run(folder: Path) -> list[Side]:
    async with AsyncExitStack() as stack:
        with ExitStack() as blocking:
            client = await stack.enter_async_context(
                aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE))
            )
            sides = [await _tocsin(stack, blocking, folder / "tocsin", client)]
            if not missing("prometheus-alertmanager"):
                sides.append(await _alertmanager(stack, blocking, folder / "alertmanager", client))
            for number in range(ROUNDS):
                for side in sides:
                    await side.low_rate(number)
                for side in sides:
                    await side.in_a_burst(number)
    return sides


async def _tocsin(
    stack: AsyncExitStack, blocking: ExitStack, folder: Path, client: aiohttp.ClientSession
) -> Side:
    hook, seen, news = await stack.enter_async_context(receiver())
    server = await asyncio.to_thread(blocking.enter_context, serving(folder))
    service = await asyncio.to_thread(page_by_webhook, server, hook)
    key = await asyncio.to_thread(server.new_key, "Bench", service)
    headers = {"authorization": f"Bearer {key}"}

    async def post(alias: str) -> None:
        # The details come back in the webhook.
        body = {"message": "Disk is full", "alias": alias, "priority": "P1", "details": {"alias": alias}}
        async with client.post(f"{server.url}/v1/alerts", json=body, headers=headers) as answer:
            assert answer.status < 300, await answer.text()

    return Side("Tocsin", post, seen, news)


async def _alertmanager(
    stack: AsyncExitStack, blocking: ExitStack, folder: Path, client: aiohttp.ClientSession
) -> Side:
    hook, seen, news = await stack.enter_async_context(receiver())
    url = await asyncio.to_thread(blocking.enter_context, alertmanager(folder, hook))

    async def post(alias: str) -> None:
        body = json.dumps([{"labels": {"alertname": "DiskFull", "alias": alias}}])
        headers = {"content-type": "application/json"}
        async with client.post(f"{url}/api/v2/alerts", data=body, headers=headers) as answer:
            assert answer.status < 300, await answer.text()

    return Side("Alertmanager", post, seen, news)


def quantile(times: list[float], share: float) -> float:
    """In milliseconds: the smallest time that this share of the times does not exceed."""
    ordered = sorted(times)
    return ordered[math.ceil(share * len(ordered)) - 1] * 1000


def main() -> int:
    """Runs the bench."""
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        sides = asyncio.run(_run(folder))
    print(f"hand-over: alert's POST to webhook received; {ROUNDS} rounds in turn")
    for side in sides:
        for what, times in (
            (f"{LOW_RATE} alerts, {LOW_PAUSE_S * 1000:g} ms apart", side.low),
            (f"burst of {BURST}", side.burst),
        ):
            p50, p99 = quantile(times, 0.5), quantile(times, 0.99)
            print(f"  {side.name:<13} {what:<28} p50 {p50:8.1f} ms   p99 {p99:8.1f} ms")
    say("low rate: p99 of Tocsin", quantile(sides[0].low, 0.99), 50, at_most=True, unit=" ms")
    if len(sides) == 2:
        ours, theirs = sides
        for what, one, other in (("low rate", ours.low, theirs.low), ("burst", ours.burst, theirs.burst)):
            print(
                f"  {what}: p50 is {quantile(one, 0.5) / quantile(other, 0.5):.1f} times Alertmanager's, which stores nothing"
            )
    else:
        print("  left out, prometheus-alertmanager is not installed: the comparison with Alertmanager")
    return 0


if __name__ == "__main__":
    sys.exit(main())
