"""Pages by e-mail, through the operator's SMTP server. Connections are kept for a while and used again."""

import asyncio
from dataclasses import dataclass
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from ssl import SSLError

import aiosmtplib
from aiosmtplib import SMTP

from tocsin.kernel.redact import HIDDEN, redact
from tocsin.paging.model import Purpose
from tocsin.paging.transport import BadAddress, Destination, Field, Message, SendFailed, Sent, TransportInfo
from tocsin.people.model import is_email
from tocsin.settings import Smtp

#: Servers drop idle connections after a minute or more; ours are younger than that when they are used again.
IDLE_S = 20.0
TIMEOUT_S = 15.0


def _accept(address: str, secret: str) -> Destination:
    if not is_email(address):
        raise BadAddress("That is not an e-mail address.")
    return Destination(address, secret or None)


INFO = TransportInfo(
    name="email",
    title="E-mail",
    fields=(Field("address", "E-mail address", "Where pages go; often your work address."),),
    at_once=10,
    accept=_accept,
    doc="email.md",
    bundles=True,
)
_LOST = (aiosmtplib.SMTPServerDisconnected, ConnectionError)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A composed mail with its two addresses, as SMTP wants them."""

    sender: str
    recipient: str
    data: bytes

    @property
    def options(self) -> list[str]:
        return [] if self.recipient.isascii() else ["SMTPUTF8", "BODY=8BITMIME"]


class Email:
    """The transport `email`. Not ready without a configured server."""

    def __init__(self, smtp: Smtp | None, mail_from: str, *, timeout: float = TIMEOUT_S) -> None:
        self._smtp = smtp
        self._name, self._from = parseaddr(mail_from)
        self._domain = self._from.rpartition("@")[2] or "localhost"
        self._timeout = timeout
        self._idle: list[tuple[SMTP, float]] = []

    @property
    def info(self) -> TransportInfo:
        return INFO

    @property
    def ready(self) -> bool:
        return self._smtp is not None

    async def send(self, message: Message, to: Destination) -> Sent:
        """Hands one mail to the server; its answer is kept as the vendor's id. Raises SendFailed."""
        if self._smtp is None:
            raise SendFailed("No mail server is configured (TOCSIN_SMTP_URL).", retry=False)
        envelope = self.compose(message, to.address)
        client = await self._begin(self._smtp, envelope)
        try:
            answer = await self._finish(client, envelope)
        except BaseException:
            client.close()
            raise
        self._idle.append((client, asyncio.get_running_loop().time()))
        return Sent(vendor_id=_plain(answer)[:200])

    def can_check(self, _vendor: str) -> bool:
        return self.ready

    async def check(self, _vendor: str) -> None:
        """Connects and signs in. Raises SendFailed."""
        if self._smtp is not None:
            client = await self._connect(self._smtp)
            self._idle.append((client, asyncio.get_running_loop().time()))

    def compose(self, message: Message, address: str) -> Envelope:
        """The mail as bytes. Raises SendFailed for an address that no mail can have."""
        try:
            recipient = _address(address)
            mail = EmailMessage(policy=policy.SMTP if recipient.isascii() else policy.SMTPUTF8)
            mail["From"] = Address(self._name, addr_spec=self._from)
            local, _, domain = recipient.rpartition("@")
            mail["To"] = Address(username=local, domain=domain)
        except (ValueError, IndexError, MessageError):
            raise SendFailed("This is no e-mail address.", retry=False) from None
        self._head(mail, message)
        mail.set_content(_clean(message.text), cte="quoted-printable")
        if message.html:
            mail.add_alternative(_clean(message.html), subtype="html", cte="quoted-printable")
        return Envelope(self._from, recipient, mail.as_bytes())

    def _head(self, mail: EmailMessage, message: Message) -> None:
        mail["Subject"] = " ".join(_clean(message.subject).split())
        mail["Date"] = formatdate(usegmt=True)
        # Every try of one delivery has the same id, so that a mailbox can drop a repeat.
        mail["Message-ID"] = f"<{message.key}@{self._domain}>"
        if message.thread:
            mail["References"] = mail["In-Reply-To"] = f"<{message.thread}@{self._domain}>"
        if message.reply_to:
            mail["Reply-To"] = Address(addr_spec=message.reply_to)
        mail["Auto-Submitted"] = "auto-generated"
        mail["List-Id"] = f"Tocsin pages <pages.{self._domain.strip('[]')}>"
        if message.purpose is Purpose.PAGE:
            mail["Importance"] = "high"
            mail["X-Priority"] = "1"

    async def _begin(self, smtp: Smtp, envelope: Envelope) -> SMTP:
        """A connection on which MAIL FROM was accepted: a kept one if it still lives, else a new one."""
        while client := self._kept():
            try:
                await _offer(client, envelope)
            except (aiosmtplib.SMTPException, *_LOST):
                client.close()
            else:
                return client
        client = await self._connect(smtp)
        try:
            await _offer(client, envelope)
        except (aiosmtplib.SMTPException, *_LOST) as error:
            failure = self._failure(error, "the sender")
        except BaseException:
            client.close()
            raise
        else:
            return client
        client.close()
        raise failure

    def _kept(self) -> SMTP | None:
        now = asyncio.get_running_loop().time()
        while self._idle:
            client, since = self._idle.pop()
            if now - since < IDLE_S and client.is_connected:
                return client
            client.close()
        return None

    async def _connect(self, smtp: Smtp) -> SMTP:
        client = SMTP(
            hostname=smtp.host,
            port=smtp.port,
            username=smtp.username,
            password=smtp.password,
            use_tls=smtp.tls,
            start_tls=smtp.starttls,
            # Encryption taken because it was offered proves nothing by its certificate, and is better than none.
            validate_certs=smtp.tls or smtp.starttls is True,
            timeout=self._timeout,
        )
        try:
            await client.connect()
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            failure = _no_connection(error)
        except BaseException:
            client.close()
            raise
        else:
            return client
        client.close()
        # Raised outside the handler: the original may hold what the server said to our password.
        raise failure

    async def _finish(self, client: SMTP, envelope: Envelope) -> str:
        stage = "the address"
        try:
            await client.rcpt(envelope.recipient, encoding="utf-8")
            stage = "the message"
            return (await client.data(envelope.data)).message
        except (aiosmtplib.SMTPException, *_LOST, ValueError) as error:
            failure = self._failure(error, stage)
        raise failure

    def _failure(self, error: Exception, stage: str) -> SendFailed:
        """4xx is worth another try, 5xx is not; a break while the message was on its way may have come too late."""
        on_its_way = stage == "the message"
        # What it says of our sender it says to everybody; of a recipient, to one.
        ours = stage == "the sender"
        match error:
            case aiosmtplib.SMTPResponseException(code=code) if 500 <= code < 600:
                return SendFailed(
                    f"The mail server refused {stage} ({code}{self._said(error)}).", retry=False, fault=ours
                )
            case aiosmtplib.SMTPResponseException(code=code):
                said = self._said(error) if 400 <= code < 500 else ""
                return SendFailed(
                    f"The mail server cannot take {stage} now ({code}{said}).", retry=True, fault=ours
                )
            case aiosmtplib.SMTPTimeoutError():
                return SendFailed(
                    "The mail server did not answer in time.", retry=True, maybe_sent=on_its_way, fault=True
                )
            case _:
                return SendFailed(
                    "The mail server broke the connection.", retry=True, maybe_sent=on_its_way, fault=True
                )

    def _said(self, error: aiosmtplib.SMTPResponseException) -> str:
        text = redact(_plain(error.message))[:160]
        for secret in (self._smtp.password, self._smtp.username) if self._smtp else ():
            text = text.replace(secret, HIDDEN) if secret else text
        return f": {text}" if text else ""


