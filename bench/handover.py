"""From the alert's POST to the webhook in the receiver's hands, alone and at 100 and 1,000 a second, beside Alertmanager.

Both hand over to the same receiver, in this process; an alert is known by the alias that it carries. The times start
when the request is due to be sent and end when the webhook's body has arrived, so intake and both networks count in, and
so does what a sender had to wait.
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
from typing import Any

import aiohttp

from bench.parts import Served, alertmanager, missing, say, serving

ALONE, PAUSE_S = 100, 0.02
RATES = (100, 1000)
SECONDS = 5
ROUNDS = 3
ALIAS = re.compile(rb'"alias":\s*"([a-z0-9]+-\d+-\d+)"')
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

    def __init__(
        self, name: str, post: Post, orders: dict[str, Any], seen: dict[str, float], news: asyncio.Event
    ) -> None:
        self.name, self._post, self._orders, self._seen, self._news = name, post, orders, seen, news
        self.alone: list[float] = []
        self.rated: dict[int, list[float]] = {rate: [] for rate in RATES}

    async def one_by_one(self, number: int) -> None:
        """One after the other, with a pause between, each awaited: nothing else is going on."""
        for turn in range(ALONE):
            alias = f"low-{number}-{turn}"
            start = time.perf_counter()
            await self._post(alias)
            await self._arrived([alias])
            self.alone.append(self._seen[alias] - start)
            await asyncio.sleep(PAUSE_S)

    async def at_rate(self, number: int, rate: int) -> None:
        """So many a second from a process of its own; each one's time counts from when it was due to be sent."""
        orders = self._orders | {"prefix": f"r{rate}-{number}", "rate": rate, "seconds": SECONDS}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.pace", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await process.communicate(json.dumps(orders).encode())
        answer = json.loads(out)
        if answer["refused"]:
            raise SystemExit(f"{self.name} refused {answer['refused']} alerts")
        await self._arrived(list(answer["due"]))
        self.rated[rate] += [self._seen[alias] - at for alias, at in answer["due"].items()]

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
    body = {"name": "Bench", "steps": steps, "final": {"nobody": True}}
    policy = server.api("POST", "/escalation-policies", body, server.token)
    service = {"name": "Bench", "escalation_policy_id": policy["id"]}
    return str(server.api("POST", "/services", service, server.token)["id"])


async def _run(folder: Path) -> list[Side]:
    async with AsyncExitStack() as stack:
        with ExitStack() as blocking:
            client = await stack.enter_async_context(
                aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=32))
            )
            sides = [await _tocsin(stack, blocking, folder / "tocsin", client)]
            if not missing("prometheus-alertmanager"):
                sides.append(await _alertmanager(stack, blocking, folder / "alertmanager", client))
            for number in range(ROUNDS):
                for side in sides:
                    await side.one_by_one(number)
                for rate in RATES:
                    for side in sides:
                        await side.at_rate(number, rate)
    return sides


async def _tocsin(
    stack: AsyncExitStack, blocking: ExitStack, folder: Path, client: aiohttp.ClientSession
) -> Side:
    hook, seen, news = await stack.enter_async_context(receiver())
    server = await asyncio.to_thread(blocking.enter_context, serving(folder))
    service = await asyncio.to_thread(page_by_webhook, server, hook)
    key = await asyncio.to_thread(server.new_key, "Bench", service)
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}

    # The details come back in the webhook.
    body = (
        '{"message": "Disk is full", "alias": "{alias}", "priority": "P1", "details": {"alias": "{alias}"}}'
    )
    return _side("Tocsin", client, f"{server.url}/v1/alerts", headers, body, seen, news)


def _side(
    name: str, client: aiohttp.ClientSession, url: str, headers: dict[str, str], body: str, seen: dict[str, float],
    news: asyncio.Event,
) -> Side:  # fmt: skip
    async def post(alias: str) -> None:
        async with client.post(url, data=body.replace("{alias}", alias), headers=headers) as answer:
            assert answer.status < 300, await answer.text()

    return Side(name, post, {"url": url, "headers": headers, "body": body}, seen, news)


async def _alertmanager(
    stack: AsyncExitStack, blocking: ExitStack, folder: Path, client: aiohttp.ClientSession
) -> Side:
    hook, seen, news = await stack.enter_async_context(receiver())
    url = await asyncio.to_thread(blocking.enter_context, alertmanager(folder, hook))

    body = '[{"labels": {"alertname": "DiskFull", "alias": "{alias}"}}]'
    headers = {"content-type": "application/json"}
    return _side("Alertmanager", client, f"{url}/api/v2/alerts", headers, body, seen, news)


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
    loads: list[tuple[str, Callable[[Side], list[float]]]] = [("nothing else", lambda side: side.alone)]
    loads += [(f"{rate} a second", lambda side, rate=rate: side.rated[rate]) for rate in RATES]  # type: ignore[misc]
    for what, times in loads:
        for side in sides:
            p50, p99 = quantile(times(side), 0.5), quantile(times(side), 0.99)
            print(f"  {side.name:<13} {what:<16} p50 {p50:8.1f} ms   p99 {p99:8.1f} ms")
    say("nothing else: p99 of Tocsin", quantile(sides[0].alone, 0.99), 50, at_most=True, unit=" ms")
    say("1000 a second: p99 of Tocsin", quantile(sides[0].rated[1000], 0.99), 1000, at_most=True, unit=" ms")
    if len(sides) == 2:
        for what, times in loads:
            one, other = (quantile(times(side), 0.5) for side in sides)
            print(f"  {what}: p50 is {one / other:.1f} times Alertmanager's, which stores nothing")
    else:
        print("  left out, prometheus-alertmanager is not installed: the comparison with Alertmanager")
    return 0


if __name__ == "__main__":
    sys.exit(main())
