"""Mail that comes in, for heartbeats only: whoever sends to a heartbeat's address has pinged it.

Nothing is relayed, stored or read. Who else is written to is refused before the mail is sent. The library speaks SMTP; what it
leaves open is bounded here: connections at once, what one may send, and for how long.
"""

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from tocsin.alerts.heartbeat_mail import pinged_by_mail
from tocsin.alerts.heartbeats import PINGER, heartbeat_by_id, ping
from tocsin.edge.site import Site
from tocsin.kernel.errors import NotFound, TocsinError
from tocsin.kernel.log import logger

RECIPIENTS = 10
#: How often a command may come in one connection.
COMMANDS = {"*": 20, "RCPT": 30, "NOOP": 5}
NOBODY = "550 5.1.1 There is nobody at this address."
LATER = "451 4.3.0 Not now. Try again later."
log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one sender may take."""

    #: Seconds for a command or a mail, and for a connection.
    patience_s: float = 30.0
    life_s: float = 120.0
    #: Bytes of one mail, and of all that one connection may send.
    largest: int = 256 * 1024
    most: int = 1024 * 1024
    #: Connections at once, and of these from one address.
    at_once: int = 50
    from_one: int = 10


class Mailbox:
    """What the library asks: whether somebody is at an address, and that a mail has come."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._storing: set[asyncio.Task[str]] = set()

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        """Only addresses of heartbeats in use; a stranger's never reaches the database."""
        if len(envelope.rcpt_tos) >= RECIPIENTS:
            return "452 4.5.3 Too many recipients."
        if envelope.mail_from in ("", "<>"):
            return "550 5.7.1 A returned mail is no sign of life."
        try:
            heartbeat_id, number = self._meant(address)
            found = await heartbeat_by_id(self._site.database, heartbeat_id)
        except NotFound:
            return NOBODY
        except TocsinError:
            return LATER
        if found.address_number != number:
            return NOBODY
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802 - the library's name
        """The mail is here: each of its heartbeats is alive. Told only after it is stored, and stored also when its sender leaves
        meanwhile: a commit is never cut off."""
        storing = asyncio.ensure_future(self._store(envelope))
        self._storing.add(storing)
        storing.add_done_callback(self._storing.discard)
        return await asyncio.shield(storing)

    async def close(self) -> None:
        """Waits for what is being stored."""
        if self._storing:
            await asyncio.wait(self._storing)

    async def _store(self, envelope: Envelope) -> str:
        try:
            async with self._site.database.unit(PINGER, "heartbeat") as u:
                for address in sorted(set(envelope.rcpt_tos)):
                    heartbeat_id, number = self._meant(address)
                    await ping(u, heartbeat_id, came_from=f"mail from {envelope.mail_from}", number=number)
        except NotFound:
            return NOBODY
        except TocsinError:
            return LATER
        return "250 2.0.0 OK"

    async def handle_exception(self, error: Exception) -> str:
        """What nobody thought of: the sender tries again, the log says why."""
        log.warning("mail_failed", error=repr(error)[:500])
        return LATER

    def _meant(self, address: str) -> Any:
        return pinged_by_mail(self._site.keys, address, self._site.settings.mail_domain)


class Guarded(SMTP):
    """One connection, within its bounds. What is of no use here is not offered: it would only help who looks around."""

    def __init__(self, mailbox: Mailbox, hostname: str, present: Counter[str], bounds: Bounds) -> None:
        super().__init__(
            mailbox, hostname=hostname, ident="Tocsin", data_size_limit=bounds.largest, timeout=bounds.patience_s,
            command_call_limit=COMMANDS, auth_exclude_mechanism=("LOGIN", "PLAIN"), loop=asyncio.get_running_loop(),
        )  # fmt: skip
        self._bounds = bounds
        self._present = present
        self._from = ""
        self._got = 0
        self._end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Too many at once are turned away before a word."""
        peer = transport.get_extra_info("peername")
        self._from = str(peer[0]) if peer else ""
        self._present[self._from] += 1
        super().connection_made(transport)
        if self._present.total() > self._bounds.at_once or self._present[self._from] > self._bounds.from_one:
            transport.write(b"421 4.7.0 Too many connections. Try again later.\r\n")
            transport.close()
            return
        self._end = self.loop.call_later(self._bounds.life_s, transport.abort)

    def data_received(self, data: bytes) -> None:
        """The library keeps a line for as long as it does not end: whoever sends more than any mail may have is cut off."""
        self._got += len(data)
        if self._got > self._bounds.most and self.transport is not None:
            self.transport.abort()  # type: ignore[attr-defined] # it is one that can be written to
            return
        super().data_received(data)

    def connection_lost(self, error: Exception | None) -> None:
        self._present[self._from] -= 1
        self._present += Counter()  # Forgets who has none left.
        if self._end is not None:
            self._end.cancel()
        super().connection_lost(error)

    async def smtp_VRFY(self, _: str | None) -> None:  # noqa: N802 - the library's name
        await self.push("502 5.5.1 Not offered.")

    async def smtp_AUTH(self, _: str | None) -> None:  # noqa: N802 - the library's name
        await self.push("502 5.5.1 Not offered.")


class MailIn:
    """The listener beside the web server, if the operator asked for it."""

    def __init__(self, site: Site, bounds: Bounds | None = None) -> None:
        self._site = site
        self._bounds = bounds or Bounds()
        self._present: Counter[str] = Counter()
        #: Set once it listens, at this port.
        self.started = asyncio.Event()
        self.port = 0

    async def run(self) -> None:
        """Until it is cancelled; at once over when no address is set. Raises OSError when the port is taken."""
        where = self._site.settings.mail_in
        if where is None:
            await asyncio.Event().wait()
            return
        # The library logs every line of every stranger.
        logging.getLogger("mail.log").setLevel(logging.CRITICAL)
        mailbox, loop = Mailbox(self._site), asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: Guarded(mailbox, self._site.settings.mail_domain, self._present, self._bounds),
            where.host,
            where.port,
        )
        self.port = server.sockets[0].getsockname()[1]
        self.started.set()
        log.info("mail_is_taken_in", at=str(where), domain=self._site.settings.mail_domain)
        try:
            async with server:
                await server.serve_forever()
        finally:
            await mailbox.close()
