"""The incident room: opening one of 5,000 entries and 200 people, and a new entry on the screens of 1,000 browsers.

Opening stands beside a room of a hundred entries, which is what the page holds at first, served by the same process; the fan-out beside a bare server that holds
as many connections and writes the same bytes to each, knowing nothing of permissions, databases or HTML.
"""

import asyncio
import gzip
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench.parts import Served, alternating, ratio, say, serving
from tests.product.doors import Browser

ENTRIES, PEOPLE, BROWSERS, SENT, ROUNDS = 5000, 200, 1000, 20, 30
PLANT = """
do $$
declare room uuid := (select id from incidents where key = '{key}'); zones text[] := array['Europe/Dublin', 'Australia/Sydney', 'America/Sao_Paulo']; at integer;
begin
    insert into users (id, email, name, time_zone, role)
    select gen_random_uuid(), 'p' || n || '@example.org', 'Person Number ' || n, zones[1 + n % 3], 'member' from generate_series(1, {people}) n;
    insert into incident_responders (incident_id, user_id) select room, id from users where email like 'p%@example.org' and {people} > 0;
    for n in 1..{entries} loop
        update incidents set head = head + 1 where id = room returning head into at;
        insert into entries (stream, stream_type, seq, kind, happened_at, actor, door, payload)
        values (room, 'incident', at, 'message', clock(), 'Person Number ' || n % 200, 'web',
                jsonb_build_object('text', 'Looking at node ' || n || ': latency is back to normal since the last restart, error rate ' || n % 17 || ' percent'));
    end loop;
end $$
"""


def declared(server: Served) -> str:
    """A new incident's key."""
    body = {"summary": "Checkout fails for all customers", "severity": 1, "impact": "Nobody can pay"}
    return str(server.api("POST", "/incidents", body, server.token)["key"])


def first_load(server: Served, person: Browser, key: str) -> tuple[int, int]:
    """Compressed bytes of the page alone, and with the scripts and styles that its first load brings."""
    page = person.ask("GET", f"/incidents/{key}")[2]
    size = len(gzip.compress(page.encode(), 5))
    files, seen = re.findall(r'(?:href|src)="(/static/(?:css|js)/[^"]+)"', page), set()
    todo, total = list(files), size
    while todo:
        path = todo.pop()
        name = path.partition("?")[0]
        if name in seen:
            continue
        seen.add(name)
        text = server.get(path)[1]
        total += len(gzip.compress(text.encode(), 6))
        todo += [
            str(Path(name).parent / other) for other in re.findall(r'(?:from|import) "\./([^"]+)"', text)
        ]
    return size, total


def opening(server: Served, person: Browser, big: str) -> None:
    """Server time of the whole page, alternating with a room of a hundred entries."""
    small = declared(server)
    server.rows(PLANT.format(key=small, people=0, entries=100))

    def took(key: str) -> float:
        begun = time.perf_counter()
        assert person.ask("GET", f"/incidents/{key}")[0] == 200
        return (time.perf_counter() - begun) * 1000

    took(big), took(small)
    found = alternating(ROUNDS, {"big": lambda _: took(big), "small": lambda _: took(small)})
    page, all_ = first_load(server, person, big)
    print(
        f"room of {ENTRIES:,} entries and {PEOPLE} people: half the openings within {statistics.median(found['big']):.0f} ms"
    )
    say(
        "to a room of 100 entries and nobody, server time",
        ratio(found["big"], found["small"]),
        2,
        at_most=True,
    )
    say(
        "server time, slowest of twenty",
        sorted(found["big"])[int(ROUNDS * 0.95)],
        300,
        at_most=True,
        unit=" ms",
    )
    say("first load, compressed: page, styles and scripts", all_ / 1000, 150, at_most=True, unit=" kB")
    print(f"  of it the page: {page / 1000:.0f} kB")


