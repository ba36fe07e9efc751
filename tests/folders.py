"""Where tests put what they make: one folder per run, in memory where the system has a place for that.

A database of a test is some six hundred small files. In memory they are made and removed many times faster than on a
disk, and what is left of a process that was killed goes when the run ends.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: Names the folder of this run to all of its processes.
RUN = "TESTS_FOLDER"
MEMORY = Path("/dev/shm")
#: Several clusters at once, with their logs. Containers often have 64 MB there.
ENOUGH_BYTES = 3 << 30


def begin() -> None:
    """Makes the folder of this run; every account may pass it, as the private server's has to."""
    path = Path(tempfile.mkdtemp(prefix="tocsin-tests-", dir=_place()))
    path.chmod(0o755)
    os.environ[RUN] = str(path)


def end() -> None:
    shutil.rmtree(os.environ.pop(RUN), ignore_errors=True)


def run() -> Path:
    return Path(os.environ[RUN])


@contextmanager
def new(name: str) -> Iterator[Path]:
    """A folder that every account may pass, for the time of the block."""
    path = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=run()))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


def _place() -> Path | None:
    """None is wherever temporary files go: memory that is too small, or where no program may be started, is of no use."""
    if not os.access(MEMORY, os.W_OK):
        return None
    found = os.statvfs(MEMORY)
    fits = found.f_bavail * found.f_frsize >= ENOUGH_BYTES
    return MEMORY if fits and not found.f_flag & os.ST_NOEXEC else None
