"""Mail that comes in for heartbeats: a real client, strangers, and those who take too much."""

import asyncio
import re
import smtplib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiosmtplib
import orjson
import pytest

from tests.contract.browsing import Browser
from tests.domain.people_world import signed_in
from tests.support import Company
from tocsin.alerts.heartbeat_mail import mail_address_of, pinged_by_mail
from tocsin.alerts.heartbeat_model import HeartbeatDraft
from tocsin.alerts.heartbeats import archive_heartbeat, create_heartbeat, heartbeat_by_id, renew_address
from tocsin.app import Running, compose
from tocsin.edge.mail_guard import Bounds
from tocsin.edge.mail_in import MailIn
from tocsin.kernel.crypto import Keys
from tocsin.kernel.db import Database
from tocsin.kernel.errors import NotFound
from tocsin.settings import Listen, load

DOMAIN = "ping.example.org"
SMALL = Bounds(
    patience_s=0.3, life_s=0.8, largest=2000, most=20_000, at_once=4, from_one=3, with_files=100_000, small=2000, seats=1
)  # fmt: skip


class Post:
    """A listener with one heartbeat, and ways to write to it."""

    def __init__(self, running: Running, port: int, address: str) -> None:
        self.running, self.app, self.site = running, running.app, running.site
        self.port, self.address = port, address

    async def mail(self, *to: str, text: str = "done", sender: str = "cron@host.example") -> Any:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = sender, to[0], "Backup"
        message.set_content(text)
        return await aiosmtplib.send(
            message,
            sender=sender,
            recipients=list(to),
            hostname="127.0.0.1",
            port=self.port,
            start_tls=False,
            timeout=5,
        )

    async def say(self, *lines: str | bytes) -> list[str]:
        """Lines as they are; the first line of each answer, until it hangs up."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        answers = [(await reader.readline()).decode()]
        for line in lines:
            with suppress(ConnectionError):
                writer.write(line if isinstance(line, bytes) else line.encode() + b"\r\n")
                await writer.drain()
            answer = await asyncio.wait_for(self._answer(reader), 5)
            answers.append(answer)
            if not answer:
                break
        writer.close()
        return [answer.rstrip() for answer in answers]

    async def _answer(self, reader: asyncio.StreamReader) -> str:
        try:
            while (line := (await reader.readline()).decode())[3:4] == "-":
                pass
        except ConnectionError:
            return ""
        return line


@asynccontextmanager
async def listening(
    db: Database, dsn: str, company: Company, folder: Path, bounds: Bounds, **more: str
) -> AsyncIterator[Post]:
    env = {"TOCSIN_DATA": str(folder), "TOCSIN_URL": "http://test", "TOCSIN_MAIL_DOMAIN": DOMAIN, **more}
    running = compose(replace(load(env), mail_in=Listen("127.0.0.1", 0)), db, dsn)
    async with db.unit(company.admin(), "web") as u:
        made = await create_heartbeat(u, HeartbeatDraft("Nightly backup", 3600))
    address = mail_address_of(running.site.keys, DOMAIN, await heartbeat_by_id(db, made))
    listener = MailIn(running.site, bounds)
    task = asyncio.ensure_future(listener.run())
    await asyncio.wait_for(listener.started.wait(), 5)
    yield Post(running, listener.port, address)
    task.cancel()
    await asyncio.wait([task])
    await running.close()


@pytest.fixture
async def post(db: Database, dsn: str, company: Company, tmp_path: Path) -> AsyncIterator[Post]:
    async with listening(db, dsn, company, tmp_path, Bounds()) as found:
        yield found


@pytest.fixture
async def strict(db: Database, dsn: str, company: Company, tmp_path: Path) -> AsyncIterator[Post]:
    async with listening(db, dsn, company, tmp_path, SMALL) as found:
        yield found


async def heard(post: Post) -> str:
    heartbeat_id, _ = pinged_by_mail(post.site.keys, post.address, DOMAIN)
    found = await heartbeat_by_id(post.site.database, heartbeat_id)
    return found.last_ping_from if found.last_ping_at else ""


@contextmanager
def refused(code: int) -> Iterator[None]:
    with pytest.raises((aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPResponseException)) as error:
        yield
    found = error.value
    first = found.recipients[0] if isinstance(found, aiosmtplib.SMTPRecipientsRefused) else found
    assert first.code == code


async def test_a_mail_is_a_ping(post: Post) -> None:
    assert len(post.address.partition("@")[0]) <= 64
    await post.mail(post.address)
    assert await heard(post) == "mail from cron@host.example"


async def test_case_and_the_plus_do_not_matter(post: Post) -> None:
    for address in (post.address.upper(), post.address.replace("heartbeat-", "Heartbeat+")):
        assert pinged_by_mail(post.site.keys, address, DOMAIN) == pinged_by_mail(
            post.site.keys, post.address, DOMAIN
        )
    await post.mail(post.address.upper())
    assert await heard(post)


async def test_the_client_of_the_standard_library_too(post: Post) -> None:
    def send() -> None:
        with smtplib.SMTP("127.0.0.1", post.port, timeout=5) as client:
            client.sendmail("cron@host.example", [post.address], "Subject: done\r\n\r\n.\r\n..\r\n")

    await asyncio.to_thread(send)
    assert await heard(post)


async def test_nothing_is_relayed(post: Post) -> None:
    for stranger in (
        "ana@example.org", f"ana@{DOMAIN}", "postmaster", post.address.replace(DOMAIN, "elsewhere.example"),
        post.address[:20] + ("b" if post.address[20] == "a" else "a") + post.address[21:], f"heartbeat-@{DOMAIN}", f"heartbeat-{'a' * 48}@{DOMAIN}",
    ):  # fmt: skip
        with refused(550):
            await post.mail(stranger)
    answers = await post.say(
        "EHLO x",
        "MAIL FROM:<a@b.c>",
        f"RCPT TO:<ana%example.org@{DOMAIN}>",
        "AUTH PLAIN AGEAYg==",
        "VRFY ana",
        "STARTTLS",
    )
    assert [answer[:1] for answer in answers[3:]] == ["5", "5", "5", "4"]
    assert await heard(post) == ""


async def test_a_signature_of_another_installation_is_no_ping(post: Post) -> None:
    heartbeat = await heartbeat_by_id(
        post.site.database, pinged_by_mail(post.site.keys, post.address, DOMAIN)[0]
    )
    other = mail_address_of(Keys(b"another master secret"), DOMAIN, heartbeat)
    with pytest.raises(NotFound):
        pinged_by_mail(post.site.keys, other, DOMAIN)
    with refused(550):
        await post.mail(other)


async def test_an_address_ends_with_the_next_one_and_with_its_heartbeat(
    post: Post, db: Database, company: Company
) -> None:
    heartbeat_id, _ = pinged_by_mail(post.site.keys, post.address, DOMAIN)
    async with db.unit(company.admin(), "web") as u:
        await renew_address(u, heartbeat_id)
    with refused(550):
        await post.mail(post.address)
    renewed = mail_address_of(post.site.keys, DOMAIN, await heartbeat_by_id(db, heartbeat_id))
    await post.mail(renewed)
    async with db.unit(company.admin(), "web") as u:
        await archive_heartbeat(u, heartbeat_id)
    with refused(550):
        await post.mail(renewed)


async def test_a_returned_mail_is_no_ping(post: Post) -> None:
    answers = await post.say("EHLO x", "MAIL FROM:<>", f"RCPT TO:<{post.address}>")
    assert answers[-1].startswith("5")


@pytest.mark.parametrize(
    "line",
    [b"\x00\xff\xfe\r\n", b"A" * 600 + b"\r\n", b"MAIL FROM:<\x80>\r\n", b"DATA\r\n", b'RCPT TO:<"a b"@c>\r\n', b"\r\n", b"QUIT QUIT\r\n"],
)  # fmt: skip
async def test_nonsense_is_answered_and_the_next_one_is_served(post: Post, line: bytes) -> None:
    assert (await post.say("EHLO x", line))[-1][:1] == "5"
    await post.mail(post.address)
    assert await heard(post)


async def test_a_mail_that_is_too_large_is_refused(strict: Post) -> None:
    with refused(552):
        await strict.mail(strict.address, text="A line.\n" * 500)
    sized = await strict.say("EHLO x", "MAIL FROM:<a@b.c> SIZE=9999999")
    assert sized[-1].startswith("552")
    assert await heard(strict) == ""


async def test_a_sign_of_life_stays_short_where_incidents_take_files(strict: Post) -> None:
    sized = await strict.say("EHLO x", "MAIL FROM:<a@b.c> SIZE=50000", f"RCPT TO:<{strict.address}>")
    assert sized[-1].startswith("552")


async def test_who_sends_without_end_is_cut_off(strict: Post) -> None:
    """One line that never ends: the library would keep all of it."""
    begun = ("EHLO x", "MAIL FROM:<a@b.c>", f"RCPT TO:<{strict.address}>", "DATA")
    answers = await strict.say(*begun, b"A" * 200_000)
    assert answers[-2].startswith("354")
    assert answers[-1] == ""
    await strict.mail(strict.address)
    assert await heard(strict)


async def test_who_is_slow_is_hung_up_on(strict: Post) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", strict.port)
    assert (await reader.readline()).startswith(b"220")
    writer.write(b"EHL")
    assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()


async def test_who_keeps_talking_has_an_end(strict: Post) -> None:
    """Each command in time, and the connection is over all the same."""
    reader, writer = await asyncio.open_connection("127.0.0.1", strict.port)
    told = 0
    with suppress(ConnectionError):
        while await asyncio.wait_for(reader.readline(), 5):
            told += 1
            writer.write(b"NOOP\r\n")
    writer.close()
    assert 2 < told < 30


async def test_too_many_at_once_are_turned_away_and_others_served_later(strict: Post) -> None:
    held = [await asyncio.open_connection("127.0.0.1", strict.port) for _ in range(SMALL.from_one)]
    for reader, _ in held:
        assert (await reader.readline()).startswith(b"220")
    reader, writer = await asyncio.open_connection("127.0.0.1", strict.port)
    assert (await reader.readline()).startswith(b"421")
    writer.close()
    for reader, writer in held:
        writer.close()
        assert await asyncio.wait_for(reader.read(), 5) == b""
    await strict.mail(strict.address)
    assert await heard(strict)


async def test_what_a_mail_service_posts_is_a_ping(browser: Browser, db: Database, company: Company) -> None:
    """Postmark's shape, though any body will do: none is read. Without a listener no mail address is shown."""
    async with db.unit(company.admin(), "web") as u:
        made = await create_heartbeat(u, HeartbeatDraft("Certificates", 3600))
    shown = await browser.see("/settings/heartbeats")
    assert "By mail" not in shown
    path = re.findall(r"http://test(/in/heartbeat/[^<\s]+)", shown)[0]
    body = orjson.dumps(
        {"FromFull": {"Email": "cron@host.example"}, "TextBody": "done " * 10_000, "Attachments": []}
    )
    status, _, answer = await browser.ask("POST", path, body, "application/json")
    assert (status, answer) == (200, "OK\n")
    assert (await heartbeat_by_id(db, made)).last_ping_at is not None


async def test_the_mail_address_is_shown_where_mail_is_taken_in(
    post: Post, db: Database, company: Company
) -> None:
    cookie = await signed_in(db, company.ana)
    page = await Browser(post.app, cookie, "").see("/settings/heartbeats")
    assert post.address in page
