"""Where tests put what they make: one folder per run, in memory where the system has a place for that.

A database of a test is some six hundred small files. In memory they are made and removed many times faster than on a
disk, and what is left of a process that was killed goes when the run ends.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

#: Names the folder of this run to all of its processes.
RUN = "TESTS_FOLDER"
MEMORY = Path("/dev/shm")
#: Several clusters at once, with their logs. Containers often have 64 MB there.
ENOUGH_BYTES = 3 << 30
PREFIX = "tocsin-tests-"
#: Held while a run lasts; the kernel lets it go however the run ends.
_held: list[IO[str]] = []


def begin() -> None:
    """Makes the folder of this run; every account may pass it, as the private server's has to."""
    path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_place()))
    path.chmod(0o755)
    sweep(path.parent)
    # Locked before it has its name, so that nobody finds it free.
    draft = path / "lock.new"
    _held.append(draft.open("w"))
    fcntl.flock(_held[-1], fcntl.LOCK_EX)
    draft.rename(path / "lock")
    os.environ[RUN] = str(path)


def end() -> None:
    shutil.rmtree(os.environ.pop(RUN), ignore_errors=True)
    _held.pop().close()


def sweep(place: Path) -> None:
    """Removes what runs left that were killed."""
    for lock in place.glob(f"{PREFIX}*/lock"):
        try:
            with lock.open() as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(lock.parent, ignore_errors=True)
        except OSError:
            continue  # it runs, or is gone already


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
