"""E-mail against real SMTP servers: success, every kind of refusal, down, hanging, garbage; no secret in any error."""

import asyncio
import email
import email.policy
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from uuid import UUID, uuid4

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from tocsin.integrations.email import Email
from tocsin.paging.model import Purpose
from tocsin.paging.transport import AlertFacts, Destination, Message, PageFacts, SendFailed
from tocsin.settings import Smtp
from tocsin.web.messages import Messages

FROM = "Tocsin <tocsin@example.org>"
PASSWORD = "correct horse battery staple"
ALERT = UUID("01890a5d-ac96-774b-bcce-b302099a8057")


def page(message: str = "Checkout is failing", description: str = "", **more: object) -> Message:
    facts = PageFacts(
        purpose=Purpose.PAGE,
        key=uuid4(),
        person="Ana Silva",
        time_zone="Europe/Berlin",
        reason="step 1, on call for Payments",
        alert=AlertFacts(
            id=ALERT, number=42, message=message, description=description, priority=1, source="prometheus",
            entity="checkout-7", tags=("eu",), details={}, link="", count=3,
            started_at=datetime(2026, 11, 23, 2, 7, tzinfo=UTC), service="Checkout", runbook_url="https://runbook.example/",
        ),
        since=datetime(2026, 11, 23, 2, 7, tzinfo=UTC),
        ack_url="https://tocsin.example/ack/TOKEN",
        alert_url="https://tocsin.example/alerts/42",
    )  # fmt: skip
    return Messages().render(facts)


@dataclass
class Mailbox:
    """What the server got, and what it is told to answer."""

    mails: list[EmailMessage] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    peers: set[object] = field(default_factory=set)
    at_mail: str | None = None
    at_recipient: str | None = None
    at_data: str | None = None

    async def handle_MAIL(  # noqa: N802 - the server calls it so
        self, server: SMTP, session: object, envelope: object, address: str, options: object
    ) -> str:
        if self.at_mail:
            return self.at_mail
        envelope.mail_from = address
        self.senders.append(address)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - the server calls it so
        self, server: SMTP, session: object, envelope: object, address: str, options: object
    ) -> str:
        if self.at_recipient:
            return self.at_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: object, envelope: object) -> str:  # noqa: N802 - the server calls it so
        if self.at_data:
            return self.at_data
        self.peers.add(session.peer)
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 queued as 4711"


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def server(mailbox: Mailbox) -> Iterator[Controller]:
    # Not port 0: the controller checks itself by connecting to the port that it was told.
    controller = Controller(mailbox, hostname="127.0.0.1", port=_free_port(), enable_SMTPUTF8=True)
    controller.start()
    yield controller
    if controller.server is not None:
        controller.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def transport(server: Controller) -> Email:
    return Email(Smtp("127.0.0.1", server.port), FROM, timeout=5)


TO = Destination("ana@example.org")


async def test_a_page_arrives_whole(transport: Email, mailbox: Mailbox) -> None:
    message = page(description="Payments time out.\n.\nA line with one dot stands before.")
    sent = await transport.send(message, TO)
    assert "4711" in sent.vendor_id
    assert not sent.delivered
    (mail,) = mailbox.mails
    assert mail["Subject"] == "[P1 #42] Checkout is failing"
    assert mail["To"] == "ana@example.org"
    assert mail["From"] == FROM
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Id"] == "Tocsin pages <pages.example.org>"
    assert mail["Message-ID"] == f"<{message.key}@example.org>"
    assert mail["References"] == mail["In-Reply-To"] == f"<alert-{ALERT}@example.org>"
    text = mail.get_body(("plain",)).get_content()
    html = mail.get_body(("html",)).get_content()
    for body in (text, html):
        assert "https://tocsin.example/ack/TOKEN" in body
        assert "03:07 your time (Mon 23 Nov)" in body
        assert "Checkout is failing" in body
        assert "https://runbook.example/" in body
    assert "A line with one dot stands before." in text.replace("\r\n", "\n")


async def test_a_connection_is_used_again_and_its_death_is_not_noticed(
    transport: Email, mailbox: Mailbox, server: Controller
) -> None:
    for _ in range(3):
        await transport.send(page(), TO)
    assert len(mailbox.peers) == 1
    server.stop()
    again = Controller(mailbox, hostname="127.0.0.1", port=server.port)
    again.start()
    try:
        await transport.send(page(), TO)
    finally:
        again.stop()
    assert len(mailbox.mails) == 4


async def test_many_at_once(transport: Email, mailbox: Mailbox) -> None:
    await asyncio.gather(*(transport.send(page(), TO) for _ in range(transport.info.at_once)))
    assert len(mailbox.mails) == transport.info.at_once
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == transport.info.at_once


@pytest.mark.parametrize("stage", ["at_mail", "at_recipient", "at_data"])
@pytest.mark.parametrize(
    ("answer", "retry"),
    [("421 closing", True), ("450 busy", True), ("451 greylisted", True), ("452 full", True),
     ("550 no such user", False), ("552 too big", False), ("554 rejected", False)],
)  # fmt: skip
async def test_4xx_is_tried_again_and_5xx_is_not(
    transport: Email, mailbox: Mailbox, stage: str, answer: str, *, retry: bool
) -> None:
    setattr(mailbox, stage, answer)
    with pytest.raises(SendFailed) as failed:
        await transport.send(page(), TO)
    assert failed.value.retry is retry
    assert not failed.value.maybe_sent
    assert answer[:3] in str(failed.value)
    setattr(mailbox, stage, None)
    await transport.send(page(), TO)
    assert len(mailbox.mails) == 1


