"""Bad days: the process or its database is killed under load, the mail server is away. Nothing accepted is lost."""

import os
import random
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.product import setting
from tests.product.checker import Verdict, judge, read
from tests.product.doors import Browser
from tests.product.harness import Hook, Mailbox, Tocsin, free_port, until
from tests.product.stream import Stream, received_aliases

pytestmark = pytest.mark.crash
#: A short run belongs to every test run; `make crash` sets more.
ROUNDS = int(os.environ.get("CRASH_ROUNDS", "3"))
#: Longer than any lease: what a killed process had in hand is due again then.
LATER_S = 90
STANDSTILL_S = 60 if ROUNDS > 3 else 4


@dataclass
class Scene:
    """A served installation where Ada is paged by webhook, an integration's key, and the two logs of the checker."""

    folder: Path
    server: Tocsin
    hook: Hook
    key: str

    @property
    def accepted(self) -> Path:
        return self.folder / "accepted.log"

    @property
    def received(self) -> Path:
        return self.folder / "received.log"

    def stream(self, *servers: Tocsin) -> Stream:
        """Alerts to these servers, never far ahead of what was received."""
        ports = [server.port for server in (servers or (self.server,))]
        return Stream(ports, self.key, lambda sent: sent - len(self.hook.got), log=self.accepted)

    def everything_arrived(self, accepted: list[str], later: float = LATER_S) -> Verdict:
        """Holds the promises to what is stored and, by the logs alone, to what the receiver got; `later`: seconds on the clock."""
        assert set(accepted) <= stored(self.server)
        setting.later(self.server, later)
        try:
            until(lambda: set(accepted) <= received_aliases(self.hook.got), "pages for all accepted alerts")
        except AssertionError as error:
            missing = sorted(set(accepted) - received_aliases(self.hook.got))
            raise AssertionError(f"{error}\n{self.ledger(missing[:5])}") from None
        left = "select from deliveries where state in ('queued', 'sending')"
        until(lambda: not self.server.rows(left), "the ledger's end")
        verdict = judge(read(self.accepted), read(self.received))
        assert verdict.kept, verdict
        return verdict


@contextmanager
def paging_by_webhook(folder: Path) -> Iterator[Scene]:
    """Ada, a service, a policy, a key."""
    with Hook(folder / "received.log") as hook:
        server = Tocsin(folder / "data")
        token = setting.administrator(server, durable=True)
        server.start()
        try:
            setting.by_webhook_only(server, setting.ADA, hook.url)
            service = setting.service_for(
                server, token, "Checkout", users=[setting.id_of(server, token, setting.ADA)]
            )
            yield Scene(folder, server, hook, setting.key_for(server, token, "Probe", "generic", service))
        finally:
            server.stop()

    def ledger(self, aliases: list[str]) -> str:
        """What is stored of these alerts, for the failure's message."""
        rows = self.server.rows(
            "select clock() as now, a.alias, e.end_reason, e.next_at, d.* from alerts a "
            "left join escalations e on e.alert_id = a.id left join pages p on p.escalation_id = e.id "
            "left join deliveries d on d.page_id = p.id where a.alias = any ($1)",
            aliases,
        )
        return "\n".join(str(dict(row)) for row in rows)


def stored(server: Tocsin) -> set[str]:
    return {row["alias"] for row in server.rows("select alias from alerts")}


def unattended(server: Tocsin, accepted: list[str]) -> list[str]:
    """Accepted alerts without an escalation that runs or has ended."""
    rows = server.rows(
        "select t.alias from unnest($1::text[]) t (alias) where not exists ("
        "select from alerts a join escalations e on e.alert_id = a.id where a.alias = t.alias)",
        accepted,
    )
    return [row["alias"] for row in rows]


def kill(victim: str, servers: Mapping[str, Tocsin]) -> None:
    """Ends one process as the kernel would, and starts it again; the database is started again by whoever serves."""
    if victim == "database":
        next(iter(servers.values())).kill_database()
    else:
        servers[victim].kill()
        servers[victim].start()


