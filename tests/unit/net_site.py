"""What tests of outbound requests share: a real server on this machine, and DNS that answers what the test says."""

import asyncio
import gzip
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.abc import AbstractResolver

from tocsin.kernel.net import BODY_LIMIT

SECRET = "s3cret"


class Site:
    """A server that remembers what it was asked."""

    def __init__(self):
        self.seen = []
        self.asked = asyncio.Event()
        self.release = asyncio.Event()
        self.port = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    async def answer(self, request):
        self.seen.append((request, await request.read()))
        self.asked.set()
        match request.path:
            case "/redirect":
                raise web.HTTPFound("/elsewhere", headers={"Set-Cookie": "a=b"})
            case "/busy":
                return web.Response(status=429, headers={"Retry-After": "7"})
            case "/large":
                return web.Response(body=b"x" * (BODY_LIMIT * 3))
            case "/bomb":
                return web.Response(
                    body=gzip.compress(bytes(50_000_000)), headers={"Content-Encoding": "gzip"}
                )
            case "/slow":
                await self.release.wait()
            case "/cut":
                request.transport.abort()
        return web.json_response({"ok": True}, headers={"X-Answer": "42"})


@asynccontextmanager
async def serving(tls=None):
    site = Site()
    runner = web.AppRunner(_app(site), shutdown_timeout=0.1)
    await runner.setup()
    listener = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await listener.start()
    site.port = runner.addresses[0][1]
    try:
        yield site
    finally:
        site.release.set()
        await runner.cleanup()


def _app(site):
    app = web.Application(client_max_size=10 * BODY_LIMIT)
    app.router.add_route("*", "/{tail:.*}", site.answer)
    return app


class Names(AbstractResolver):
    """DNS of the tests: each question takes the next answer, the last one stays."""

    def __init__(self, *answers):
        self._answers = list(answers)
        self.asked = 0

    async def resolve(self, host, port=0, family=0):
        self.asked += 1
        addresses = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": 10 if ":" in address else 2,
                "proto": 6,
                "flags": 0,
            }
            for address in addresses
        ]

    async def close(self):
        pass


def holds_no_secret(error):
    chain = [error, error.__cause__, error.__context__]
    assert SECRET not in "".join(map(repr, chain)) + str(error)
