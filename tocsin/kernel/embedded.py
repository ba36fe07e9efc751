"""A private PostgreSQL: started by the first process that needs it, shared, and stopped by the last one that leaves.

1. Everything lies in `<data>/postgres`: `cluster` (PostgreSQL's own folder), `socket`, `log`, two lock files, and, where
   the account of the server cannot read the installed programs, a copy of them.
2. Starting and leaving happen under an exclusive lock on `turn.lock`, so that one process at a time decides.
3. A user of the server holds a shared lock on `users.lock`. The kernel drops it when the process dies, however it dies.
   Who leaves and can have it exclusively was the last, and stops the server.
4. Whether the server runs is asked by connecting to its socket. A process id proves nothing: ids are used again.
5. A new cluster is made beside and renamed, so there is never half a one.
6. Root may not run PostgreSQL. As root the server runs as an unprivileged account; folders above ours stay as they are.
"""

import fcntl
import os
import secrets
import shlex
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import quote, urlsplit

from tocsin.kernel import account as accounts
from tocsin.kernel import programs
from tocsin.kernel.account import Account, NoServer

#: The role and the database. The role is the server's superuser: nobody else can reach this server.
NAME = "tocsin"
#: How long a server that was just killed keeps its lock file and its memory: until init reaps it.
PATIENCE_S = 15
#: How long a server that answers but refuses, on its way up or down, is waited for.
RECOVERY_S = 60
LOG_BYTES = 1_000_000
#: A socket path may have 103 characters on macOS and 107 on Linux, of which its name takes 14.
_SOCKET_FOLDER_BYTES = 86
_STILL_THERE = ("lock file", "pre-existing shared memory", "Address already in use")

# Errors of statements are logged by whoever sent them; here they would only leak values into a second log.
_SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "max_logical_replication_workers": "0",
    "log_min_messages": "log",
    "log_checkpoints": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}

_INITDB = (
    f"--username={NAME}",
    "--auth-local=peer",
    "--auth-host=reject",
    "--encoding=UTF8",
    "--data-checksums",
    "--no-instructions",
)


@dataclass
class Server:
    """A running server that this process uses until it leaves. `dsn` serves libpq and asyncpg."""

    dsn: str
    _home: "_Home"
    _settings: Mapping[str, str]
    _users: IO[str] | None = field(default=None, repr=False)

    def ensure(self) -> bool:
        """Starts the server again if somebody killed it; answers whether that was needed."""
        with self._home.turn():
            return self._home.bring_up(self._settings)

    def leave(self) -> None:
        """Stops the server if nobody else uses it. May be called twice."""
        users, self._users = self._users, None
        if users is None:
            return
        with users, self._home.turn():
            if _try_exclusive(users):
                self._home.stop()


def start(
    data: Path, *, settings: Mapping[str, str] | None = None, installed: programs.Programs | None = None
) -> Server:
    """Starts the private server of a data folder, or joins it when it runs; its settings are the starter's then.

    Blocks, for a second at first and for a tenth of one later. `settings` go over ours (tests turn fsync off),
    `installed` stands for the best programs here. Raises NoServer or NoPrograms with a sentence for the operator.
    """
    home = _Home.of(data, installed or programs.find())
    merged = {**_SETTINGS, **(settings or {})}
    with home.turn(), ExitStack() as given_back_on_error:
        users = given_back_on_error.enter_context(home.lock("users.lock", fcntl.LOCK_SH))
        home.bring_up(merged)
        given_back_on_error.pop_all()
    return Server(home.dsn, home, merged, users)


def with_database(dsn: str, name: str) -> str:
    """The same server's address with another database."""
    return urlsplit(dsn)._replace(path=f"/{quote(name)}").geturl()


