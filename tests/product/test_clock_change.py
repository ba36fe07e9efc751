"""A real hand-off at the moment of Berlin's clock change, with a page in flight. Tocsin and its PostgreSQL live under
a shifted system clock (libfaketime): both believe it is the night to 28 March 2027."""

import asyncio
import os
import shlex
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.product import setting
from tests.product.doors import Browser
from tests.product.harness import Mailbox, Tocsin, link_in, until
from tocsin.kernel import embedded

ANA, BEN = "ana@example.org", "ben@example.org"
#: 02:00 becomes 03:00 in Berlin.
CHANGE = datetime(2027, 3, 28, 1, 0, tzinfo=UTC)
LIBRARY = next(
    (
        str(path)
        for folder in ("/usr/lib", "/usr/local/lib", "/opt/homebrew/lib")
        for path in sorted(Path(folder).glob("**/faketime/libfaketime.so.1"))
    ),
    "",
)
#: The first page goes out an hour before the change; then the clock is put forward, and runs over the change by itself.
EARLY, LAST = timedelta(hours=1), timedelta(seconds=8)
#: The second step comes so long after the change.
AFTER = timedelta(seconds=5)

pytestmark = [pytest.mark.real, pytest.mark.skipif(not LIBRARY, reason="libfaketime is not installed")]


@dataclass
class Clock:
    """The system clock of whatever is started with `environment`. An offset, so that all programs have the same time, and
    time runs at its pace; what measures how long something takes keeps the real clock."""

    file: Path

    def put(self, moment: datetime) -> None:
        """Makes it that moment now, in programs that run too: each looks into the file whenever it looks at the clock."""
        away = round((moment - datetime.now(UTC)).total_seconds())
        draft = self.file.with_suffix(".new")
        draft.write_text(f"{away:+d}s\n")
        draft.chmod(0o644)
        draft.replace(self.file)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "LD_PRELOAD": LIBRARY, "FAKETIME_TIMESTAMP_FILE": str(self.file), "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }  # fmt: skip


@dataclass
class Postgres:
    """A cluster that was made by the embedded server, and is started without it: `pg_ctl` waits by the clock."""

    command: list[str]
    cluster: Path
    dsn: str

    @classmethod
    def made(cls, data: Path) -> "Postgres":
        server = embedded.start(data)
        cluster = data / "postgres" / "cluster"
        command = shlex.split((cluster / "postmaster.opts").read_text())
        server.leave()
        return cls(command, cluster, server.dsn)

    @contextmanager
    def running(self, clock: Clock) -> Iterator[None]:
        owner = self.cluster.stat()
        root = os.geteuid() == 0
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")} | clock.environment
        with (self.cluster.parent.parent.parent / "postgres.log").open("ab") as log:
            # The library is loaded after root is given up: it keeps semaphores that the account must own.
            process = subprocess.Popen(
                self.command, cwd="/", env=environment, stdout=log, stderr=log, start_new_session=True,
                user=owner.st_uid if root else None, group=owner.st_gid if root else None,
                extra_groups=[] if root else None,
            )  # fmt: skip
        try:
            until(lambda: self.rows("select 1"), "PostgreSQL under a shifted clock", 60)
            yield
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)

    def rows(self, query: str, *args: Any) -> list[Any]:
        """Empty while it does not answer."""
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, self._rows(query, *args)).result()

    async def _rows(self, query: str, *args: Any) -> list[Any]:
        try:
            connection = await asyncpg.connect(self.dsn, timeout=5)
        except (OSError, asyncpg.PostgresError):
            return []
        try:
            return list(await connection.fetch(query, *args))
        finally:
            await connection.close()


@contextmanager
def tocsin(folder: Path, postgres: Postgres, mailbox: Mailbox, clock: Clock) -> Iterator[Tocsin]:
    """Serving on that database, in its time."""
    with postgres.running(clock):
        server = Tocsin(
            folder / "data", smtp_port=mailbox.port, DATABASE_URL=postgres.dsn, **clock.environment
        )
        try:
            yield server.start()
        finally:
            server.stop()


@dataclass
class Night:
    """What was set up the day before."""

    token: str
    ana: str
    ben: str
    schedule: str
    #: Its hand-off is at a time that does not exist that night.
    gap: str


def set_up(server: Tocsin) -> Night:
    token = setting.new_administrator(server)
    people = {}
    for email, name in ((ANA, "Ana Silva"), (BEN, "Ben Okafor")):
        server.cli(
            "admin",
            "create",
            "--email",
            email,
            "--name",
            name,
            "--role",
            "member",
            stdin=f"{setting.PASSWORD}\n",
        )
        people[email] = setting.id_of(server, token, email)
    ana, ben = people[ANA], people[BEN]
    schedule, gap = (
        server.api("POST", "/schedules", daily(f"At {handoff}", [ana, ben], handoff), token)["id"]
        for handoff in ("03:00", "02:30")
    )
    return Night(token, ana, ben, schedule, gap)


