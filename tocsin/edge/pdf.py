"""The record as PDF, set by Typst in a process of its own: a long record takes memory and seconds, and pages go out meanwhile.

The words of people are data of the document, never its source. That process inherits no secret and reads no file but the fonts.
"""

import asyncio
import os
import resource
import sys
from pathlib import Path
from typing import Any

import orjson
import typst

from tocsin.kernel.errors import Unavailable

CPU_SECONDS = 60
WALL_SECONDS = 90.0
TEMPLATE = Path(__file__).with_name("record.typ")
#: Setting takes a processor: one at a time leaves the rest to what is urgent.
_turns = asyncio.Semaphore(1)


async def pdf_of(data: dict[str, Any]) -> bytes:
    """A whole export as PDF. Raises `Unavailable` when it cannot be set in time."""
    async with _turns:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tocsin.edge.pdf", env=_environment(),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            async with asyncio.timeout(WALL_SECONDS):
                out, _ = await child.communicate(orjson.dumps(data))
        except TimeoutError:
            raise Unavailable(
                "The PDF takes too long. Take the Markdown or the JSON instead.", after=60
            ) from None
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
    if child.returncode or not out.startswith(b"%PDF"):
        raise Unavailable("The PDF could not be set. Take the Markdown or the JSON instead.", after=60)
    return out


def _environment() -> dict[str, str]:
    """Only what Python needs to find this module."""
    package = str(Path(__file__).resolve().parents[2])
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | {"PYTHONPATH": package, "PYTHONDONTWRITEBYTECODE": "1", "RAYON_NUM_THREADS": "1"}


def main() -> None:
    """The process: an export on standard input, a PDF on standard output."""
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    data = sys.stdin.buffer.read().decode()
    sys.stdout.buffer.write(typst.compile(TEMPLATE.read_bytes(), sys_inputs={"data": data}))


if __name__ == "__main__":
    main()
