"""A mail as it came, taken apart: who sent it, what they say, what is attached. Pure; bytes of any stranger.

The standard library takes apart; what it leaves open is bounded here: parts, depth, lines and the length of headers.
"""

import codecs
import hashlib
import mimetypes
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from typing import Any

from tocsin.edge.mail_text import MOST, from_html, is_forward, is_reply, said, tidy, unflowed
from tocsin.people.model import is_email

#: Parts of one mail; parts that hold others; lines; how often it may have been passed on.
PARTS, DEEP, LINES, HOPS = 100, 20, 600_000, 50
#: Letters of a header, and of one that says what a part is; how many headers are kept.
HEADER, ABOUT, HEADERS = 10_000, 2_000, 300
_HOLDS_OTHERS = re.compile(
    rb"^content-type[ \t]*:[\s\x1c-\x1f]*(?:multipart|message)/", re.IGNORECASE | re.MULTILINE
)
_BULK = frozenset({"bulk", "list", "junk", "auto_reply"})
_BY_MACHINE = ("list-id", "x-autoreply", "x-autorespond", "x-mail-autoreply")
_SIGNATURES = frozenset(
    {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
)
#: Encodings that are no alphabets, and slow on what is not theirs.
_NO_ALPHABETS = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "utf-7"})
_WRONG = (ValueError, LookupError, TypeError, AttributeError, RecursionError, AssertionError, MessageError)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_COMMENT = re.compile(r"\([^()<>]*\)")
_ADDRESS = re.compile(r"[^<>,;:()\"@]*<([^<>\s]+)>|([^<>,;:()\"\s]+)")


class Unreadable(Exception):
    """It cannot be taken apart; `str()` is a sentence for its sender."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A file of a mail. `inline`: it stood between the words, like a picture, or like a logo that comes again with each answer."""

    name: str
    content: bytes
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Mail:
    """What a mail says. `sender` is the one address of its From, or empty; nothing of this proves anything."""

    #: The same for each delivery of the same mail.
    identity: str
    sender: str
    subject: str
    text: str
    files: tuple[Attached, ...]
    reply: bool
    automatic: bool
    written_at: datetime | None
    #: What mail servers on the way say that they checked, newest first.
    results: tuple[str, ...]


class _Part(Message):
    """A part whose headers have an end: the library's parsing of parameters takes the square of their length."""

    def set_raw(self, name: str, value: Any) -> None:
        most = ABOUT if name.lower().startswith("content-") else HEADER
        if len(self) < HEADERS:
            super().set_raw(name, value[:most] if isinstance(value, str) else value)


def read(content: bytes) -> Mail:
    """Takes a mail apart. Raises `Unreadable`."""
    if content.count(b"\n") > LINES or len(_HOLDS_OTHERS.findall(content)) > DEEP:
        raise Unreadable("This mail is nested too deeply, or has too many lines.")
    try:
        whole = BytesParser(_maker(), policy=policy.compat32).parsebytes(content)
        return _mail(whole)
    except _WRONG as error:
        raise Unreadable("This mail cannot be read.") from error


def _maker() -> Any:
    made = 0

    def make(policy: Any = policy.compat32) -> _Part:
        nonlocal made
        made += 1
        # The library makes one more, to see how it is done.
        if made > PARTS + 1:
            raise Unreadable(f"This mail has more than {PARTS} parts. Send fewer files at once.")
        return _Part(policy=policy)

    return make


def _mail(whole: Message) -> Mail:
    headers = _headers(whole)
    if len(headers.get("received", ())) > HOPS:
        raise Unreadable("This mail was passed on too often.")
    subject = words(_one(headers, "subject"))[:300]
    forwarded = is_forward(subject)
    reply = not forwarded and (is_reply(subject) or bool(headers.keys() & {"in-reply-to", "references"}))
    text, files = _text(whole), list(_files(whole))
    text = tidy(text) if forwarded or len(text) > MOST else said(text, reply=reply)
    return Mail(
        identity=_identity(headers, text),
        sender=_sender(headers.get("from", [])),
        subject=subject,
        text=text,
        files=tuple(files),
        reply=reply,
        automatic=_automatic(headers, whole),
        written_at=_moment(_one(headers, "date")),
        results=tuple(headers.get("authentication-results", ())),
    )


def _headers(part: Message) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in part.raw_items():
        plain = str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        found.setdefault(name.lower(), []).append(" ".join(plain.split()))
    return found


def _one(headers: dict[str, list[str]], name: str) -> str:
    return headers.get(name, [""])[0]


