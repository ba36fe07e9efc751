"""Mail that comes in: to a heartbeat's address it is a ping, to an incident's address an entry of its record.

Nothing is relayed. Who else is written to is refused before the mail is sent, and a mail is answered for once it is stored.
"""

import asyncio
import logging
from collections import Counter
from typing import Any, cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from tocsin.alerts.heartbeat_mail import pinged_by_mail
from tocsin.alerts.heartbeats import PINGER, heartbeat_by_id, ping
from tocsin.edge.mail_entry import LATER, NOBODY, Post
from tocsin.edge.mail_guard import Bounds, Guarded
from tocsin.edge.site import Site
from tocsin.incidents.mail_address import destination, incident_by_mail
from tocsin.kernel.errors import NotFound, TocsinError
from tocsin.kernel.log import logger

RECIPIENTS = 10
log = logger(__name__)


class Mailbox:
    """What the library asks: whether somebody is at an address, and that a mail has come."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._post = Post(site)
        self._storing: set[asyncio.Task[str]] = set()

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        """Only addresses of heartbeats in use and of incidents; a stranger's never reaches the database."""
        if len(envelope.rcpt_tos) >= RECIPIENTS:
            return "452 4.5.3 Too many recipients."
        if envelope.mail_from in ("", "<>"):
            return "550 5.7.1 A returned mail is no sign of life, and nothing that somebody says."
        try:
            key = self._incident(address)
            answer = await (
                self._to_incident(cast("Guarded", server), envelope, key)
                if key
                else self._to_heartbeat(cast("Guarded", server), envelope, address)
            )
        except NotFound:
            return NOBODY
        except TocsinError:
            return LATER
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def _to_incident(self, server: Guarded, envelope: Envelope, key: str) -> str:
        """Why not, or empty. One incident at a time: a mail has one answer."""
        if any(self._incident(other) != key for other in envelope.rcpt_tos):
            return "452 4.5.3 One incident a mail. Send it there again."
        await destination(self._site.database, key)
        return (
            ""
            if await server.make_room()
            else "451 4.3.2 Too many mails with files at once. Try again later."
        )

    async def _to_heartbeat(self, server: Guarded, envelope: Envelope, address: str) -> str:
        heartbeat_id, number = self._pinged(address)
        if (await heartbeat_by_id(self._site.database, heartbeat_id)).address_number != number:
            return NOBODY
        if any(map(self._incident, envelope.rcpt_tos)):
            return "452 4.5.3 An incident has its mail for itself. Send it there again."
        return "" if server.keep_short() else "552 5.3.4 Too long for a sign of life."

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: N802 - the library's name
        """The mail is here. Told only after it is stored, and stored also when its sender leaves meanwhile: a commit is never
        cut off."""
        leave = cast("Guarded", server).hand_over_seat()
        storing = asyncio.ensure_future(self._store(envelope))
        self._storing.add(storing)
        storing.add_done_callback(self._storing.discard)
        storing.add_done_callback(lambda _: leave())
        return await asyncio.shield(storing)

    async def close(self) -> None:
        """Waits for what is being stored."""
        if self._storing:
            await asyncio.wait(self._storing)

    async def _store(self, envelope: Envelope) -> str:
        key = self._incident(envelope.rcpt_tos[0])
        if key:
            return await self._post.take_in(key, str(envelope.mail_from), cast("bytes", envelope.content))
        try:
            async with self._site.database.unit(PINGER, "heartbeat") as u:
                for address in sorted(set(envelope.rcpt_tos)):
                    heartbeat_id, number = self._pinged(address)
                    await ping(u, heartbeat_id, came_from=f"mail from {envelope.mail_from}", number=number)
        except NotFound:
            return NOBODY
        except TocsinError:
            return LATER
        return "250 2.0.0 OK"

    async def handle_exception(self, error: Exception) -> str:
        """What nobody thought of: the sender tries again. The log says what, without words that may be the mail's."""
        log.warning("mail_failed", error=type(error).__name__)
        return LATER

    def _pinged(self, address: str) -> Any:
        return pinged_by_mail(self._site.keys, address, self._site.settings.mail_domain)

    def _incident(self, address: str) -> str:
        try:
            return incident_by_mail(self._site.keys, address, self._site.settings.mail_domain)
        except NotFound:
            return ""


class MailIn:
    """The listener beside the web server, if the operator asked for it."""

    def __init__(self, site: Site, bounds: Bounds | None = None) -> None:
        self._site = site
        self._bounds = bounds or Bounds()
        self._present: Counter[str] = Counter()
        self._seats = asyncio.Semaphore(self._bounds.seats)
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
        domain = self._site.settings.mail_domain
        server = await loop.create_server(
            lambda: Guarded(mailbox, domain, self._present, self._seats, self._bounds), where.host, where.port
        )
        self.port = server.sockets[0].getsockname()[1]
        self.started.set()
        log.info("mail_is_taken_in", at=str(where), domain=self._site.settings.mail_domain)
        try:
            async with server:
                await server.serve_forever()
        finally:
            await mailbox.close()
