"""A mail to an incident's address becomes an entry of its record, with its files: all of it, or nothing."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from io import BytesIO
from uuid import UUID

from tocsin.edge.attachments import kept_for
from tocsin.edge.mail_parse import Mail, Unreadable, read
from tocsin.edge.mail_sender import author_of, is_ours, open_to
from tocsin.edge.mail_words import when, words_of
from tocsin.edge.site import Site
from tocsin.incidents import entries, files
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Conflict, Forbidden, Invalid, NotFound, TocsinError
from tocsin.kernel.log import logger
from tocsin.people.throttles import once_more

NOBODY = "550 5.1.1 There is nobody at this address."
LATER = "451 4.3.0 Not now. Try again later."
MACHINE = "550 5.7.1 What machines send by themselves is not taken in here."
MANY = "451 4.7.1 Too many mails from people who are not known here. Try again later."
#: Mails of unproven senders that one incident takes in an hour: an address that became known floods no record.
STRANGERS, HOUR = 60, timedelta(hours=1)
EMPTY = "554 5.6.0 This mail says nothing new and holds no file."
OK = "250 2.0.0 It is in the record."
log = logger(__name__)


class Full(Conflict):
    """No more files fit; `str()` is a sentence."""


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
            if mail.automatic or is_ours(self._site, mail.sender) or is_ours(self._site, envelope_from):
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
        author = await author_of(self._site, mail, envelope_from)
        incident = await open_to(self._site, key, author)
        if author.said_by and await once_more(self._site.database, f"mail:{incident.id}", HOUR) > STRANGERS:
            return MANY
        held = await files.files_of(self._site.database, incident.id)
        text, found = await asyncio.to_thread(words_of, mail, {file.sha256 for file in held})
        if not text:
            return EMPTY
        if len(held) + len(found) > files.MOST:
            raise Full(f"{incident.key} holds {len(held)} files already; no more fit.")
        at = when(mail, incident, await self._site.database.clock())
        once = f"mail:{incident.id}:{mail.identity}"
        async with AsyncExitStack() as keeping:
            kept = [
                (
                    await keeping.enter_async_context(kept_for(self._site, incident, BytesIO(file.content))),
                    file.name,
                )
                for file in found
            ]
            async with self._site.database.unit(author.actor, "mail", once) as u:
                seq = await entries.say(u, incident.id, text, at=at, said_by=author.said_by)
                await _attach(u, incident.id, kept)
        log.info(
            "mail_became_entry", incident=incident.key, seq=seq, files=len(kept), proven=not author.said_by
        )
        return OK


def answer(code: str, sentence: str) -> str:
    """One line, in letters that every mail server takes."""
    return f"{code} {' '.join(sentence.encode('ascii', 'replace').decode().split())}"


async def _attach(u: Unit, incident_id: UUID, kept: Sequence[tuple[files.Kept, str]]) -> None:
    try:
        for one, name in kept:
            await files.attach(u, incident_id, one, name)
    except Conflict as error:
        raise Full(str(error)) from error
