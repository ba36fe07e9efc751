"""The private server with real processes: started, shared, killed, found again, stopped by the last one."""

import contextlib
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import pytest

from tests import folders
from tocsin.kernel import embedded
from tocsin.kernel.account import Account, NoServer, socket_folder
from tocsin.kernel.account import choose as choose_account

pytestmark = pytest.mark.real
REPOSITORY = Path(__file__).parents[2]
AS_ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not AS_ROOT, reason="only root changes the account of the server")

#: Uses the server until its input ends; says the address when it runs, and then what it did on the way out.
USER = """
import sys
from pathlib import Path
from tests import folders
from tocsin.kernel import embedded
server = embedded.start(Path(sys.argv[1]))
print(server.dsn, flush=True)
sys.stdin.read()
server.leave()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder that every account may pass; pytest's own is closed to the account that root's server has."""
    with folders.new("embedded") as path:
        yield path


@contextlib.contextmanager
def started(data: Path) -> Iterator[embedded.Server]:
    server = embedded.start(data)
    try:
        yield server
    finally:
        server.leave()


@contextlib.contextmanager
def another(data: Path, path: Path = REPOSITORY, **options: object) -> Iterator[subprocess.Popen[str]]:
    """Another process that uses the same server; ends itself when its input is closed."""
    python = options.pop("python", sys.executable)
    process = subprocess.Popen(
        [python, "-c", USER, str(data)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
        env={**os.environ, "PYTHONPATH": f"{path}:{site_packages()}"},
        start_new_session=True,
        **options,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(BrokenPipeError):
            process.communicate(timeout=60)


def site_packages() -> Path:
    return Path(find_spec("asyncpg").origin).parents[1]


async def ask(dsn: str, question: str) -> object:
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def runs(dsn: str) -> bool:
    try:
        return await ask(dsn, "select true") is True
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False


def postmaster(data: Path) -> int:
    return int((data / "postgres/cluster/postmaster.pid").read_text().splitlines()[0])


def bystander(account: Account) -> subprocess.Popen[str]:
    """A process of the server's account that has nothing to do with it."""
    who = {} if account.uid is None else {"user": account.uid, "group": account.gid, "extra_groups": []}
    return subprocess.Popen(["cat"], stdin=subprocess.PIPE, **who)


def memory_kb(pid: int) -> int:
    """What a process and its children take, shared pages counted once."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    rollups = [Path(f"/proc/{each}/smaps_rollup").read_text() for each in [pid, *children]]
    return sum(
        int(line.split()[1]) for text in rollups for line in text.splitlines() if line.startswith("Pss:")
    )


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def left_in_short_folders(data: Path) -> list[Path]:
    """Folders for sockets of paths that are too long; they must go with the server."""
    name = socket_folder((data / "postgres").resolve(), 0).name
    return [base / name for base in (Path("/run"), Path("/tmp")) if (base / name).exists()]


async def kill_server(data: Path, dsn: str) -> None:
    os.kill(postmaster(data), signal.SIGKILL)
    while await runs(dsn):
        pass


async def test_cold_warm_and_gone(folder: Path) -> None:
    data = folder / "data"
    with started(data) as server:
        assert await ask(server.dsn, "select current_user || ' ' || current_database()") == "tocsin tocsin"
        assert await ask(server.dsn, "show fsync") == "on"
        assert await ask(server.dsn, "show server_encoding") == "UTF8"
        assert await ask(server.dsn, "show timezone") == "UTC"
        assert await ask(server.dsn, "select lower('ÄÉ') || ('b' < 'C')::text") == "äéfalse"
        await ask(server.dsn, "create table kept as select 42 as answer")
        await ask(server.dsn, "create extension pg_trgm")
        await ask(server.dsn, "create extension btree_gist")
    assert not await runs(server.dsn)
    with started(data) as server:
        assert await ask(server.dsn, "select answer from kept") == 42


async def test_settings_of_the_starter_go_over_ours(folder: Path) -> None:
    server = embedded.start(folder / "data", settings={"fsync": "off", "max_connections": "23"})
    assert (
        await ask(server.dsn, "select current_setting('fsync') || current_setting('max_connections')")
        == "off23"
    )
    server.leave()


async def test_another_database_of_the_same_server(folder: Path) -> None:
    with started(folder / "data") as server:
        await ask(server.dsn, "create database second")
        assert (
            await ask(embedded.with_database(server.dsn, "second"), "select current_database()") == "second"
        )


async def test_the_last_one_stops_it(folder: Path) -> None:
    data = folder / "data"
    with another(data) as other:
        dsn = other.stdout.readline().strip()
        with started(data) as server:
            assert server.dsn == dsn
        assert await runs(dsn)
    assert not await runs(dsn)


async def test_leaving_twice_does_not_take_it_from_others(folder: Path) -> None:
    data = folder / "data"
    with started(data) as first, started(data) as second:
        first.leave()
        first.leave()
        assert await runs(second.dsn)


async def test_many_that_start_at_once_make_one(folder: Path) -> None:
    data = folder / "data"
    with contextlib.ExitStack() as stack:
        others = [stack.enter_context(another(data)) for _ in range(4)]
        addresses = {other.stdout.readline().strip() for other in others}
        assert len(addresses) == 1
        assert addresses.pop().startswith("postgresql://tocsin@/tocsin?host=/")
    assert sorted(path.name for path in (data / "postgres").iterdir()) == [
        "cluster",
        "socket",
        "turn.lock",
        "users.lock",
    ]


async def test_it_outlives_a_killed_user_and_is_found_again(folder: Path) -> None:
    data = folder / "data"
    with another(data) as other:
        dsn = other.stdout.readline().strip()
        since = await ask(dsn, "select pg_postmaster_start_time()")
        os.killpg(other.pid, signal.SIGKILL)
    with started(data) as server:
        assert await ask(server.dsn, "select pg_postmaster_start_time()") == since
    assert not await runs(dsn)


async def test_a_killed_server_is_started_again_with_all_that_was_committed(folder: Path) -> None:
    data = folder / "data"
    with started(data) as server:
        await ask(server.dsn, "create table kept (n int)")
        for n in range(2):
            await ask(server.dsn, f"insert into kept values ({n})")
            await kill_server(data, server.dsn)
            assert server.ensure()
            assert not server.ensure()
            assert await ask(server.dsn, "select count(*) from kept") == n + 1


async def test_a_killed_server_does_not_hinder_the_next_start(folder: Path) -> None:
    data = folder / "data"
    with another(data) as other:
        dsn = other.stdout.readline().strip()
        await kill_server(data, dsn)
        other.kill()
    with started(data) as server:
        assert await runs(server.dsn)


async def test_a_process_id_that_was_used_again_is_not_the_server(folder: Path) -> None:
    data = folder / "data"
    with started(data) as server:
        await kill_server(data, server.dsn)
        with bystander(choose_account(data / "postgres/cluster")) as innocent:
            for file in (
                data / "postgres/cluster/postmaster.pid",
                data / "postgres/socket/.s.PGSQL.5432.lock",
            ):
                lines = file.read_text().splitlines()
                file.write_text("\n".join([str(innocent.pid), *lines[1:], ""]))
            assert server.ensure()
            assert await runs(server.dsn)
            server.leave()
            assert innocent.poll() is None


async def test_a_start_that_was_killed_leaves_no_half_cluster(folder: Path) -> None:
    data = folder / "data"
    with another(data) as other:
        while not any((data / "postgres").glob("cluster-*/base")):
            assert other.poll() is None
        other.kill()
    assert not (data / "postgres/cluster").exists()
    with started(data) as server:
        assert await runs(server.dsn)
    assert not list((data / "postgres").glob("cluster-*"))


@pytest.mark.parametrize("name", ["deep/" * 30 + "data", "with spaces", "odd,name:?%41"])
async def test_long_and_odd_paths(folder: Path, name: str) -> None:
    with started(folder / name) as server:
        assert await runs(server.dsn)
        assert await ask(server.dsn, "select length(current_setting('unix_socket_directories')) <= 86")
    assert left_in_short_folders(folder / name) == []


async def test_another_major_version_is_named_in_a_sentence(folder: Path) -> None:
    data = folder / "data"
    with started(data):
        pass
    (data / "postgres/cluster/PG_VERSION").write_text("14\n")
    with pytest.raises(NoServer, match=r"of PostgreSQL 14 .* `tocsin backup` .* `tocsin restore`"):
        embedded.start(data)


def test_a_folder_that_cannot_be_used_is_named_in_a_sentence(folder: Path) -> None:
    (folder / "file").touch()
    with pytest.raises(NoServer, match=r"cannot hold the private database .* set TOCSIN_DATA"):
        embedded.start(folder / "file")


async def test_only_the_socket_listens_and_others_may_not_pass(folder: Path) -> None:
    with started(folder / "data") as server:
        assert await ask(server.dsn, "show listen_addresses") == ""
        assert mode(folder / "data/postgres/socket") == 0o700
        with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
            await ask(server.dsn.replace("tocsin@", "somebody@"), "select 1")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the memory of a group of processes")
async def test_it_takes_less_than_100_mb_at_rest(folder: Path) -> None:
    with started(folder / "data"):
        assert 0 < memory_kb(postmaster(folder / "data")) < 100_000


@needs_root
async def test_root_opens_no_folder_above(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(NoServer, match=f"may not enter {closed}: set TOCSIN_DATA"):
        embedded.start(closed / "data")
    assert mode(closed) == 0o700
    assert mode(folder) == 0o755


@needs_root
async def test_a_used_folder_that_is_closed_stays_closed(folder: Path) -> None:
    home = folder / "home"
    home.mkdir(mode=0o700)
    (home / "diary").touch()
    with pytest.raises(NoServer, match=f"may not enter {home}:"):
        embedded.start(home)
    assert mode(home) == 0o700


@needs_root
async def test_programs_that_the_account_cannot_reach_are_copied(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    for wheel in site_packages().glob("*_postgres*"):
        shutil.copytree(wheel, closed / wheel.name, symlinks=True)
    (closed / "tocsin").symlink_to(REPOSITORY / "tocsin")
    data = folder / "data"
    for _ in range(2):
        with another(data, closed) as other:
            dsn = other.stdout.readline().strip()
            assert await runs(dsn), dsn + other.stdout.read()
        assert not await runs(dsn)
    assert len(list((data / "postgres").glob("programs-*"))) == 1
    assert mode(closed) == 0o700


@needs_root
async def test_a_user_without_rights_runs_it_as_itself(folder: Path) -> None:
    nobody = Account("nobody", "nobody", 65534, 65534)
    python = next(
        (p for p in (sys.executable, "/usr/bin/python3") if nobody.may([p, "-c", "import tomllib"])), None
    )
    if python is None or not nobody.may(
        ["/bin/sh", "-c", 'test -r "$1"', "sh", str(REPOSITORY / "pyproject.toml")]
    ):
        pytest.skip("the account nobody reaches neither a Python nor this repository")
    home = folder / "home"
    home.mkdir()
    shutil.chown(home, nobody.uid, nobody.gid)
    with another(home / "data", python=python, user=nobody.uid, group=nobody.gid, extra_groups=[]) as other:
        dsn = other.stdout.readline().strip()
        assert dsn.startswith("postgresql://"), other.stdout.read()
        assert (home / "data/postgres/cluster").stat().st_uid == nobody.uid
        assert await ask(dsn, "select current_user") == "tocsin"
    assert not await runs(dsn)
