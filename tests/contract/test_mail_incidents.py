"""Mail to an incident's address: an entry of its record, as whoever proved to be its sender; and what strangers send."""

import asyncio
import base64
import smtplib
from collections.abc import AsyncIterator
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from tests.contract.api import Api, token_of
from tests.contract.browsing import Browser
from tests.contract.test_files import picture
from tests.contract.test_mail_in import DOMAIN, Post, listening
from tests.contract.wire import Wire
from tests.domain.people_world import signed_in
from tests.domain.street import declared
from tests.product.harness import Mailbox
from tests.support import Company
from tocsin.edge.mail_guard import Bounds
from tocsin.incidents import bonds, commands, files, parts, privacy
from tocsin.incidents.mail_address import incident_by_mail, mail_address_of
from tocsin.incidents.model import Incident
from tocsin.kernel.blobs import whole
from tocsin.kernel.crypto import Keys
from tocsin.kernel.db import Database, connect
from tocsin.kernel.errors import NotFound
from tocsin.kernel.sql import Statement
from tocsin.people.commands import disable
from tocsin.people.permissions import permit
from tocsin.record.model import Entry
from tocsin.record.queries import entries_after

ANA, BEN, VIC, EVE = "ana@example.org", "ben@example.org", "vic@example.org", "eve@evil.example"
NARROW = Bounds(seats=1, small=5_000)


class Letters:
    """A listener, an incident, and ways to write to it."""

    def __init__(self, post: Post, company: Company) -> None:
        self.post, self.company = post, company
        self.site, self.db = post.site, post.site.database

    def address(self, incident: Incident) -> str:
        return mail_address_of(self.site.keys, DOMAIN, incident.key)

    async def send(self, content: EmailMessage | bytes, sender: str, *to: str) -> tuple[int, str]:
        """The last answer, as the standard library's client gets it: of the mail, or of its recipient."""
        raw = content if isinstance(content, bytes) else as_sent(content)

        def deliver() -> tuple[int, str]:
            try:
                with smtplib.SMTP("127.0.0.1", self.post.port, timeout=30) as client:
                    client.ehlo()
                    code, said = client.mail(sender, [f"size={len(raw)}"])
                    if code != 250:
                        return code, said.decode()
                    for each in to:
                        code, said = client.rcpt(each)
                        if code != 250:
                            return code, said.decode()
                    code, said = client.data(raw)
                    return code, said.decode()
            except smtplib.SMTPResponseException as error:
                return error.smtp_code, str(error.smtp_error)

        return await asyncio.to_thread(deliver)

    async def write(
        self, incident: Incident, text: str = "It is the cache.", *, sender: str = ANA, **more: str
    ) -> tuple[int, str]:
        return await self.send(letter(text, sender, **more), sender, self.address(incident))

    async def record(self, incident: Incident) -> list[Entry]:
        return (await entries_after(self.db, incident.id))[1:]

    async def says(self, incident: Incident) -> list[tuple[str, str]]:
        return [(e.actor, e.payload["text"]) for e in await self.record(incident) if e.kind == "message"]


