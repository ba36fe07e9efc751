"""A real S3 server on this machine (SeaweedFS), and a line to it that can be spoilt."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import obstore
from obstore.exceptions import BaseError

from tests.product.harness import free_port, until
from tests.shape.source import ROOT
from tocsin.kernel.s3 import _store
from tocsin.vendors import Bucket

WEED = ROOT / ".venv/seaweedfs/bin/weed"
SECRET = "se/cret+of=ours"
IDENTITIES = {
    "identities": [
        {"name": "root", "credentials": [{"accessKey": "ROOT", "secretKey": SECRET}], "actions": ["Admin"]},
        {
            "name": "tocsin",
            "credentials": [{"accessKey": "KEYOFOURS", "secretKey": SECRET}],
            "actions": ["Read:files", "Write:files", "List:files", "Read:open", "Write:open", "List:open"],
        },
        {
            "name": "reader",
            "credentials": [{"accessKey": "READER", "secretKey": SECRET}],
            "actions": ["Read:files", "List:files"],
        },
        {"name": "anonymous", "actions": ["Read:open"]},
    ]
}


@contextmanager
def seaweed(folder: Path) -> Iterator[Bucket]:
    """The server, with the buckets `files` and `open`, which strangers may read; answers `files`, by a key that is no administrator's."""
    (folder / "keys.json").write_text(json.dumps(IDENTITIES), encoding="utf-8")
    (folder / "data").mkdir()
    parts = ("master", "volume", "filer", "s3")
    ports = {name: free_port() for part in parts for name in (f"{part}.port", f"{part}.port.grpc")}
    command = [
        str(WEED), "server", f"-dir={folder / 'data'}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3", f"-s3.config={folder / 'keys.json'}",
        "-volume.max=20", "-master.volumeSizeLimitMB=64",
        # Doors that nobody asks, at ports that two servers at once would both want.
        "-s3.port.iceberg=0", "-s3.port.lance=0", *(f"-{name}={port}" for name, port in ports.items()),
    ]  # fmt: skip
    root = Bucket(f"http://127.0.0.1:{ports['s3.port']}", "files", "ROOT", SECRET)
    with (
        (folder / "out").open("w") as out,
        subprocess.Popen(command, cwd=folder, stdout=out, stderr=out) as running,
    ):
        try:
            for name in ("files", "open"):
                until(lambda name=name: _takes(replace(root, name=name)), f"SeaweedFS: see {folder / 'out'}")
            yield replace(root, access_key="KEYOFOURS")
        finally:
            running.kill()  # It takes half a minute to end by itself, and its folder goes anyway.


def _takes(bucket: Bucket) -> bool:
    """An administrator's first object makes its bucket."""
    try:
        obstore.put(_store(bucket, {"timeout": "5s"}), "first", b"1", use_multipart=False)
    except (BaseError, OSError):
        return False
    return True


class Line:
    """A port that leads to a server, until it is spoilt: then it answers by itself, is silent, breaks, or changes what it carries."""

    def __init__(self, port: int, to: int) -> None:
        self.port, self.to = port, to
        self.fault: str | int = ""
        self._open: set[asyncio.StreamWriter] = set()

    def spoil(self, fault: str | int = "") -> None:
        """From now on, also for who is connected: a status, `silent`, `breaks`, `changes`, or nothing wrong."""
        self.fault = fault
        for writer in self._open:
            writer.transport.abort()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with suppress(OSError, asyncio.IncompleteReadError):
            if isinstance(self.fault, int):
                await reader.readuntil(b"\r\n\r\n")
                writer.write(
                    f"HTTP/1.1 {self.fault} No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode()
                )
                await writer.drain()
            elif self.fault == "silent":
                while await reader.read(65536):
                    pass
            elif self.fault == "breaks":
                await reader.readexactly(100_000)
            else:
                await self._through(reader, writer)
        self._open.discard(writer)
        writer.close()

    async def _through(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind, ahead = await asyncio.open_connection("127.0.0.1", self.to)
        back = asyncio.create_task(_copy(behind, writer))
        while piece := await reader.read(65536):
            ahead.write(piece.replace(b"MARK", b"MIRK") if self.fault == "changes" else piece)
            await ahead.drain()
        ahead.close()
        await back


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()


@asynccontextmanager
async def line_to(bucket: Bucket) -> AsyncIterator[tuple[Line, Bucket]]:
    """The line, and the bucket at its end."""
    port = free_port()
    line = Line(port, int(bucket.endpoint.rpartition(":")[2]))
    server = await asyncio.start_server(line.carry, "127.0.0.1", port)
    try:
        yield line, replace(bucket, endpoint=f"http://127.0.0.1:{port}")
    finally:
        server.close()