def words(value: str) -> str:
    """A header's words as they were meant, without what cannot be seen; as it stands where it is broken."""
    try:
        pieces = [
            piece.decode(_alphabet(charset), "replace") if isinstance(piece, bytes) else piece
            for piece, charset in decode_header(value)
        ]
    except _WRONG:
        pieces = [value]
    return " ".join("".join(c if c.isprintable() else " " for c in "".join(pieces)).split())


def _sender(values: list[str]) -> str:
    """The address of the only sender. Whatever could be read in two ways is no address."""
    if len(values) != 1:
        return ""
    bare = _COMMENT.sub(" ", _QUOTED.sub(" ", values[0])).strip()
    found = _ADDRESS.fullmatch(bare)
    address = (found[1] or found[2] or "") if found else ""
    return address if is_email(address) and address.isprintable() else ""


def _automatic(headers: dict[str, list[str]], whole: Message) -> bool:
    """Whether a machine sent it: an answer while somebody is away, a returned mail, a mailing list."""
    submitted = _one(headers, "auto-submitted").partition(";")[0].strip().lower()
    return (
        submitted not in ("", "no")
        or _one(headers, "precedence").lower() in _BULK
        or any(name in headers for name in _BY_MACHINE)
        or whole.get_content_type() == "multipart/report"
    )


def _moment(value: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(value)
    except (*_WRONG, OverflowError):
        return None
    return found if found.tzinfo is not None else None


def _identity(headers: dict[str, list[str]], text: str) -> str:
    """Its Message-ID; of a mail without one, what else does not change on its way."""
    given = _one(headers, "message-id")
    parts = [given] if given else ["", _one(headers, "date"), _one(headers, "subject"), text]
    return hashlib.sha256("\0".join([*parts, _one(headers, "from")]).encode("utf-8", "replace")).hexdigest()


def _text(part: Message) -> str:
    """What is to be read: plain text where there is some, else HTML; all of it that stands one after the other."""
    kind = part.get_content_type()
    if _is_file(part) or kind.startswith("message/"):
        return ""
    if not part.is_multipart():
        return (
            _plain(part) if kind == "text/plain" else from_html(_decoded(part)) if kind == "text/html" else ""
        )
    children = [child for child in part.get_payload() if isinstance(child, Message)]
    if kind != "multipart/alternative":
        return "\n".join(filter(None, map(_text, children)))
    plain = [child for child in children if _holds_plain(child)]
    return next(filter(str.strip, map(_text, [*plain, *reversed(children)])), "")


def _holds_plain(part: Message) -> bool:
    return any(p.get_content_type() == "text/plain" and not _is_file(p) for p in part.walk())


def _plain(part: Message) -> str:
    text = _decoded(part)
    if str(part.get_param("format", "")).lower() == "flowed":
        return unflowed(text, without_space=str(part.get_param("delsp", "")).lower() == "yes")
    return text


def _decoded(part: Message) -> str:
    return _bytes(part).decode(_alphabet(part.get_content_charset()), "replace")


def _bytes(part: Message) -> bytes:
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def _alphabet(name: object) -> str:
    try:
        known = codecs.lookup(str(name or "utf-8")).name
        b"a".decode(known, "ignore")
    except (LookupError, ValueError):
        return "utf-8"
    return "utf-8" if known.replace("_", "-") in _NO_ALPHABETS | {"ascii"} else known


def _is_file(part: Message) -> bool:
    """What has a name or says that it is attached, and whatever is not text."""
    if part.get_content_type() in _SIGNATURES or part.get_content_maintype() in ("multipart", "message"):
        return part.get_content_disposition() == "attachment" and part.get_content_maintype() == "message"
    named = part.get_content_disposition() == "attachment" or bool(part.get_filename())
    return named or part.get_content_maintype() != "text"


def _files(part: Message) -> Iterator[Attached]:
    kind = part.get_content_type()
    if kind.startswith("message/"):
        inner = part.get_payload()
        if isinstance(inner, list) and inner and isinstance(inner[0], Message):
            yield Attached(
                _name(part, words(str(inner[0].get("subject") or "")) or "mail", ".eml"), inner[0].as_bytes()
            )
    elif part.is_multipart():
        for child in part.get_payload():
            if isinstance(child, Message):
                yield from _files(child)
    elif _is_file(part):
        content = _bytes(part)
        if content:
            inline = part.get_content_disposition() != "attachment" and part.get("content-id") is not None
            ending = mimetypes.guess_extension(kind) or ""
            yield Attached(_name(part, part.get_content_maintype(), ending), content, inline)
    elif kind == "text/html" and len(_bytes(part)) > MOST:
        yield Attached("mail.html", _bytes(part))


def _name(part: Message, otherwise: str, ending: str) -> str:
    given = words(part.get_filename() or "")
    return given or f"{otherwise[:100]}{ending}"