def letter(text: str, sender: str = ANA, *, subject: str = "Re: INC-1", **more: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["Subject"] = sender, subject
    for name, value in more.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def as_sent(message: EmailMessage) -> bytes:
    """With the ends of lines that SMTP has."""
    return message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


@pytest.fixture
async def letters(db: Database, dsn: str, company: Company, tmp_path: Path) -> AsyncIterator[Letters]:
    async with listening(db, dsn, company, tmp_path, Bounds()) as post:
        yield Letters(post, company)


@pytest.fixture
async def incident(db: Database, company: Company) -> Incident:
    return await declared(db, company.as_ana())


@pytest.fixture
async def private(db: Database, company: Company) -> Incident:
    return await declared(db, company.as_ana(), private=True)


async def test_a_mail_is_an_entry_of_who_sent_it(letters: Letters, incident: Incident) -> None:
    code, said = await letters.write(
        incident, "It is the cache.\n\nOn 1 Nov 2026, Ben wrote:\n> Which?\n-- \nAna"
    )
    assert (code, said) == (250, "2.0.0 It is in the record.")
    (entry,) = await letters.record(incident)
    assert (entry.kind, entry.door, entry.actor, entry.actor_id) == (
        "message",
        "mail",
        "Ana Silva",
        letters.company.ana,
    )
    assert entry.payload["text"] == "It is the cache."
    assert entry.payload["said_by"] == ""


async def test_an_address_is_short_and_in_any_case(
    letters: Letters, incident: Incident, private: Incident
) -> None:
    keys = letters.site.keys
    for one in (incident, private):
        address = letters.address(one)
        local = address.partition("@")[0]
        assert len(local) <= 64
        token = local.rpartition("-")[2]
        for written in (
            address,
            address.upper(),
            address.replace(f"-{token}", f"+{token}"),
            f"incident+{address}",
        ):
            assert incident_by_mail(keys, written, DOMAIN) == one.key
    assert (await letters.send(letter("x"), ANA, letters.address(incident).upper()))[0] == 250


async def test_nobody_is_at_other_addresses(letters: Letters, incident: Incident) -> None:
    good = letters.address(incident)
    other = mail_address_of(Keys(b"another master secret"), DOMAIN, incident.key)
    unknown = mail_address_of(letters.site.keys, DOMAIN, "INC-999")
    swapped = good.replace("inc-1-", "inc-2-")
    assert swapped != good
    for wrong in (
        other,
        unknown,
        swapped,
        good.replace(DOMAIN, "elsewhere.example"),
        f"inc-1@{DOMAIN}",
        good[1:],
        f"inc-1-{'a' * 16}@{DOMAIN}",
    ):
        assert (await letters.send(letter("x"), ANA, wrong))[0] == 550, wrong
    for wrong in ("inc-1-\u00e4" + good, "", "@", good + "@x"):
        with pytest.raises(NotFound):
            incident_by_mail(letters.site.keys, wrong, DOMAIN)
    assert await letters.record(incident) == []


async def test_an_unknown_sender_is_shown_as_one(letters: Letters, incident: Incident) -> None:
    assert (await letters.write(incident, sender=EVE))[0] == 250
    (entry,) = await letters.record(incident)
    assert (entry.actor, entry.actor_id) == ("mail", None)
    assert entry.payload["said_by"] == "eve@evil.example (unknown sender)"


async def test_a_forged_sender_is_shown_as_one(letters: Letters, incident: Incident) -> None:
    address = letters.address(incident)
    assert (await letters.send(letter("Roll back!", ANA), EVE, address))[0] == 250
    assert (await letters.send(b"From: ana@example.org, eve@evil.example\r\n\r\nx\r\n", ANA, address))[
        0
    ] == 250
    assert (
        await letters.send(b"From: ana@example.org\r\nFrom: eve@evil.example\r\n\r\ny\r\n", ANA, address)
    )[0] == 250
    found = await letters.record(incident)
    assert {e.actor for e in found} == {"mail"}
    assert found[0].payload["said_by"] == "ana@example.org (sender not proven, sent by eve@evil.example)"
    assert found[1].payload["said_by"] == "ana@example.org (sender not proven)"


async def test_only_verified_addresses_of_one_person_in_use_are_theirs(
    letters: Letters, incident: Incident
) -> None:
    db, company = letters.db, letters.company
    for user, address, verified in ((company.ana, "typed@example.org", False), (company.ana, "both@example.org", True),
                                    (company.ben, "both@example.org", True), (company.ana, "Second@Example.org", True)):  # fmt: skip
        await db.run(
            Statement("test", "insert into contact_methods (id, user_id, transport, address, verified_at) values (gen_random_uuid(), $1, 'email', $2, case when $3 then clock() end)"),
            user, address, verified,
        )  # fmt: skip
    async with db.unit(company.admin(), "web") as u:
        await disable(u, company.ben)
    for sender in ("typed@example.org", BEN, "second@example.org"):
        await letters.write(incident, f"from {sender}", sender=sender)
    assert await letters.says(incident) == [
        ("mail", "from typed@example.org"), ("mail", f"from {BEN}"), ("Ana Silva", "from second@example.org"),
    ]  # fmt: skip


async def test_two_who_share_an_address_are_nobody(letters: Letters, incident: Incident) -> None:
    await letters.db.run(
        Statement("test", "insert into contact_methods (id, user_id, transport, address, verified_at) values (gen_random_uuid(), $1, 'email', $2, clock())"),
        letters.company.ben, ANA,
    )  # fmt: skip
    await letters.write(incident)
    assert await letters.says(incident) == [("mail", "It is the cache.")]


async def test_who_only_looks_speaks_in_nobodys_name(letters: Letters, incident: Incident) -> None:
    await letters.write(incident, sender=VIC)
    (entry,) = await letters.record(incident)
    assert (entry.actor, entry.payload["said_by"]) == ("mail", "vic@example.org (looks only)")


async def test_where_a_mail_server_checks_senders_its_word_counts(
    db: Database, dsn: str, company: Company, incident: Incident, tmp_path: Path
) -> None:
    async with listening(db, dsn, company, tmp_path, Bounds(), TOCSIN_MAIL_TRUST="mx.example.org") as post:
        letters = Letters(post, company)
        passed = "mx.example.org; dmarc=pass header.from=example.org"
        await letters.write(incident, "unproven")
        await letters.write(incident, "proven", Authentication_Results=passed)
        await letters.write(incident, "forged", Authentication_Results=passed.replace("mx.", "other."))
        await letters.send(
            letter("passed on", Authentication_Results=passed),
            "srs0=x=ana@relay.example",
            letters.address(incident),
        )
        assert await letters.says(incident) == [
            ("mail", "unproven"), ("Ana Silva", "proven"), ("mail", "forged"), ("Ana Silva", "passed on"),
        ]  # fmt: skip


async def test_a_private_incident_takes_only_what_those_send_who_see_it(
    letters: Letters, private: Incident, db: Database, company: Company
) -> None:
    for sender in (EVE, BEN, VIC):
        code, said = await letters.write(private, sender=sender)
        assert (code, said) == (550, "5.1.1 There is nobody at this address."), sender
    assert (await letters.send(letter("x", ANA), EVE, letters.address(private)))[0] == 550
    assert await letters.record(private) == []
    assert (await letters.write(private))[0] == 250
    async with db.unit(company.as_ana(), "web") as u:
        await privacy.add_member(u, private.id, company.ben)
    assert (await letters.write(private, "now me", sender=BEN))[0] == 250
    assert [who for who, _ in await letters.says(private)] == ["Ana Silva", "Ben Okafor"]


async def test_files_come_with_it(letters: Letters, incident: Incident) -> None:
    message = letter("See.")
    message.add_attachment(
        picture(), maintype="application", subtype="octet-stream", filename="../gr\u202eaph.png"
    )
    message.add_attachment(b"", maintype="text", subtype="plain", filename="empty.txt")
    message.add_attachment("a,b", subtype="csv", filename="x.csv")
    assert (await letters.send(message, ANA, letters.address(incident)))[0] == 250
    found = await files.files_of(letters.db, incident.id)
    assert [(f.name, f.media, f.width) for f in found] == [
        ("gr aph.png", "image/png", 900),
        ("x.csv", "text/plain", None),
    ]
    kept = await whole(await letters.site.blobs.open(str(incident.id), str(found[1].id)))
    assert kept == b"a,b\r\n"
    assert [(e.kind, e.door, e.actor) for e in await letters.record(incident)] == [
        ("message", "mail", "Ana Silva"), ("file_attached", "mail", "Ana Silva"), ("file_attached", "mail", "Ana Silva"),
    ]  # fmt: skip


async def test_a_logo_that_comes_again_is_one_file(letters: Letters, incident: Incident) -> None:
    for number in range(2):
        message = letter(f"answer {number}")
        message.add_alternative('<img src="cid:a">', subtype="html")
        message.get_payload()[1].add_related(picture(size=(9, 9)), "image", "png", cid="<a>")
        assert (await letters.send(message, ANA, letters.address(incident)))[0] == 250
    assert len(await files.files_of(letters.db, incident.id)) == 1
    assert len(await letters.says(incident)) == 2


async def test_a_mail_that_comes_again_is_one_entry(letters: Letters, incident: Incident) -> None:
    message = letter("once", Message_ID="<1@example.org>")
    message.add_attachment(b"x", maintype="text", subtype="plain", filename="x.txt")
    address = letters.address(incident)
    found = await asyncio.gather(*(letters.send(message, ANA, address) for _ in range(4)))
    found.append(
        await letters.send(b"Received: from elsewhere\r\n" + as_sent(message), ANA, address, address.upper())
    )
    assert {code for code, _ in found} == {250}
    assert [e.kind for e in await letters.record(incident)] == ["message", "file_attached"]
    assert (await letters.send(letter("another", Message_ID="<2@example.org>"), ANA, address))[0] == 250
    assert len(await letters.record(incident)) == 3


async def test_of_two_at_once_who_send_the_same_id_both_are_heard(
    letters: Letters, incident: Incident
) -> None:
    for sender in (ANA, BEN, EVE):
        await letters.write(incident, f"from {sender}", sender=sender, Message_ID="<same@x>")
    assert len(await letters.says(incident)) == 3


@pytest.mark.parametrize(
    "header",
    [("Auto_Submitted", "auto-replied"), ("Precedence", "bulk"), ("List_Id", "<team.example.org>")],
)
async def test_machines_make_no_entries(
    letters: Letters, incident: Incident, header: tuple[str, str]
) -> None:
    code, said = await letters.write(incident, **dict([header]))
    assert (code, said[:5]) == (550, "5.7.1")
    assert await letters.record(incident) == []


async def test_what_is_returned_or_ours_makes_no_entries(letters: Letters, incident: Incident) -> None:
    address = letters.address(incident)
    assert (await letters.send(letter("x"), "", address))[0] >= 500
    for sender in ("tocsin@test", address, letters.post.address):
        assert (await letters.write(incident, sender=sender))[0] == 550, sender
        assert (await letters.send(letter("x", sender), EVE, address))[0] == 550, sender
    assert await letters.record(incident) == []


async def test_a_resolved_one_takes_it_and_a_merged_one_hands_it_on(
    letters: Letters, incident: Incident, db: Database, company: Company
) -> None:
    second, third = [await declared(db, company.as_ana(), name) for name in ("second", "third")]
    async with db.unit(company.as_ana(), "web") as u:
        await bonds.merge(u, incident.id, second.id)
    async with db.unit(company.as_ana(), "web") as u:
        await bonds.merge(u, second.id, third.id)
        await commands.resolve(u, third.id, "over")
    before = len(await letters.record(third))
    for number, one in enumerate((incident, second, third)):
        assert (await letters.write(one, f"mail {number}"))[0] == 250
    assert (await letters.write(incident, "twice", Message_ID="<1@x>"))[0] == 250
    assert (await letters.write(third, "twice", Message_ID="<1@x>"))[0] == 250
    assert [text for _, text in await letters.says(third)] == ["mail 0", "mail 1", "mail 2", "twice"]
    assert len(await letters.record(third)) == before + 4
    assert await letters.says(incident) == []


async def test_one_incident_has_a_mail_for_itself(
    letters: Letters, incident: Incident, db: Database, company: Company
) -> None:
    other = await declared(db, company.as_ana(), "other")
    addresses = [letters.address(incident), letters.address(other), letters.post.address]
    for one in addresses:
        for two in addresses:
            code, _ = await letters.send(letter("x"), ANA, one, two)
            assert code == (250 if one == two else 452), (one, two)


async def test_a_new_mail_brings_its_subject(letters: Letters, incident: Incident) -> None:
    await letters.write(incident, "They deploy a fix at 14:00.", subject="Vendor says fixed")
    await letters.write(incident, "", subject="Only a subject")
    assert (await letters.write(incident, "> old", subject="Re: nothing new"))[0] == 554
    assert [text for _, text in await letters.says(incident)] == [
        "Vendor says fixed\n\nThey deploy a fix at 14:00.", "Only a subject",
    ]  # fmt: skip
    assert (await letters.write(incident, "\n", subject="Re: nothing"))[0] == 554


async def test_strangers_flood_no_record(letters: Letters, incident: Incident) -> None:
    counted = (
        "insert into throttles (key, tries, window_ends_at) values ($1, 59, clock() + interval '1 hour')"
    )
    await letters.db.run(Statement("test", counted), f"mail:{incident.id}")
    assert [(await letters.write(incident, f"{n}", sender=EVE))[0] for n in range(3)] == [250, 451, 451]
    assert (await letters.write(incident))[0] == 250
    assert len(await letters.says(incident)) == 2


async def test_a_command_in_a_mail_is_words(letters: Letters, incident: Incident) -> None:
    await letters.write(incident, "/redact 1 gone")
    assert await letters.says(incident) == [("Ana Silva", "/redact 1 gone")]


async def test_a_long_mail_is_a_line_and_a_file(letters: Letters, incident: Incident) -> None:
    text = "many words\n" * 4000
    assert (await letters.write(incident, text))[0] == 250
    ((_, said),) = await letters.says(incident)
    assert said.endswith("The whole mail is attached.")
    (file,) = await files.files_of(letters.db, incident.id)
    assert (file.name, file.size) == ("mail.txt", len(text) - 1)


async def test_controls_are_taken_out_as_elsewhere(letters: Letters, incident: Incident) -> None:
    raw = b"From: ana@example.org\r\nSubject: Re: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\na\x00b\x1b[31mc\xff\xed\xa0\x80d\r\n"
    assert (await letters.send(raw, ANA, letters.address(incident)))[0] == 250
    ((_, text),) = await letters.says(incident)
    assert text.startswith("abc\ufffd")
    assert text.isprintable()


async def test_a_mail_that_waited_is_noted_at_its_time(
    letters: Letters, incident: Incident, later: Any
) -> None:
    written = incident.declared_at + timedelta(minutes=2)
    await later(hours=2)
    await letters.write(incident, "while you were away", Date=format_datetime(written))
    await letters.write(incident, "never", Date="Mon, 1 Jan 2001 00:00:00 +0000")
    early, never = await letters.record(incident)
    assert abs(early.happened_at - written) < timedelta(seconds=2)
    assert never.happened_at == never.recorded_at


async def test_no_more_files_than_fit(letters: Letters, incident: Incident) -> None:
    held = (
        "insert into incident_files (id, incident_id, seq, name, media, size, sha256)"
        " select gen_random_uuid(), $1, 1000 + n, 'x', 'x/x', 1, repeat('0', 64) from generate_series(1, 499) n"
    )
    await letters.db.run(Statement("test", held), incident.id)
    message = letter("two files")
    for name in ("a.txt", "b.txt"):
        message.add_attachment(name, filename=name)
    code, said = await letters.send(message, ANA, letters.address(incident))
    assert (code, said[:5]) == (552, "5.2.2")
    assert await letters.record(incident) == [], "all of it, or nothing"


def heavy(size: int) -> bytes:
    body = base64.encodebytes(b"x" * size).replace(b"\n", b"\r\n")
    return (
        b"From: ana@example.org\r\nSubject: Re: dump\r\nContent-Type: multipart/mixed; boundary=edge\r\n\r\n--edge\r\n\r\nThe dump.\r\n--edge\r\n"
        b"Content-Type: application/octet-stream; name=dump\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + body
        + b"--edge--\r\n"
    )


async def test_twenty_megabytes_fit_and_forty_do_not(letters: Letters, incident: Incident) -> None:
    assert (await letters.send(heavy(20_000_000), ANA, letters.address(incident)))[0] == 250
    (file,) = await files.files_of(letters.db, incident.id)
    assert file.size == 20_000_000
    code, said = await letters.send(heavy(25_000_001), ANA, letters.address(incident))
    assert (code, "too large" in said) == (554, True), "a file has the bound of files"
    assert (await letters.send(heavy(40_000_000), ANA, letters.address(incident)))[0] == 552
    assert len(await letters.record(incident)) == 2


async def test_a_thousand_parts_are_refused_and_the_next_mail_is_taken(
    letters: Letters, incident: Incident
) -> None:
    many = (
        b"From: ana@example.org\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
        + b"--x\r\n\r\na\r\n" * 1000
        + b"--x--\r\n"
    )
    code, said = await letters.send(many, ANA, letters.address(incident))
    assert code == 554
    assert "100 parts" in said
    assert (await letters.write(incident))[0] == 250


async def test_few_large_mails_at_once(
    db: Database, dsn: str, company: Company, incident: Incident, tmp_path: Path
) -> None:
    """A seat is free again when its mail is there, called off, or its sender gone; small mails need none."""
    async with listening(db, dsn, company, tmp_path, NARROW) as post:
        letters = Letters(post, company)
        rcpt = f"RCPT TO:<{letters.address(incident)}>"

        async def code(*lines: str) -> str:
            return (await post.say("EHLO x", *lines))[-1][:3]

        reader, writer = await asyncio.open_connection("127.0.0.1", post.port)
        writer.write(f"EHLO x\r\nMAIL FROM:<a@b.c>\r\n{rcpt}\r\n".encode())
        while not (await reader.readline()).startswith(b"250 2.1.5"):
            pass
        assert await code("MAIL FROM:<a@b.c>", rcpt) == "451"
        assert await code("MAIL FROM:<a@b.c> SIZE=50000", rcpt) == "451"
        assert await code("MAIL FROM:<a@b.c> SIZE=500", rcpt) == "250"
        assert (await letters.write(incident))[0] == 250
        writer.write(b"RSET\r\n")
        assert (await reader.readline()).startswith(b"250")
        assert await code("MAIL FROM:<a@b.c>", rcpt, "RSET", "MAIL FROM:<a@b.c>", rcpt) == "250"
        assert (await letters.send(heavy(100_000), ANA, letters.address(incident)))[0] == 250
        assert (await letters.send(heavy(100_000), ANA, letters.address(incident)))[0] == 250
        writer.close()


async def test_while_the_database_is_away_the_sender_keeps_it(
    wire: Wire, dsn: str, company: Company, incident: Incident, tmp_path: Path
) -> None:
    away = await connect(wire.dsn, size=4)
    away.permit = permit
    async with listening(away, dsn, company, tmp_path, Bounds()) as post:
        letters = Letters(post, company)
        message, address = letter("kept", Message_ID="<1@x>"), letters.address(incident)
        begun = ("EHLO x", f"MAIL FROM:<{ANA}>", f"RCPT TO:<{address}>")
        answers = await post.say(*begun, "DATA", as_sent(message) + b".\r\n")
        assert answers[-1].startswith("250")
        await wire.cut()
        assert (await post.say(*begun))[-1].startswith("451")
        stranger = mail_address_of(Keys(b"another"), DOMAIN, incident.key)
        assert (await post.say(*begun[:2], f"RCPT TO:<{stranger}>"))[-1].startswith("550"), (
            "no database is asked"
        )
        await wire.mend()
        reader, writer = await asyncio.open_connection("127.0.0.1", post.port)
        writer.write("\r\n".join([*begun, "DATA", ""]).encode())
        while not (await reader.readline()).startswith(b"354"):
            pass
        await wire.cut()
        again = as_sent(letter("kept too", Message_ID="<2@x>"))
        writer.write(again + b".\r\n")
        assert (await reader.readline()).startswith(b"451")
        writer.close()
        await wire.mend()
        for raw in (again, as_sent(message)):
            assert (await letters.send(raw, ANA, address))[0] == 250
        assert [text for _, text in await letters.says(incident)] == ["kept", "kept too"]
    await away.close()


async def test_the_address_is_shown_to_those_who_may_write(
    letters: Letters, incident: Incident, private: Incident
) -> None:
    app, db, company = letters.post.app, letters.db, letters.company

    async def room(user: Any, one: Incident) -> tuple[int, str]:
        status, _, text = await Browser(app, await signed_in(db, user), "").ask(
            "GET", f"/incidents/{one.key}"
        )
        return status, text

    for one in (incident, private):
        status, text = await room(company.ana, one)
        assert status == 200
        assert letters.address(one) in text
        assert 'data-copy="#room-mail"' in text
        api = Api(app, db, await token_of(db, company.as_ana()))
        assert (await api.good("GET", f"/incidents/{one.key}"))["mail"] == letters.address(one)
    assert letters.address(incident) not in (await room(company.vic, incident))[1]
    status, text = await room(company.ben, private)
    assert status == 404
    assert letters.address(private) not in text
    ben = Api(app, db, await token_of(db, company.as_ben()))
    assert (await ben.ask("GET", f"/incidents/{private.key}")).status == 404


async def test_without_a_listener_nothing_is_shown(
    api: Api, browser: Browser, db: Database, company: Company
) -> None:
    one = await declared(db, company.as_ana())
    assert (await api.good("GET", f"/incidents/{one.key}"))["mail"] == ""
    assert "Write by mail" not in await browser.see(f"/incidents/{one.key}")


async def test_an_answer_to_a_mail_about_an_incident_lands_in_its_record(
    db: Database, dsn: str, company: Company, incident: Incident, tmp_path: Path
) -> None:
    with Mailbox() as box:
        server = f"smtp://127.0.0.1:{box.port}?starttls=0"
        async with listening(db, dsn, company, tmp_path, Bounds(), TOCSIN_SMTP_URL=server) as post:
            letters = Letters(post, company)
            async with db.unit(company.as_ana(), "web") as u:
                await parts.invite(u, incident.id, company.ben, why="You know redis.")
            await post.running.pumps.settle()
            await post.running.sender.drain()
            (mail,) = box.to(BEN)
            assert str(mail["Reply-To"]) == letters.address(incident)
            quoted = "\n".join(
                f"> {line}" for line in str(mail.get_body(("plain",)).get_content()).splitlines()
            )
            assert "Answer this mail" in quoted
            answer = letter(
                f"On my way.\n\nOn 1 Nov 2026 at 03:12, Tocsin wrote:\n{quoted}",
                BEN,
                In_Reply_To=mail["Message-ID"],
            )
            assert (await letters.send(answer, BEN, str(mail["Reply-To"])))[0] == 250
            assert (await letters.says(incident))[-1] == ("Ben Okafor", "On my way.")
            assert (await letters.send(mail, str(mail["From"]), str(mail["Reply-To"])))[0] == 550, (
                "its own mail is no answer"
            )


@pytest.mark.parametrize(
    ("path", "key"),
    [("/incidents/INC-42#people", "INC-42"), ("/incidents/INC-a1b2c3d4e5f6", "INC-a1b2c3d4e5f6"), ("/incidents/INC-42/update", "INC-42"),
     ("/incidents/new", ""), ("/alerts/42", ""), ("", ""), ("https://evil.example/incidents/INC-42", "")],
)  # fmt: skip
async def test_only_mails_about_incidents_are_answered_there(letters: Letters, path: str, key: str) -> None:
    found = letters.site.answers_to(path)
    assert found == (mail_address_of(letters.site.keys, DOMAIN, key) if key else "")


async def test_the_room_tells_whose_words_they_are(letters: Letters, incident: Incident) -> None:
    await letters.write(incident, "<script>alert(1)</script>", sender=EVE)
    await letters.write(incident, "It is the cache.")
    text = await Browser(letters.post.app, await signed_in(letters.db, letters.company.ana), "").see(
        f"/incidents/{incident.key}"
    )
    assert "from <strong><bdi>eve@evil.example (unknown sender)</bdi></strong>" in text
    assert "<script>alert(1)" not in text
    assert text.count("by mail</span>") == 2