def alerting(server: Tocsin, night: Night, second_step_s: int) -> str:
    """The key of a service that pages whoever is on call at once, and again after that many seconds."""
    policy = {
        "name": "Night", "repeats": 0, "final": {"nobody": True},
        "steps": [{"delay_s": wait, "users": [], "schedules": [night.schedule]} for wait in (0, second_step_s)],
    }  # fmt: skip
    policy_id = server.api("POST", "/escalation-policies", policy, night.token)["id"]
    service = server.api(
        "POST", "/services", {"name": "Checkout", "tier": 1, "escalation_policy_id": policy_id}, night.token
    )
    return setting.key_for(server, night.token, "Night", "generic", service["id"])


def daily(name: str, people: list[str], handoff: str) -> dict[str, Any]:
    """The first one has the night to the 28th."""
    layer = {"participants": people, "kind": "daily", "handoff_time": handoff, "start_date": "2027-03-27"}
    return {"name": name, "time_zone": "Europe/Berlin", "rotations": [layer]}


def test_a_hand_off_at_the_clock_change_with_a_page_in_flight(folder: Path, mailbox: Mailbox) -> None:
    with ExitStack() as stack:
        postgres, clock = Postgres.made(folder / "data"), Clock(folder / "clock")
        clock.put(CHANGE - timedelta(hours=13))
        with tocsin(folder, postgres, mailbox, clock) as server:
            night = set_up(server)
        clock.put(CHANGE - EARLY)
        server = stack.enter_context(tocsin(folder, postgres, mailbox, clock))
        through_the_night(server, postgres, mailbox, night, clock)


def through_the_night(
    server: Tocsin, postgres: Postgres, mailbox: Mailbox, night: Night, clock: Clock
) -> None:
    ((began,),) = postgres.rows("select clock()")
    assert CHANGE - EARLY <= began < CHANGE - LAST
    key = alerting(server, night, round((CHANGE + AFTER - began).total_seconds()))
    assert server.send("POST", "/v1/alerts", setting.alert("db-1"), key)[0] == 202
    mailbox.wait(ANA, "Disk is full on db-1", 60)
    assert mailbox.to(BEN, "Disk is full") == []
    # The clock must not jump over a lease: what arrived is written down first.
    under_way = "select 1 as one from deliveries where state in ('queued', 'sending')"
    until(lambda: not postgres.rows(under_way), "the mail is written down as sent")

    clock.put(CHANGE - LAST)
    flips = watched(postgres, night)
    for moment, schedule, person in flips:
        assert str(person) == (night.ana if moment < CHANGE else night.ben), (moment, schedule)

    mail = mailbox.wait(BEN, "Disk is full on db-1", 120)
    shown = {r["schedule_id"]: r for r in server.api("GET", "/on-call", token=night.token)["on_call"]}
    for schedule in (night.schedule, night.gap):
        assert shown[schedule]["user"] == "Ben Okafor"
        assert datetime.fromisoformat(shown[schedule]["starts_at"]) == CHANGE
    assert len(mailbox.to(ANA, "Disk is full")) == len(mailbox.to(BEN, "Disk is full")) == 1, (
        "none lost, none twice"
    )

    answered = Browser(server).post(link_in(mail, "/ack/").removeprefix(server.url))
    assert answered[0] == 200, answered
    (alert,) = server.api("GET", "/alerts?state=all", token=night.token)["alerts"]
    assert (alert["state"], alert["count"]) == ("acknowledged", 1)
    paged = postgres.rows("select user_id, count(*) as pages from pages group by user_id")
    assert {str(r["user_id"]): r["pages"] for r in paged} == {night.ana: 1, night.ben: 1}
    steps = postgres.rows("select p.user_id, p.created_at from pages p order by p.created_at")
    assert [str(r["user_id"]) for r in steps] == [night.ana, night.ben]
    assert steps[0]["created_at"] < CHANGE < steps[1]["created_at"]
    stored = "select starts_at, ends_at from shifts where schedule_id = $1 order by starts_at"
    one_after_the_other(postgres.rows(stored, night.schedule), timedelta(days=1))
    # From the change, which is 03:00, to 02:30 on the next day.
    one_after_the_other(postgres.rows(stored, night.gap), timedelta(hours=23.5))


def watched(postgres: Postgres, night: Night) -> list[tuple[datetime, str, object]]:
    """Who was on call at which moment, by one statement each, until some seconds after the change."""
    seen: list[tuple[datetime, str, object]] = []

    def look() -> bool:
        rows = postgres.rows("select clock() as at, schedule_id, user_id from on_call_now")
        seen.extend((row["at"], str(row["schedule_id"]), row["user_id"]) for row in rows)
        return seen[-1][0] > CHANGE + timedelta(seconds=3)

    until(look, "the clock change", 120)
    assert {schedule for _, schedule, _ in seen} == {night.schedule, night.gap}
    assert seen[0][0] < CHANGE
    return seen


def one_after_the_other(rows: list[Any], first: timedelta) -> None:
    """Neither a gap nor an overlap in what is stored; one ends at the change, the next one lasts `first`, then a day each."""
    assert all(a["ends_at"] == b["starts_at"] for a, b in pairwise(rows))
    assert sum(r["ends_at"] == CHANGE for r in rows) == 1
    lasting = [r["ends_at"] - r["starts_at"] for r in rows if r["starts_at"] >= CHANGE]
    assert lasting[0] == first
    assert set(lasting[1:100]) == {timedelta(days=1)}
