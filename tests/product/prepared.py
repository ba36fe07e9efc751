"""Data folders that are made once per run of the tests and copied after that: the cluster, its schema and who is in it.

Making one takes seconds, most of them in `initdb`; copying one takes a tenth of that.
"""

import fcntl
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests import folders


def prepare(name: str, data: Path, make: Callable[[Path], Any], *, durable: bool = False) -> Any:
    """Fills a data folder with what `make` put into one once, and answers what it answered; JSON can hold that.

    `durable`: the server writes to the disk before it answers, as in production: for tests that kill it.
    """
    shared = folders.run()
    whole = shared / f"prepared-{name}"
    # Whoever dies while making lets the lock go, and the next one begins anew.
    with (shared / f"prepared-{name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not whole.exists():
            _make(shared / f"draft-{name}", whole, make)
    subprocess.run(["cp", "-a", str(whole / "data"), str(data)], check=True)
    if not durable:
        with (data / "postgres" / "cluster" / "postgresql.conf").open("a") as settings:
            settings.write("fsync = off\n")
    return json.loads((whole / "answer").read_text())


def _make(draft: Path, whole: Path, make: Callable[[Path], Any]) -> None:
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o755)
    draft.chmod(0o755)
    (draft / "answer").write_text(json.dumps(make(draft / "data")))
    draft.rename(whole)