@dataclass
class Crowd:
    """Many open streams; when each has read a mark."""

    seen: dict[bytes, list[float]] = field(default_factory=dict)
    open: int = 0
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def come(self, port: int, request: bytes, many: int) -> None:
        """Opens the streams, fifty at once, and reads from them until they close."""
        gate = asyncio.Semaphore(50)

        async def one() -> None:
            async with gate:
                reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
                self.writers.append(writer)
                writer.write(request)
                first = await reader.readuntil(b"\n\n")
                assert b" 200 " in first or b"retry" in first, first[:200]
                self.open += 1
            asyncio.get_running_loop().create_task(self._read(reader))

        await asyncio.gather(*(one() for _ in range(many)))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        rest = b""
        while data := await reader.read(65536):
            now = time.perf_counter()
            rest = (rest + data)[-4000:]
            for mark in re.findall(rb"mark-\d+-", rest):
                self.seen.setdefault(mark, []).append(now)
                self.heard.set()
            rest = rest[rest.rfind(b"mark-") + 12 :] if b"mark-" in rest else rest[-40:]

    def leave(self) -> None:
        for writer in self.writers:
            writer.close()

    async def all_saw(self, mark: bytes, since: float, many: int) -> list[float]:
        """Milliseconds until each had it; waits a minute at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(60):
                while len(self.seen.get(mark, ())) < many:
                    self.heard.clear()
                    await self.heard.wait()
        found = [(at - since) * 1000 for at in self.seen.get(mark, ())]
        return found + [60_000.0] * (many - len(found))


async def bare(body: int) -> tuple[asyncio.Server, Callable[[bytes], None]]:
    """The baseline: holds connections and writes the same bytes to all of them."""
    held: list[asyncio.StreamWriter] = []

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\nretry: 1000\n\n")
        held.append(writer)
        with suppress(asyncio.CancelledError):
            await reader.read()

    def send(mark: bytes) -> None:
        line = b"event: x\ndata: " + mark + b"." * body + b"\n\n"
        for writer in held:
            writer.write(line)

    return await asyncio.start_server(hold, "127.0.0.1", 0, backlog=1024), send


def at(found: list[float], share: float) -> float:
    """The value below which that share lies."""
    return sorted(found)[min(int(len(found) * share), len(found) - 1)]


async def fan_out(server: Served, person: Browser, key: str) -> None:
    """Ours and the bare one in turns; both hold their connections all the time."""
    incident = str(server.rows("select id from incidents where key = $1", key)[0]["id"])
    cookie = "; ".join(f"{name}={value}" for name, value in person.cookies.items())
    ask = f"GET /events?topics=incident:{incident} HTTP/1.1\r\nhost: 127.0.0.1:{server.port}\r\ncookie: {cookie}\r\n\r\n"
    ours, theirs = Crowd(), Crowd()
    plain, send = await bare(900)
    await ours.come(server.port, ask.encode(), BROWSERS)
    await theirs.come(plain.sockets[0].getsockname()[1], b"GET / HTTP/1.1\r\n\r\n", BROWSERS)
    hands = ThreadPoolExecutor(1)
    found: dict[str, list[float]] = {"ours": [], "bare": []}
    for number in range(SENT):
        mark = f"mark-{number}-"
        body = {"text": f"{mark} the replica has caught up"}
        begun = time.perf_counter()
        posting = asyncio.get_running_loop().run_in_executor(
            hands, server.api, "POST", f"/incidents/{key}/entries", body, server.token
        )
        found["ours"] += await ours.all_saw(mark.encode(), begun, BROWSERS)
        await posting
        begun = time.perf_counter()
        send(mark.encode())
        found["bare"] += await theirs.all_saw(mark.encode(), begun, BROWSERS)
    ours.leave()
    theirs.leave()
    plain.close()
    print(
        f"a new entry on {BROWSERS:,} screens of one process, {SENT} times: half within {at(found['ours'], 0.5):.0f} ms of pressing Enter"
    )
    say("p99, from the request to the last screens", at(found["ours"], 0.99), 500, at_most=True, unit=" ms")
    say(
        "p99 to a bare server that writes the same bytes",
        at(found["ours"], 0.99) / at(found["bare"], 0.99),
        4,
        at_most=True,
    )


def main() -> int:
    """Prints the ratios; 1 when a browser did not get an entry."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        Path(folder).chmod(0o755)
        server = stack.enter_context(serving(Path(folder) / "data"))
        person = Browser(server).sign_in("ada@example.org")
        key = declared(server)
        server.rows(PLANT.format(key=key, people=PEOPLE, entries=ENTRIES))
        opening(server, person, key)
        asyncio.run(fan_out(server, person, key))
    return 0


if __name__ == "__main__":
    sys.exit(main())