async def test_no_server_is_a_sentence() -> None:
    transport = Email(None, FROM)
    assert not transport.ready
    with pytest.raises(SendFailed, match="No mail server is configured") as failed:
        await transport.send(page(), TO)
    assert not failed.value.retry


async def test_a_server_that_is_down_is_tried_again() -> None:
    transport = Email(Smtp("127.0.0.1", _free_port()), FROM, timeout=2)
    with pytest.raises(SendFailed, match="cannot be reached") as failed:
        await transport.send(page(), TO)
    assert failed.value.retry


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def talking(talk: Talk) -> AsyncIterator[int]:
    """A server that speaks as the test says."""

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def _garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"\x00\xff\xfe not a mail server\r\n" * 20)
    await writer.drain()
    await reader.read()


async def _hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 hello\r\n")
    await reader.readline()


async def _refuses_the_greeting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"554 go away\r\n")
    await reader.read()


@pytest.mark.parametrize("talk", [_silent, _garbage, _hangs_up, _refuses_the_greeting])
async def test_a_server_that_is_none_is_tried_again(talk: Talk) -> None:
    async with talking(talk) as port:
        transport = Email(Smtp("127.0.0.1", port), FROM, timeout=0.3)
        with pytest.raises(SendFailed) as failed:
            await transport.send(page(), TO)
    assert failed.value.retry
    assert not failed.value.maybe_sent


async def _breaks_after_the_message(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 hello\r\n")
    while line := await reader.readline():
        if line.startswith(b"DATA"):
            writer.write(b"354 go on\r\n")
            await reader.readuntil(b"\r\n.\r\n")
            return
        writer.write(b"250 ok\r\n")


async def test_a_break_after_the_message_may_mean_that_it_was_taken() -> None:
    async with talking(_breaks_after_the_message) as port:
        with pytest.raises(SendFailed) as failed:
            await Email(Smtp("127.0.0.1", port), FROM, timeout=2).send(page(), TO)
    assert failed.value.retry
    assert failed.value.maybe_sent


async def _echoes_the_password(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 hello\r\n")
    while line := await reader.readline():
        if line.upper().startswith(b"EHLO"):
            writer.write(b"250-hello\r\n250 AUTH PLAIN LOGIN\r\n")
        else:
            writer.write(f"535 wrong: {PASSWORD} token=abcdef\r\n".encode())


async def test_a_refused_sign_in_shows_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    async with talking(_echoes_the_password) as port:
        smtp = Smtp("127.0.0.1", port, "tocsin", PASSWORD, starttls=False)
        with pytest.raises(SendFailed, match="refused our sign-in") as failed:
            await Email(smtp, FROM, timeout=2).send(page(), TO)
    assert failed.value.retry
    assert (
        PASSWORD not in f"{failed.value!r} {failed.value.__cause__} {failed.value.__context__} {caplog.text}"
    )


async def test_a_server_that_repeats_our_secrets_is_not_quoted(server: Controller, mailbox: Mailbox) -> None:
    mailbox.at_recipient = f"550 we do not like {PASSWORD}"
    transport = Email(Smtp("127.0.0.1", server.port, None, PASSWORD, starttls=False), FROM)
    with pytest.raises(SendFailed) as failed:
        await transport.send(page(), TO)
    assert PASSWORD not in str(failed.value)


async def test_encryption_that_is_demanded_and_not_offered_sends_nothing(
    server: Controller, mailbox: Mailbox
) -> None:
    transport = Email(Smtp("127.0.0.1", server.port, starttls=True), FROM, timeout=2)
    with pytest.raises(SendFailed, match="offers no encryption") as failed:
        await transport.send(page(), TO)
    assert failed.value.retry
    assert mailbox.mails == []


@pytest.mark.parametrize(
    "address",
    ["nobody", "@example.org", "a@", "a b@example.org", "a@b\r\nBcc: c@example.org", "a@b,c@d", "x" * 2000],
)
async def test_what_is_no_address_fails_for_good(transport: Email, mailbox: Mailbox, address: str) -> None:
    with pytest.raises(SendFailed, match="no e-mail address") as failed:
        await transport.send(page(), Destination(address))
    assert not failed.value.retry
    assert mailbox.mails == []


async def test_addresses_of_the_whole_world(transport: Email, mailbox: Mailbox) -> None:
    await transport.send(page(), Destination("josé@bücher.example"))
    assert mailbox.mails


@pytest.mark.parametrize(
    "words",
    [
        "<script>alert(1)</script>",
        "line\r\nBcc: victim@example.org",
        "ü😀" * 40,
        "x" * 500,
        "nul \0",
        "half \ud83d",
        "{{ 7 * 7 }}",
    ],
)
async def test_hostile_words_arrive_as_words(transport: Email, mailbox: Mailbox, words: str) -> None:
    await transport.send(page(words, description=words * 20), TO)
    (mail,) = mailbox.mails
    assert mail["Bcc"] is None
    html = mail.get_body(("html",)).get_content()
    assert "<script" not in html
    assert "49" not in mail["Subject"]
