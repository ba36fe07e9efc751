"""A mail to an incident's address becomes an entry of its record, with its files.

The address is a secret; who sent a mail is only a claim. Words count as a person's when both sender addresses are one that this
person has proven to be theirs, or, where the operator's mail server checks senders, when that vouches for it. Everybody else's are
kept as what a mail said, with the address beside them; in a private incident they are refused like a wrong address.
"""

import asyncio
import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from io import BytesIO

from tocsin.alerts.heartbeat_mail import pinged_by_mail
from tocsin.edge.attachments import keep
from tocsin.edge.mail_parse import Attached, Mail, Unreadable, read
from tocsin.edge.mail_proof import vouched
from tocsin.edge.site import Site
from tocsin.incidents import entries, files
from tocsin.incidents.mail_address import destination, incident_by_mail
from tocsin.incidents.model import Incident
from tocsin.incidents.queries import incident_by_id
from tocsin.incidents.said_model import MESSAGE, may_have_happened, plain
from tocsin.kernel.db import Actor, Unit
from tocsin.kernel.errors import Conflict, Forbidden, Invalid, NotFound, TocsinError
from tocsin.kernel.log import logger
from tocsin.people.model import Role
from tocsin.people.queries import user_by_proven_mail

NOBODY = "550 5.1.1 There is nobody at this address."
LATER = "451 4.3.0 Not now. Try again later."
MACHINE = "550 5.7.1 What machines send by themselves is not taken in here."
EMPTY = "554 5.6.0 This mail says nothing new and holds no file."
OK = "250 2.0.0 It is in the record."
#: Whose entry it is when nobody proved to be the sender. Acts as a member, for its two commands only.
UNPROVEN = Actor(None, "mail", "integration", "member", frozenset({"respond"}))
#: A mail that took longer is noted at the time it was written.
LATE = timedelta(minutes=5)
MORE = "\n\n… The whole mail is attached."
log = logger(__name__)


class Full(Exception):
    """No more files fit; `str()` is a sentence."""


@dataclass(frozen=True, slots=True)
class Author:
    """Whose entry it becomes; `said_by`: what is known of a sender who is not proven."""

    actor: Actor
    said_by: str = ""


class Post:
    """Takes mails in. Large ones are taken apart one after the other: each needs several times its size."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._desk = asyncio.Lock()

    async def take_in(self, key: str, envelope_from: str, content: bytes) -> str:
        """The answer for its sender: what begins with 2 is stored, what begins with 4 may come again."""
        try:
            async with self._desk:
                mail = await asyncio.to_thread(read, content)
            if mail.automatic or self._ours(mail.sender) or self._ours(envelope_from):
                return MACHINE
            return await self._enter(key, envelope_from, mail)
        except Unreadable as error:
            return answer("554 5.6.0", str(error))
        except NotFound:
            return NOBODY
        except Full as error:
            return answer("552 5.2.2", str(error))
        except (Invalid, Forbidden) as error:
            return answer("554 5.7.0", str(error))
        except (TocsinError, OSError) as error:
            log.warning("mail_waits", error=type(error).__name__)
            return LATER

    async def _enter(self, key: str, envelope_from: str, mail: Mail) -> str:
        author = await self._author(mail, envelope_from)
        incident = await self._open_to(key, author)
        text, found = await asyncio.to_thread(words_of, mail, await self._known(incident))
        if not text:
            return EMPTY
        kept = [(await keep(self._site, incident, BytesIO(file.content)), file.name) for file in found]
        at = _when(mail, incident, await self._site.database.clock())
        once = f"mail:{incident.id}:{mail.identity}"
        async with self._site.database.unit(author.actor, "mail", once) as u:
            seq = await entries.say(u, incident.id, text, at=at, said_by=author.said_by)
            await _attach(u, incident, kept)
        log.info(
            "mail_became_entry", incident=incident.key, seq=seq, files=len(kept), proven=not author.said_by
        )
        return OK

    async def _open_to(self, key: str, author: Author) -> Incident:
        """Raises NotFound: to those who may not see it, it does not exist."""
        db = self._site.database
        found = await incident_by_id(db, await destination(db, key), author.actor.id)
        if found is None:
            raise NotFound("There is nobody at this address.")
        return found

    async def _author(self, mail: Mail, envelope_from: str) -> Author:
        trusted, shown = self._site.settings.mail_trust, mail.sender or envelope_from
        same_twice = mail.sender.lower() == envelope_from.lower()
        proven = vouched(mail.results, trusted, mail.sender) if trusted else same_twice
        user = await user_by_proven_mail(self._site.database, shown)
        if user is not None and proven and user.role != Role.VIEWER:
            return Author(Actor(user.id, user.name, "user", user.role))
        how = "unknown sender" if user is None else "looks only" if proven else "sender not proven"
        by = f", sent by {envelope_from}" if mail.sender and not same_twice and not proven else ""
        return Author(UNPROVEN, plain(f"{shown[:60]} ({how}{by})")[:100])

    async def _known(self, incident: Incident) -> frozenset[str]:
        """The digests of what the incident holds: a logo comes again with each answer."""
        return frozenset(f.sha256 for f in await files.files_of(self._site.database, incident.id))

    def _ours(self, address: str) -> bool:
        """Whether we sent it: a mail of ours that came back would come back for ever."""
        site = self._site
        if address.lower() == parseaddr(site.settings.mail_from)[1].lower():
            return True
        for meant in (incident_by_mail, pinged_by_mail):
            try:
                meant(site.keys, address, site.settings.mail_domain)
            except NotFound:
                continue
            return True
        return False


def words_of(mail: Mail, known: Collection[str]) -> tuple[str, list[Attached]]:
    """The line for the record, empty when the mail holds nothing; and its files, without pictures that are known already."""
    found = [f for f in mail.files if not (f.inline and hashlib.sha256(f.content).hexdigest() in known)]
    text = plain(mail.text.encode("utf-8", "replace").decode()).strip()
    subject = "" if mail.reply else plain(mail.subject.encode("utf-8", "replace").decode()).strip()
    if not text.startswith(subject):
        text = f"{subject}\n\n{text}".strip()
    if not text and found:
        text = "sent a file" if len(found) == 1 else f"sent {len(found)} files"
    if len(text) > MESSAGE:
        found.append(Attached("mail.txt", text.encode()))
        text = f"{text[: MESSAGE - len(MORE)]}{MORE}"
    return text, found


def answer(code: str, sentence: str) -> str:
    """One line, in letters that every mail server takes."""
    return f"{code} {' '.join(sentence.encode('ascii', 'replace').decode().split())}"


def _when(mail: Mail, incident: Incident, now: datetime) -> datetime | None:
    """When it was written, if that was long ago: a mail server kept it while we were away."""
    at = mail.written_at
    late = at is not None and now - at > LATE and may_have_happened(at, incident.declared_at, now)
    return at if late else None


async def _attach(u: Unit, incident: Incident, kept: Sequence[tuple[files.Kept, str]]) -> None:
    try:
        for one, name in kept:
            await files.attach(u, incident.id, one, name)
    except Conflict as error:
        raise Full(str(error)) from error
