"""A vendor for the benches, in a process of its own: answers each request after so many seconds; `/` says how many it took."""

import asyncio
import sys

from aiohttp import web


async def serve(port: int, seconds: float) -> None:
    """Until it is ended from outside."""
    took = 0

    async def send(_: web.Request) -> web.Response:
        nonlocal took
        await asyncio.sleep(seconds)
        took += 1
        return web.Response(text="taken")

    async def count(_: web.Request) -> web.Response:
        return web.Response(text=str(took))

    app = web.Application()
    app.add_routes([web.get("/", count), web.get("/send", send)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2])))
