"""Bad days: the process or its database is killed under load, the mail server is away. Nothing accepted is lost."""

import os
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.product import setting
from tests.product.doors import Browser
from tests.product.harness import Hook, Mailbox, Tocsin, free_port, until
from tests.product.stream import Stream, judge, received_aliases, shown

pytestmark = pytest.mark.crash
#: A short run belongs to every test run; `make crash` sets more.
ROUNDS = int(os.environ.get("CRASH_ROUNDS", "3"))
#: Longer than any lease: what a killed process had in hand is due again then.
LEASE_S = 90


@contextmanager
def paging_by_webhook(folder: Path) -> Iterator[tuple[Tocsin, Hook, str]]:
    """A served installation where Ada is paged by webhook; answers an integration key too."""
    with Hook() as hook:
        server = Tocsin(folder / "data")
        token = setting.administrator(server, durable=True)
        server.start()
        try:
            setting.by_webhook_only(server, setting.ADA, hook.url)
            service = setting.service_for(
                server, token, "Checkout", users=[setting.id_of(server, token, setting.ADA)]
            )
            yield server, hook, setting.key_for(server, token, "Probe", "generic", service)
        finally:
            server.stop()


def stored(server: Tocsin) -> set[str]:
    return {row["alias"] for row in server.rows("select alias from alerts")}


def marked(server: Tocsin) -> set[str]:
    return {str(row["id"]) for row in server.rows("select id from deliveries where maybe_repeated")}


def everything_arrived(server: Tocsin, hook: Hook, accepted: list[str]) -> None:
    """Holds the promises to what is stored and what the receiver got."""
    assert set(accepted) <= stored(server)
    setting.later(server, LEASE_S)
    until(lambda: set(accepted) <= received_aliases(hook.got), "pages for all accepted alerts")
    until(
        lambda: not server.rows("select from deliveries where state in ('queued', 'sending')"),
        "the ledger's end",
    )
    verdict = judge(accepted, hook.got, marked(server))
    assert verdict.kept, shown(verdict)


def test_a_killed_process_loses_nothing(folder: Path) -> None:
    dice = random.Random(os.urandom(8))  # noqa: S311 - chance, not secrecy
    with paging_by_webhook(folder) as (server, hook, key):
        stream = Stream(server.port, key, lambda sent: sent - len(hook.got))
        accepted = stream.answers.accepted
        with stream:
            for _ in range(ROUNDS):
                enough = len(accepted) + dice.randint(50, 150)
                until(lambda enough=enough: len(accepted) >= enough, "alerts to be accepted")
                # A moment of chance within a commit, a send, a recording.
                threading.Event().wait(dice.random() / 20)
                server.kill()
                server.start()
            enough = len(accepted) + 50
            until(lambda: len(accepted) >= enough, "alerts after the last start")
        assert {status for status, _ in stream.answers.refused} <= {0, 503}
        everything_arrived(server, hook, accepted)


def test_a_killed_database_comes_back_by_itself(folder: Path) -> None:
    with paging_by_webhook(folder) as (server, hook, key):
        stream = Stream(server.port, key, lambda sent: sent - len(hook.got))
        accepted, refused = stream.answers.accepted, stream.answers.refused
        with stream:
            for turn in range(2):
                enough = len(accepted) + 100
                until(lambda enough=enough: len(accepted) >= enough, "alerts to be accepted")
                server.kill_database()
                # Asked by a sender of our own: the stream may be waiting for its receiver just now, and sending nothing.
                probe = setting.alert(f"probe-{turn}", details={"alias": f"probe-{turn}"})
                until(
                    lambda probe=probe: server.send("POST", "/v1/alerts", probe, key)[0] == 503,
                    "an alert to be refused",
                )
                enough = len(accepted) + 100
                until(lambda enough=enough: len(accepted) >= enough, "the service to recover by itself")
        assert {status for status, _ in refused} <= {503}
        assert all(retry_after.isdigit() for _, retry_after in refused), refused[:3]
        assert server.process is not None
        assert server.process.poll() is None
        everything_arrived(server, hook, accepted)


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
