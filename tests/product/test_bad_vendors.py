"""Real processes against vendors that misbehave: each page arrives by another way, or is seen to have failed, and says why."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import folders
from tests.product import faulty, setting
from tests.product.faulty import Faulty
from tests.product.harness import Mailbox, Tocsin, free_port, until

#: Per webhook: how it behaves, and what the ledger says of its first try.
MANNERS: dict[str, tuple[faulty.Manner, str]] = {
    "slow": (faulty.slowly(2), ""),
    "throttled": (faulty.after(1, "429 Too Many Requests", "Retry-After: 2"), "429"),
    "broken": (faulty.after(99, "500 Internal Server Error"), "500"),
    "gone": (faulty.after(99, "410 Gone"), "410"),
    "garbage": (faulty.garbage, ""),
    "closing": (faulty.hang_up, ""),
    "silent": (faulty.say_nothing, ""),
}
Delivery = dict[str, Any]


@dataclass
class Scene:
    """A person per manner: their webhook first, mail an hour later. And the alert that paged each."""

    server: Tocsin
    token: str
    mailbox: Mailbox
    vendors: dict[str, Faulty]
    alerts: dict[str, int]

    def deliveries(self, manner: str) -> dict[str, Delivery]:
        """The alert's pages by transport."""
        pages = self.server.api("GET", f"/alerts/{self.alerts[manner]}/ledger", token=self.token)["pages"]
        return {d["transport"]: d for page in pages for d in page["deliveries"] if d["purpose"] == "page"}

    def state(self, manner: str, transport: str, *wanted: str) -> Delivery:
        """Waits until the message is in one of these states."""
        return until(
            lambda: next((d for t, d in self.deliveries(manner).items() if t == transport and d["state"] in wanted), None),
            f"{manner}: {transport} to be {wanted}, was {self.deliveries(manner)}",
        )  # fmt: skip


def person(server: Tocsin, name: str, address: str) -> str:
    """Somebody with a webhook at once, and mail after an hour. By SQL: this is not about the settings page."""
    rows = server.rows(
        "with u as (insert into users (id, email, name, role, time_zone) values (gen_random_uuid(), $1 || '@example.org', $1, 'member', 'UTC') returning id), "
        "m as (insert into contact_methods (id, user_id, transport, address, verified_at) "
        "select gen_random_uuid(), id, t, a, clock() from u, (values ('webhook', $2), ('email', $1 || '@example.org')) v (t, a) returning id, user_id, transport) "
        "insert into notification_rules (id, user_id, urgency, contact_method_id, delay_s) "
        "select gen_random_uuid(), user_id, 'high', id, case transport when 'email' then 3600 else 0 end from m returning user_id",
        name,
        address,
    )
    return str(rows[0]["user_id"])


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with ExitStack() as stack:
        mailbox = stack.enter_context(Mailbox())
        server = Tocsin(stack.enter_context(folders.new("vendors")) / "data", smtp_port=mailbox.port)
        token = setting.administrator(server)
        server.start()
        stack.callback(server.stop)
        vendors = {name: stack.enter_context(Faulty(manner)) for name, (manner, _) in MANNERS.items()}
        found = Scene(server, token, mailbox, vendors, {})
        for name, vendor in vendors.items():
            service = setting.service_for(server, token, name, users=[person(server, name, vendor.url)])
            key = setting.key_for(server, token, name, "generic", service)
            status, text = server.send("POST", "/v1/alerts", setting.alert(f"node-{name}"), key)
            assert status == 202, text
            found.alerts[name] = server.rows("select number from alerts where alias = $1", f"node-{name}")[0][
                "number"
            ]
        yield found


def test_a_slow_one_is_waited_for(scene: Scene) -> None:
    assert scene.state("slow", "webhook", "delivered")["attempts"] == 1


def test_one_that_asks_for_a_pause_gets_it(scene: Scene) -> None:
    done = scene.state("throttled", "webhook", "delivered")
    assert done["attempts"] == 2
    assert not done["maybe_repeated"], "it said that it had not taken it"


def test_one_that_is_gone_lets_the_next_way_go_at_once(scene: Scene) -> None:
    assert "410" in scene.state("gone", "webhook", "failed")["error"]
    assert scene.state("gone", "email", "sent")
    assert scene.mailbox.wait("gone@example.org", "node-gone")


@pytest.mark.parametrize("manner", ["broken", "garbage", "closing"])
def test_one_that_does_not_work_is_tried_again_and_the_next_way_does_not_wait(
    scene: Scene, manner: str
) -> None:
    first = until(
        lambda: next((d for t, d in scene.deliveries(manner).items() if t == "webhook" and d["error"]), None),
        "a first failure",
    )
    assert MANNERS[manner][1] in first["error"]
    assert "/page" not in first["error"], "the address may hold a secret"
    scene.state(manner, "email", "sent")
    assert scene.mailbox.wait(f"{manner}@example.org", f"node-{manner}")
    still = scene.deliveries(manner)["webhook"]
    assert still["state"] in ("queued", "sending", "failed")
    assert still["maybe_repeated"] == (manner != "broken"), "an answer of 500 means that it was not taken"


def test_one_that_says_nothing_is_not_waited_for(scene: Scene) -> None:
    """Ten seconds, and the ledger says so; a message that it may have taken is marked."""
    first = until(
        lambda: next((d for d in scene.deliveries("silent").values() if d["error"]), None), "a time-out"
    )
    assert "did not answer in time" in first["error"]
    assert first["maybe_repeated"]


def test_a_mail_server_that_misbehaves_loses_nothing(folder: Path) -> None:
    """The ledger says each time that it failed; the mails go out as soon as a good one stands there."""
    port = free_port()
    server = Tocsin(folder / "data", smtp_port=port)
    token = setting.administrator(server)
    server.start()
    try:
        ada = setting.id_of(server, token, setting.ADA)
        service = setting.service_for(server, token, "Checkout", users=[ada])
        key = setting.key_for(server, token, "Probe", "generic", service)
        for number, manner in enumerate((faulty.garbage, faulty.hang_up), 1):
            with Faulty(manner, port=port):
                assert server.send("POST", "/v1/alerts", setting.alert(f"mail-{number}"), key)[0] == 202
                tried = until(
                    lambda number=number: [d for d in _mails(server, token, number) if d["error"]],
                    "a failure in the ledger",
                )
            assert tried[0]["state"] in ("queued", "sending")
        with Mailbox(port) as mailbox:
            setting.later(server, 120)
            for number in (1, 2):
                assert mailbox.wait(setting.ADA, f"mail-{number}")
    finally:
        server.stop()


def _mails(server: Tocsin, token: str, number: int) -> list[Delivery]:
    pages = server.api("GET", f"/alerts/{number}/ledger", token=token)["pages"]
    return [d for page in pages for d in page["deliveries"] if d["transport"] == "email"]
