"""Who runs the private server, and the folders that this account may enter. For root it is an unprivileged one."""

import contextlib
import hashlib
import os
import pwd
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tocsin.kernel.errors import TocsinError

#: Accounts without rights of their own, best first. PostgreSQL wants one that has a name.
_UNPRIVILEGED = ("tocsin", "postgres", "_postgres", "nobody")
_PLAIN = re.compile(r"[\w ./+@-]+", re.ASCII)


class NoServer(TocsinError):
    """The private server cannot be started; `str()` says why and what to do."""


@dataclass(frozen=True)
class Account:
    """Who runs PostgreSQL's programs; `uid` is None when that is ourselves."""

    name: str
    myself: str
    uid: int | None = None
    gid: int | None = None

    def run(self, command: list[str], stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Runs to the end in a session of its own, without our PG* variables, with messages in English."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        return subprocess.run(  # noqa: S603 - programs that were found here, words of ours
            command,
            check=False,
            capture_output=True,
            cwd="/",
            env={**inherited, "LC_ALL": "C"},
            errors="replace",
            extra_groups=None if self.uid is None else [],
            group=self.gid,
            input=stdin,
            start_new_session=True,
            text=True,
            umask=0o077,
            user=self.uid,
        )

    def may(self, command: list[str]) -> bool:
        """Whether the account may run it, with success."""
        try:
            return self.run(command).returncode == 0
        except OSError:
            return False

    def ourselves(self) -> "Account":
        """The account of this very process."""
        return Account(self.myself, self.myself)


def choose(cluster: Path) -> Account:
    """Ourselves; for root the owner of the cluster that exists, else an account without rights. Raises NoServer."""
    myself = _named(os.geteuid())
    if os.geteuid() != 0:
        return Account(myself.pw_name, myself.pw_name)
    if cluster.exists():
        owner = _named(cluster.stat().st_uid)
        return Account(owner.pw_name, myself.pw_name, owner.pw_uid, owner.pw_gid)
    known = {entry.pw_name: entry for entry in pwd.getpwall() if entry.pw_name in _UNPRIVILEGED}
    for name in _UNPRIVILEGED:
        if name in known:
            account = Account(name, myself.pw_name, known[name].pw_uid, known[name].pw_gid)
            # In some containers root may not become everybody.
            if account.may(["/bin/sh", "-c", ":"]):
                return account
    raise NoServer(
        "PostgreSQL does not run as root, and no account without rights was found that root may become: make one named "
        "tocsin, start Tocsin as another user, or set DATABASE_URL to a server that runs."
    )


def make_folder(data: Path, root: Path, account: Account) -> None:
    """Makes both, and holds that the account may pass. Folders that are not ours keep their rights. Raises NoServer."""
    try:
        ours = not data.exists() or not any(data.iterdir())
        data.mkdir(mode=0o711, parents=True, exist_ok=True)
        root.mkdir(mode=0o711, exist_ok=True)
        if account.uid is not None:
            root.chmod(0o711)
            if ours:
                data.chmod(0o711)
    except OSError as error:
        raise NoServer(
            f"{data} cannot hold the private database ({error.strerror}): set TOCSIN_DATA."
        ) from error
    if not os.access(root, os.W_OK | os.X_OK):
        raise NoServer(f"{root} belongs to somebody else: start Tocsin as its owner, or set TOCSIN_DATA.")
    closed = None if account.uid is None or _may_enter(account, root) else _first_closed(account, root)
    if closed:
        raise NoServer(
            f"The private database runs as the account {account.name}, which may not enter {closed}: set TOCSIN_DATA "
            "to a folder that it may enter, for example /var/lib/tocsin, or start Tocsin as another user."
        )


def own_folder(path: Path, account: Account) -> None:
    """A folder of the account, closed to others. Raises NoServer when somebody else was there first."""
    path.mkdir(mode=0o700, exist_ok=True)
    if account.uid is not None and path.lstat().st_uid == os.geteuid():
        os.chown(path, account.uid, account.gid or 0, follow_symlinks=False)
    owner = os.geteuid() if account.uid is None else account.uid
    if path.is_symlink() or path.lstat().st_uid != owner:
        raise NoServer(f"{path} belongs to somebody else: the private database needs it for itself.")
    path.chmod(0o700)


def socket_folder(root: Path, longest: int) -> Path:
    """`root/socket`, or a short one for all who use this root when that path is too long or has odd characters."""
    folder = root / "socket"
    if len(os.fsencode(folder)) <= longest and _PLAIN.fullmatch(str(folder)):
        return folder
    base = "/run" if os.geteuid() == 0 and Path("/run").is_dir() else "/tmp"  # noqa: S108 - own_folder refuses another's
    return Path(base) / f"tocsin-{hashlib.sha256(os.fsencode(root)).hexdigest()[:16]}"


def clear_stale(cluster: Path, socket: Path) -> None:
    """Removes lock files whose process id has been given to a process that is not this cluster's server.

    A process that cannot be named (a zombie) counts as the server: init reaps it soon, or we do if it is our child.
    """
    for file in (cluster / "postmaster.pid", socket / ".s.PGSQL.5432.lock"):
        pid = _pid_in(file)
        if pid is None:
            continue
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        command = _command_of(pid)
        if command and str(cluster) not in command:
            file.unlink(missing_ok=True)


def _pid_in(file: Path) -> int | None:
    try:
        first = file.read_text(encoding="utf-8").split("\n", 1)[0].strip()
    except OSError:
        return None
    return int(first) if first.isdigit() else None


def _command_of(pid: int) -> str:
    """The command line of a process, or nothing when there is none to see."""
    if Path("/proc/self/cmdline").exists():
        try:
            return (
                Path(f"/proc/{pid}/cmdline")
                .read_bytes()
                .replace(b"\0", b" ")
                .decode(errors="replace")
                .strip()
            )
        except OSError:
            return ""
    listed = Account("", "").run(["/bin/ps", "-o", "command=", "-p", str(pid)]).stdout.strip()
    return "" if listed == "<defunct>" else listed


def _may_enter(account: Account, folder: Path) -> bool:
    return account.may(["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)])


def _first_closed(account: Account, folder: Path) -> Path:
    chain = [*reversed(folder.parents), folder]
    return next((each for each in chain if not _may_enter(account, each)), folder)


def _named(uid: int) -> pwd.struct_passwd:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        raise NoServer(
            f"The user id {uid} has no name on this machine, and PostgreSQL needs one: add it to /etc/passwd, "
            "or set DATABASE_URL to a server that runs."
        ) from None
