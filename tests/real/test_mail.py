"""Mail to an incident by programs that others wrote: swaks, and OpenSMTPD, which keeps what comes while we are away."""

import os
import shutil
import smtplib
import subprocess
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests import folders
from tests.product.harness import Tocsin, free_port, until
from tests.product.setting import administrator

PNG = b"\x89PNG\r\n\x1a\n and then nonsense"
SENDER = "ada@example.org"
SOCKET = Path("/var/run/smtpd.sock")


class House:
    """A served installation that takes mail in, with one incident."""

    def __init__(self, server: Tocsin, token: str, port: int) -> None:
        self.server, self.token, self.port = server, token, port
        made = server.api("POST", "/incidents", {"summary": "Checkout fails", "severity": 1}, token)
        self.key, self.address = made["key"], made["mail"]

    def entries(self) -> list[dict[str, Any]]:
        found = self.server.api("GET", f"/incidents/{self.key}/entries", token=self.token)["entries"]
        return [entry for entry in found if entry["door"] == "mail"]


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with folders.new("mail") as folder:
        port = free_port()
        server = Tocsin(
            folder / "data", TOCSIN_MAIL_IN=f"127.0.0.1:{port}", TOCSIN_MAIL_DOMAIN="in.example.org"
        )
        token = administrator(server)
        server.start()
        try:
            yield House(server, token, port)
        finally:
            server.stop()


@pytest.mark.skipif(not shutil.which("swaks"), reason="swaks is not installed: see bin/packages")
def test_swaks_writes_a_line_with_a_file(house: House, tmp_path: Path) -> None:
    picture = tmp_path / "graph.png"
    picture.write_bytes(PNG)

    def swaks(to: str, *more: str) -> str:
        command = ["swaks", "--server", f"127.0.0.1:{house.port}", "--to", to, "--from", SENDER, *more]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout

    words = ("--header", "Subject: Re: it", "--body", "It is the cache.", "--attach", f"@{picture}")
    for _ in range(2):
        assert "250 2.0.0 It is in the record." in swaks(
            house.address, *words, "--header", "Message-Id: <1@swaks>"
        )
    assert "550 5.1.1" in swaks(house.address.replace(house.key.lower(), "inc-9"))
    said, attached = [e for e in house.entries() if "away" not in e["text"]]
    assert (said["kind"], said["text"]) == ("message", "It is the cache.")
    assert (attached["kind"], attached["text"]) == ("file_attached", "attached graph.png")


@pytest.fixture
def relay(house: House, tmp_path: Path) -> Iterator[int]:
    """A mail server in front of us, as an operator has one. There can be only one on a machine."""
    if not shutil.which("smtpd") or os.geteuid() != 0:
        pytest.skip("OpenSMTPD is not installed, or cannot be started by this account: see bin/packages")
    if SOCKET.exists():
        pytest.skip("an OpenSMTPD runs here already")
    port, configuration = free_port(), tmp_path / "smtpd.conf"
    configuration.write_text(
        f'listen on 127.0.0.1 port {port} hostname relay.test\naction "out" relay host "smtp://127.0.0.1:{house.port}"\n'
        'match from any for any action "out"\n'
    )
    with (tmp_path / "smtpd.log").open("w") as log:
        process = subprocess.Popen(["smtpd", "-d", "-f", str(configuration)], stdout=log, stderr=log)
    try:
        until(lambda: smtplib.SMTP("127.0.0.1", port, timeout=5).quit()[0] == 221, "OpenSMTPD")
        yield port
    finally:
        process.terminate()
        process.wait(30)
        SOCKET.unlink(missing_ok=True)


def test_what_came_while_we_were_away_is_in_the_record_afterwards(house: House, relay: int) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = SENDER, house.address, "Re: it"
    message.set_content("Sent while you were away.")
    message.add_attachment(PNG, maintype="image", subtype="png", filename="away.png")
    house.server.stop()
    with smtplib.SMTP("127.0.0.1", relay, timeout=30) as client:
        client.send_message(message)
    house.server.start()

    def arrived() -> list[dict[str, Any]]:
        subprocess.run(["smtpctl", "schedule", "all"], capture_output=True, check=False, timeout=30)
        return [e for e in house.entries() if "away" in e["text"]]

    until(lambda: len(arrived()) == 2, "the mail and its file")
    assert [e["text"] for e in arrived()] == ["Sent while you were away.", "attached away.png"]
