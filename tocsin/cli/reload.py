"""Development: starts the server again whenever a file of the package changes."""

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

PACKAGE = Path(str(files("tocsin")))
LOOK_S = 0.7


def with_reload(command: Sequence[str]) -> None:
    """Runs the command until it is interrupted. Templates and static files are read anew without this."""
    end_with_us()
    while True:
        seen, server = _newest(), subprocess.Popen(command)  # noqa: S603 - our own programs
        try:
            while _newest() == seen:
                time.sleep(LOOK_S)
        finally:
            server.terminate()
            server.wait()


def end_with_us() -> None:
    """Makes SIGTERM an ordinary exit, so that what we have started is ended too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))


def _newest() -> float:
    return max(path.stat().st_mtime for kind in ("*.py", "*.sql") for path in PACKAGE.rglob(kind))