async def _offer(client: SMTP, envelope: Envelope) -> None:
    if envelope.options and not client.supports_extension("smtputf8"):
        raise SendFailed("The mail server takes no addresses with letters beyond a to z.", retry=False)
    await client.mail(envelope.sender, options=envelope.options, encoding="utf-8")


def _no_connection(error: Exception) -> SendFailed:
    match error:
        case aiosmtplib.SMTPAuthenticationError(code=code):
            sentence = f"The mail server refused our sign-in ({code})."
        case aiosmtplib.SMTPException() if "not supported" in str(error):
            sentence = "The mail server offers no encryption or no sign-in that we can use."
        case aiosmtplib.SMTPTimeoutError():
            sentence = "The mail server did not answer in time."
        case SSLError():
            sentence = "The mail server shows no valid certificate."
        case aiosmtplib.SMTPResponseException(code=code) if code > 0:
            sentence = f"The mail server takes no mail now ({code})."
        case _:
            sentence = "The mail server cannot be reached, or is none."
    # Worth another try whatever it was: an operator mends it, and the page is still wanted.
    return SendFailed(sentence, retry=True, fault=True)


def _address(text: str) -> str:
    """With the domain in ASCII. Raises ValueError."""
    local, at, domain = text.strip().rpartition("@")
    if not (local and at and domain) or any(c.isspace() or c in "<>,;" for c in text.strip()):
        raise ValueError(text)
    return f"{local}@{domain if domain.startswith('[') else domain.encode('idna').decode()}"


def _plain(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\0", "")
