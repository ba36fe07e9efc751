"""A mail taken apart: who, what and which files; and what strangers send."""

import base64
import time
from email.message import EmailMessage
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest

from tocsin.edge.mail_parse import PARTS, Unreadable, read, words
from tocsin.edge.mail_proof import vouched

HEAD = b"From: Ana Silva <ana@example.org>\r\nMessage-ID: <1@x>\r\nSubject: Words\r\n"


def mail(head: bytes = b"", body: bytes = b"It is the cache.\r\n") -> bytes:
    return HEAD + head + b"\r\n" + body


def test_plain_text_comes_before_html() -> None:
    message = EmailMessage()
    message["From"], message["Subject"], message["Message-ID"] = "ana@example.org", "Über 磁盘", "<2@x>"
    message.set_content("plain ü")
    message.add_alternative("<p>html</p>", subtype="html")
    message.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="gräph.png")
    message.add_attachment("a,b", subtype="csv", filename="x.csv")
    found = read(message.as_bytes())
    assert (found.text, found.sender, found.subject) == ("plain ü", "ana@example.org", "Über 磁盘")
    assert [(f.name, f.content) for f in found.files] == [("gräph.png", b"\x89PNG"), ("x.csv", b"a,b\n")]


def test_html_alone_is_read() -> None:
    assert read(mail(b"Content-Type: text/html\r\n", b"<p>It is<br>the cache")).text == "It is\nthe cache"


def test_a_picture_between_the_words_is_a_file() -> None:
    message = EmailMessage()
    message["From"] = "ana@example.org"
    message.set_content("see")
    message.add_alternative('<p>see <img src="cid:a"></p>', subtype="html")
    message.get_payload()[1].add_related(b"GIF89a", "image", "gif", cid="<a>", disposition="inline")
    (file,) = read(message.as_bytes()).files
    assert (file.name, file.inline) == ("image.gif", True)


def test_a_mail_in_a_mail_is_a_file_and_its_words_are_not_ours() -> None:
    inner = MIMEText("the inner words")
    inner["Subject"] = "From the vendor"
    outer = MIMEMultipart()
    outer["From"] = "ana@example.org"
    outer.attach(MIMEText("see below"))
    outer.attach(MIMEMessage(inner))
    found = read(outer.as_bytes())
    assert found.text == "see below"
    assert found.files[0].name == "From the vendor.eml"
    assert b"the inner words" in found.files[0].content


def test_signatures_of_programs_are_no_files() -> None:
    message = EmailMessage()
    message["From"] = "ana@example.org"
    message.set_content("signed")
    message.add_attachment(b"x", maintype="application", subtype="pgp-signature", filename="signature.asc")
    assert read(message.as_bytes()).files == ()


def test_what_is_passed_on_is_kept_whole() -> None:
    body = b"See.\r\n\r\n---------- Forwarded message ---------\r\nFrom: Vendor <v@x>\r\nDate: y\r\n\r\n> It is fixed.\r\n"
    found = read(HEAD.replace(b"Words", b"Fwd: Your ticket") + b"References: <0@x>\r\n\r\n" + body)
    assert not found.reply
    assert found.text.endswith("> It is fixed.")


@pytest.mark.parametrize(
    ("value", "sender"),
    [
        (b"ana@example.org", "ana@example.org"), (b"Ana <ana@example.org>", "ana@example.org"), (b'"Silva, Ana" <ana@example.org>', "ana@example.org"),
        (b"=?utf-8?q?J=C3=BCrgen?= <ana@example.org>", "ana@example.org"), (b"ana@example.org (Ana)", "ana@example.org"),
        (b"ana@example.org, eve@evil.example", ""), (b"ana@example.org <eve@evil.example>", ""), (b"<ana@example.org> <eve@evil.example>", ""),
        (b"ana@example.org)<eve@evil.example>", ""), (b"x: ana@example.org;", ""), (b"=?utf-8?q?ana=40example=2Eorg?=", ""), (b"", ""), (b"Ana", ""),
        (b"ana@example.org\r\nFrom: eve@evil.example", ""), (b"ana@exam\xffple.org", ""),
    ],
)  # fmt: skip
def test_only_one_sender_is_a_sender(value: bytes, sender: str) -> None:
    found = read(b"From: " + value + b"\r\n\r\nwords\r\n").sender
    assert found == sender or "�" in found


@pytest.mark.parametrize(
    "head",
    [b"Auto-Submitted: auto-replied", b"Auto-Submitted: auto-generated; x=y", b"Precedence: bulk", b"precedence: LIST", b"List-Id: <a.b>",
     b"X-Autoreply: yes", b"Content-Type: multipart/report; boundary=x"],
)  # fmt: skip
def test_machines_are_known(head: bytes) -> None:
    assert read(mail(head + b"\r\n")).automatic


def test_people_are_not_taken_for_machines() -> None:
    assert not read(
        mail(b"Auto-Submitted: no\r\nPrecedence: first-class\r\nX-Auto-Response-Suppress: All\r\n")
    ).automatic


def test_the_same_mail_is_the_same_whatever_its_way() -> None:
    one = read(mail(b"Received: from a\r\n")).identity
    assert one == read(mail(b"Received: from b\r\n")).identity
    assert one != read(mail().replace(b"<1@x>", b"<2@x>")).identity
    bare = mail().replace(b"Message-ID: <1@x>\r\n", b"")
    assert read(bare).identity == read(b"Received: from c\r\n" + bare).identity
    assert read(bare).identity != read(bare + b"more").identity