def test_killed_processes_lose_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two processes serve one database; one of the three is killed at a random moment, again and again."""
    dice = random.Random(os.urandom(8))  # noqa: S311 - chance, not secrecy
    kills = Counter[str]()
    with paging_by_webhook(folder) as scene:
        other = Tocsin(folder / "data").start()
        servers = {"first": scene.server, "second": other}
        stream = scene.stream(*servers.values())
        accepted = stream.answers.accepted
        try:
            with stream:
                for turn in range(ROUNDS):
                    enough = len(accepted) + dice.randint(50, 150)
                    until(lambda enough=enough: len(accepted) >= enough, "alerts to be accepted")
                    # A moment of chance within a commit, a send, a recording.
                    threading.Event().wait(dice.random() / 20)
                    victim = ("first", "second", "database")[turn % 3]
                    kill(victim, servers)
                    kills[victim] += 1
                    promised = accepted[:]
                    until(
                        lambda promised=promised: not unattended(scene.server, promised),
                        "an escalation for each",
                    )
                    # What a dead process had in hand comes back when its lease is over; nobody waits for that here.
                    setting.later(scene.server, LATER_S * (turn + 1))
                enough = len(accepted) + 50
                until(lambda: len(accepted) >= enough, "alerts after the last start")
            assert {status for status, _ in stream.answers.refused} <= {0, 503}
            verdict = scene.everything_arrived(accepted, LATER_S * (ROUNDS + 1))
        finally:
            other.stop()
    with capsys.disabled():
        print(f"\n{kills.total()} kills ({', '.join(f'{n} {who}' for who, n in kills.items())}): {verdict}")


def test_a_killed_database_comes_back_by_itself(folder: Path) -> None:
    with paging_by_webhook(folder) as scene:
        server, stream = scene.server, scene.stream()
        accepted, refused = stream.answers.accepted, stream.answers.refused
        with stream:
            for turn in range(2):
                enough = len(accepted) + 100
                until(lambda enough=enough: len(accepted) >= enough, "alerts to be accepted")
                server.kill_database()
                # Asked by a sender of our own: the stream may be waiting for its receiver just now, and sending nothing.
                probe = setting.alert(f"probe-{turn}", details={"alias": f"probe-{turn}"})
                until(
                    lambda probe=probe: server.send("POST", "/v1/alerts", probe, scene.key)[0] == 503,
                    "an alert to be refused",
                )
                enough = len(accepted) + 100
                until(lambda enough=enough: len(accepted) >= enough, "the service to recover by itself")
        assert {status for status, _ in refused} <= {503}
        assert all(retry_after.isdigit() for _, retry_after in refused), refused[:3]
        assert server.process is not None
        assert server.process.poll() is None
        scene.everything_arrived(accepted)


def test_a_database_that_stands_still_is_waited_for(folder: Path) -> None:
    """For a minute in `make crash`. Who sends meanwhile is refused and comes again; what was accepted is paged."""
    with paging_by_webhook(folder) as scene:
        server, stream = scene.server, scene.stream()
        accepted, refused = stream.answers.accepted, stream.answers.refused
        with stream:
            until(lambda: len(accepted) >= 100, "alerts to be accepted")
            with server.database_unreachable():
                threading.Event().wait(STANDSTILL_S)
                assert server.get("/healthz")[0] == 200, "the process itself answers"
            enough = len(accepted) + 100
            until(lambda: len(accepted) >= enough, "the service to recover by itself")
        assert {status for status, _ in refused} <= {0, 503}
        scene.everything_arrived(accepted)


def test_two_processes_that_start_at_once_share_what_they_find(folder: Path) -> None:
    """On an empty folder: one of them makes the database, and neither fails."""
    one, other = Tocsin(folder / "data"), Tocsin(folder / "data")
    try:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(Tocsin.start, (one, other)))
        token = setting.new_administrator(one)
        for server in (one, other):
            assert server.get("/readyz")[0] == 200
            assert server.api("GET", "/users", token=token)["users"]
        versions = one.rows("select count(*) as all, count(distinct name) as names from migrations")
        assert versions[0]["all"] == versions[0]["names"]
    finally:
        one.stop()
        other.stop()


def test_an_open_room_hears_on_after_its_database_was_killed(folder: Path) -> None:
    """On the same stream: the browser need not even connect again."""
    server = Tocsin(folder / "data")
    token = setting.administrator(server, durable=True)
    server.start()
    try:
        body = {"summary": "Search is slow", "severity": 3}
        say = f"/api/v1/incidents/{server.api('POST', '/incidents', body, token)['key']}/entries"
        topic = f"incident:{server.rows('select id from incidents')[0]['id']}"
        with Browser(server).sign_in(setting.ADA).listening(topic) as heard:
            for turn in range(3):
                server.kill_database()
                until(
                    lambda: server.send("POST", say, {"text": "Is anybody there?"}, token)[0] == 503,
                    "a refusal",
                )
                words = f"Back for the time number {turn}"
                until(
                    lambda words=words: server.send("POST", say, {"text": words}, token)[0] < 300,
                    "the database",
                )
                until(lambda words=words: words in "".join(heard), "the room to hear it")
    finally:
        server.stop()


def test_mail_waits_for_its_server(folder: Path) -> None:
    port = free_port()
    server = Tocsin(folder / "data", smtp_port=port)
    token = setting.administrator(server, durable=True)
    server.start()
    try:
        ada = setting.id_of(server, token, setting.ADA)
        service = setting.service_for(server, token, "Checkout", users=[ada])
        key = setting.key_for(server, token, "Probe", "generic", service)
        status, text = server.send("POST", "/v1/alerts", setting.alert("mail-1"), key)
        assert status == 202, text
        tried = until(
            lambda: [d for d in _deliveries(server, token) if d["attempts"] and d["state"] == "queued"],
            "a first try",
        )
        assert tried[0]["error"], "the ledger says what went wrong"
        with Mailbox(port) as mailbox:
            mailbox.refuse = "451 4.3.0 Come back later"
            setting.later(server, 60)
            until(
                lambda: [d for d in _deliveries(server, token) if "451" in str(d["error"])],
                "the server's refusal in the ledger",
            )
            mailbox.refuse = None
            setting.later(server, 600)
            mail = mailbox.wait(setting.ADA, "Disk is full on mail-1")
            assert mail["subject"]
            done = until(
                lambda: [d for d in _deliveries(server, token) if d["state"] == "sent"], "the ledger"
            )
            assert len(done) == 1
            assert done[0]["attempts"] >= 3
    finally:
        server.stop()


def _deliveries(server: Tocsin, token: str) -> list[dict[str, object]]:
    pages = server.api("GET", "/alerts/1/ledger", token=token)["pages"]
    return [delivery for page in pages for delivery in page["deliveries"]]