def _try_exclusive(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@dataclass(frozen=True)
class _Home:
    """The folder of one private server, and what is done in it. All of it under `turn`, but for the address."""

    root: Path
    socket: Path
    account: Account
    installed: programs.Programs

    @classmethod
    def of(cls, data: Path, installed: programs.Programs) -> "_Home":
        root = data.absolute() / "postgres"
        account = accounts.choose(root / "cluster")
        accounts.make_folder(data.absolute(), root, account)
        root = root.resolve()
        socket = accounts.socket_folder(root, _SOCKET_FOLDER_BYTES)
        return cls(root, socket, account, installed)

    @property
    def dsn(self) -> str:
        return f"postgresql://{NAME}@/{NAME}?host={quote(str(self.socket))}&port=5432"

    @property
    def cluster(self) -> Path:
        return self.root / "cluster"

    @contextmanager
    def turn(self) -> Iterator[None]:
        with self.lock("turn.lock", fcntl.LOCK_EX):
            yield

    def lock(self, name: str, kind: int) -> IO[str]:
        """Waits for it. Closing the file gives it back, and so does any death of the process."""
        file = os.fdopen(os.open(self.root / name, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8")
        fcntl.flock(file, kind)
        return file

    def bring_up(self, settings: Mapping[str, str]) -> bool:
        """Whether it had to be started. A server on its way up or down is waited for."""
        deadline = time.monotonic() + RECOVERY_S
        while (answer := self._ask()) == "refuses" and time.monotonic() < deadline:
            time.sleep(0.05)
        if answer == "accepts":
            return False
        runner = self._runner()
        if not self.cluster.exists():
            self._create(runner)
        self._check_version()
        self._allow()
        accounts.own_folder(self.socket, self.account)
        self._start(runner, settings)
        return True

    def stop(self) -> None:
        """Disconnects everybody. The process id in the folder is believed only because the server answered."""
        if self._ask() == "silent":
            return
        for mode in ("fast", "immediate"):
            if not self._control(self._runner(), "stop", "-m", mode, "-t", "20"):
                break
        if self.socket.parent != self.root:
            with suppress(OSError):
                self.socket.rmdir()

    def _control(self, runner: programs.Programs, *words: str) -> str:
        return self._run([runner.path("pg_ctl"), "-D", str(self.cluster), "-w", *words])

    def _ask(self) -> str:
        where = ["-h", str(self.socket), "-p", "5432", "-U", NAME, "-d", NAME]
        asked = [self.installed.path("pg_isready"), *where, "-t", "5"]
        code = self.account.ourselves().run(asked).returncode
        return {0: "accepts", 1: "refuses"}.get(code, "silent")

    def _runner(self) -> programs.Programs:
        """The installed programs, or the copy of them that the account may run."""
        if self.account.may([self.installed.path("postgres"), "--version"]):
            return self.installed
        copy = self.root / f"programs-{_fingerprint(self.installed)}"
        if not copy.exists():
            for old in self.root.glob("programs-*"):
                shutil.rmtree(old)
            draft = self.root / "programs-draft"
            self.installed.copy(draft)
            draft.rename(copy)
        return self.installed.below(copy)

    def _create(self, runner: programs.Programs) -> None:
        for old in self.root.glob("cluster-*"):
            shutil.rmtree(old, ignore_errors=True)
        draft = self.root / f"cluster-{secrets.token_hex(4)}"
        accounts.own_folder(draft, self.account)
        told = self._run([runner.path("initdb"), "-D", str(draft), *_INITDB, *_locale(runner.major)])
        told = told or self._create_database(runner, draft)
        if told:
            raise NoServer(f"The private database could not be created: {told}")
        draft.rename(self.cluster)
        _sync(self.root)

    def _create_database(self, runner: programs.Programs, draft: Path) -> str:
        """Before the cluster gets its name, so that a cluster always has it. The bare server exits 0 on errors too."""
        bare = [runner.path("postgres"), "--single", "-D", str(draft), "postgres"]
        done = self.account.run(bare, stdin=f"create database {NAME}\n")
        return done.stderr if "ERROR" in done.stderr or done.returncode else ""

    def _check_version(self) -> None:
        major = (self.cluster / "PG_VERSION").read_text(encoding="ascii").strip()
        if major != str(self.installed.major):
            raise NoServer(
                f"The database in {self.cluster} is of PostgreSQL {major} and the programs here are of "
                f"{self.installed.major}: write it out with `tocsin backup` of the Tocsin that used it, move the "
                "folder away, and read it back with `tocsin restore`."
            )

    def _allow(self) -> None:
        """Only root and the user who runs Tocsin come in, by the kernel's word about the socket's other end."""
        lines = "".join(f'{NAME} "{user}" {NAME}\n' for user in sorted({"root", self.account.myself}))
        for name, text in (("pg_ident.conf", lines), ("pg_hba.conf", f"local all all peer map={NAME}\n")):
            # By the account itself: what root writes in a folder of somebody else may land elsewhere, by a link.
            done = self.account.run(
                ["/bin/sh", "-c", 'cat > "$1"', "sh", str(self.cluster / name)], stdin=text
            )
            if done.returncode:
                raise NoServer(f"The private database cannot be set up: {done.stderr.strip()}")

    def _start(self, runner: programs.Programs, settings: Mapping[str, str]) -> None:
        """`pg_ctl` gives it a session of its own, so that Ctrl-C of ours does not reach it."""
        log = self.cluster / "log"
        before = log.stat().st_size if log.exists() else 0
        if before > LOG_BYTES:
            log.unlink()
            before = 0
        chosen = {**settings, "unix_socket_directories": f'"{self.socket}"'}
        options = shlex.join(f"-c{name}={value}" for name, value in chosen.items())
        deadline = time.monotonic() + PATIENCE_S
        while told := self._control(runner, "start", "-t", "600", "-l", str(log), "-o", options):
            last = _last_words(log, before) or told
            if not any(words in last for words in _STILL_THERE) or time.monotonic() > deadline:
                raise NoServer(f"The private database did not start: {last}")
            accounts.clear_stale(self.cluster, self.socket)
            time.sleep(0.2)

    def _run(self, command: list[str]) -> str:
        """What went wrong, or nothing."""
        done = self.account.run(command)
        return (done.stderr.strip() or f"{Path(command[0]).name} failed") if done.returncode else ""


def _fingerprint(installed: programs.Programs) -> str:
    stat = Path(installed.path("postgres")).stat()
    return f"{installed.major}-{stat.st_size:x}-{int(stat.st_mtime):x}"


def _locale(major: int) -> list[str]:
    """From 17 on sorting is PostgreSQL's own, so that an update of the C library cannot spoil an index."""
    own = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if major >= 17 else []
    system = ["--locale=C.UTF-8"] if sys.platform == "linux" else ["--locale=C", "--lc-ctype=UTF-8"]
    return [*own, *system]


def _last_words(log: Path, since: int) -> str:
    """What a server said when it gave up: the last FATAL line written since that many bytes."""
    written = log.read_bytes()[since:] if log.exists() else b""
    fatal = [line for line in written.decode(errors="replace").splitlines() if "FATAL:" in line]
    return fatal[-1].partition("FATAL:")[2].strip() if fatal else ""


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
