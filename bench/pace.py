"""Posts alerts at a steady rate, in a process of its own: `python -m bench.pace` with its orders as JSON on standard input.

Orders: url, headers, body (a text with `{alias}`), prefix, rate (a second), seconds. Answers a line of JSON: when each alias was about
to be sent, by the clock that all processes of the machine share, and how many were refused. A sender that falls behind
does not slow down: what was due is sent late, and its time counts from when it was due.
"""

import asyncio
import json
import sys
import time
from typing import Any

CONNECTIONS = 64


class Poster(asyncio.Protocol):
    """One connection: a request, then its answer."""

    def __init__(self) -> None:
        self._data = b""
        self._answer: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, found, rest = self._data.partition(b"\r\n\r\n")
        if not found:
            return
        size = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )  # fmt: skip
        if len(rest) >= size and self._answer:
            self._data = rest[size:]
            answer, self._answer = self._answer, None
            answer.set_result(int(head.split(b" ", 2)[1]))

    async def post(self, request: bytes) -> int:
        """The answer's status."""
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self._answer


async def run(orders: dict[str, Any]) -> dict[str, Any]:
    """Sends them all; times in seconds of `perf_counter`."""
    host, _, path = orders["url"].removeprefix("http://").partition("/")
    name, _, port = host.partition(":")
    head = "".join(f"{k}: {v}\r\n" for k, v in orders["headers"].items())
    loop = asyncio.get_running_loop()
    free: asyncio.Queue[Poster] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        _, poster = await loop.create_connection(Poster, name, int(port))
        free.put_nowait(poster)
    due: dict[str, float] = {}
    refused = 0

    async def one(alias: str) -> None:
        nonlocal refused
        body = orders["body"].replace("{alias}", alias).encode()
        request = (
            f"POST /{path} HTTP/1.1\r\nhost: {host}\r\n{head}content-length: {len(body)}\r\n\r\n".encode()
            + body
        )
        poster = await free.get()
        status = await poster.post(request)
        free.put_nowait(poster)
        refused += status >= 300

    begun, tasks = time.perf_counter(), set()
    for number in range(int(orders["rate"] * orders["seconds"])):
        at = begun + number / orders["rate"]
        if (wait := at - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        alias = f"{orders['prefix']}-{number}"
        due[alias] = at
        task = asyncio.create_task(one(alias))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    return {"due": due, "refused": refused}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(json.loads(sys.stdin.read())))))