@pytest.mark.parametrize(
    "charset", ["nonsense", "utf-8", "us-ascii", "zlib", "idna", "punycode", "unicode_escape", "\u00ff", "a" * 3000, "undefined"]
)  # fmt: skip
def test_broken_alphabets_are_read_as_far_as_they_go(charset: str) -> None:
    head = f'Content-Type: text/plain; charset="{charset}"\r\nContent-Transfer-Encoding: 8bit\r\n'.encode()
    assert read(mail(head, b"caf\xc3\xa9 \xff \\u0041\r\n")).text == "café � \\u0041"


def test_headers_inject_nothing() -> None:
    found = read(
        mail().replace(b"Words", b"=?utf-8?q?One=0D=0ABcc=3A_eve=40evil=2Eexample=0D=0A=E2=80=AEtwo?=")
    )
    assert found.subject == "One Bcc: eve@evil.example two"
    assert "\n" not in words("=?utf-8?b?" + base64.b64encode(b"a\nb\0c").decode() + "?=")


def nested(depth: int) -> bytes:
    opened = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth)
    )
    return HEAD + opened + b"\r\ndeep"


def many(parts: int) -> bytes:
    return mail(b"Content-Type: multipart/mixed; boundary=x\r\n", b"--x\r\n\r\na\r\n" * parts + b"--x--\r\n")


@pytest.mark.parametrize(
    "content",
    [nested(25), nested(1000), nested(100_000), many(PARTS), many(1_000), many(1_000_000), mail(b"Received: x\r\n" * 60), mail(body=b"\n" * 2_000_000)],
    ids=["25 deep", "1,000 deep", "100,000 deep", "101 parts", "1,000 parts", "a million parts", "60 hops", "two million lines"],
)  # fmt: skip
def test_too_much_is_refused_soon(content: bytes) -> None:
    began = time.process_time()
    with pytest.raises(Unreadable):
        read(content)
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\r\n", b"\x00\xff", b":\r\n:\r\n", b"From: ana@example.org", b"Content-Type: multipart/mixed\r\n\r\nx", b"Content-Type: multipart/mixed; boundary=\r\n\r\n--\r\n",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n", b"Content-Type: message/rfc822\r\n\r\n", b"Content-Type: text/plain; charset*=x\r\n\r\nx",
        b"Content-Type: ;;;;\r\n\r\nx", b"Content-Type: text/html; charset*0*=a'b\r\n\r\n<p", b"Content-Transfer-Encoding: base64\r\n\r\n====\xff", b"Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin",
        b"Content-Disposition: attachment; filename*=a'b'%ff%00\r\n\r\nx", b"Subject: =?x?b?====?=\r\n\r\nx", b"Subject: =?utf-8?q?" + b"=?" * 4000 + b"\r\n\r\nx",
        b"Content-Type: multipart/mixed; boundary*0=x; boundary*1=y\r\n\r\n--xy\r\n\r\nz\r\n--xy--", b"Date: " + b"9" * 5000 + b"\r\n\r\nx", b"Date: Mon, 99 Foo 99999 99:99:99 +9999\r\n\r\nx",
        b"Content-Type: application/x; name=" + b"a" * 100_000 + b"\r\n\r\nx", b"Content-Type: text/plain" + b';a="' * 1_000_000 + b"\r\n\r\nx", b"A: b\r\n" * 300_000 + b"\r\nx",
        b"Content-Type: \x1cmultipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nz", b"From: " + b"(" * 9000 + b"\r\n\r\nx", b"From: " + b'"' * 9000 + b"\r\n\r\nx", b"Authentication-Results: " + b"(" * 9000 + b"\r\n\r\nx",
        b"Content-Type: message/delivery-status\r\n\r\na: b\r\n\r\nc: d\r\n\r\n", b"Content-Type: message/external-body\r\nContent-Disposition: attachment\r\n\r\n\xff: \xff",
    ],
)  # fmt: skip
def test_nonsense_is_read_or_refused_soon(content: bytes) -> None:
    began = time.process_time()
    try:
        found = read(content)
        vouched(found.results, "mx.example.org", "ana@example.org")
    except Unreadable:
        pass
    assert time.process_time() - began < 5


GOOD = "mx.example.org; spf=pass smtp.mailfrom=x; dmarc=pass (p=none dis=none) header.from=example.org"


@pytest.mark.parametrize(
    ("results", "good"),
    [
        ([GOOD], True), ([GOOD.upper()], True), (["mx.example.org 1; dmarc=pass header.from=example.org"], True), ([], False), (["mx.example.org; none"], False),
        (["evil.example; dmarc=pass header.from=example.org"], False), ([GOOD.replace("=pass (", "=fail (")], False), (["mx.example.org; dmarc=fail header.from=example.org", GOOD], False),
        (["mx.example.org; spf=pass", GOOD], True), ([GOOD.replace("from=example.org", "from=evil.example")], False), (["mx.example.org; dmarc=pass"], False),
        (["mx.example.org; spf=fail (dmarc=pass header.from=example.org)"], False), (["mx.example.org; x=y dmarc=pass header.from=example.org"], False),
        (["mx.example.org; dmarc=passed header.from=example.org"], False), (["mx.example.org.evil; dmarc=pass header.from=example.org"], False),
    ],
)  # fmt: skip
def test_only_the_newest_word_of_our_own_server_counts(results: list[str], good: bool) -> None:
    assert vouched(results, "mx.example.org", "ana@Example.org") is good
