"""Telephone numbers, vendors in their order, and what is said in a call."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Protocol, TypeVar, runtime_checkable
from uuid import UUID

from tocsin.paging.transport import BadAddress, Destination, Message, Sent

#: Per country prefix, longest first, the vendors to try; an empty prefix is for all others.
Order = Sequence[tuple[str, Sequence[str]]]
KEY = "4"
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_LINK = re.compile(r"\b[a-z]+://\S+", re.IGNORECASE)
#: Characters of an alert that are read out: some twenty seconds.
SPOKEN = 300
#: Characters of markup that Twilio takes within a request.
LONGEST = 4000


def e164(address: str, _secret: str = "") -> Destination:
    """A number as people type it, in the form that every vendor takes: +, country, number. Raises BadAddress."""
    digits = re.sub(r"[\s().\-/\u2010-\u2015\xa0]", "", address)
    digits = "+" + digits[2:] if digits.startswith("00") else digits
    if not _NUMBER.fullmatch(digits):
        raise BadAddress("That is no full telephone number: write it with its country, as +49 151 23456789.")
    return Destination(digits)


class Vendor(Protocol):
    """Somebody who carries telephony for us. `ready`: whether the operator has an account there.

    `receipts`: whether it tells later that a message arrived.
    """

    @property
    def name(self) -> str: ...

    @property
    def receipts(self) -> bool: ...

    @property
    def ready(self) -> bool: ...


class Texting(Vendor, Protocol):
    """Carries SMS. `replies`: whether people can answer; else a message needs a link."""

    @property
    def replies(self) -> bool: ...

    async def text(self, number: str, words: str, key: UUID) -> Sent:
        """Hands one SMS over, or raises SendFailed."""
        ...


class Calling(Vendor, Protocol):
    """Makes calls. `calls`: whether its account can; one for SMS alone may be set up."""

    @property
    def calls(self) -> bool: ...

    async def call(self, number: str, script: "Script", key: UUID) -> Sent:
        """Starts one call, or raises SendFailed."""
        ...


@runtime_checkable
class Checked(Vendor, Protocol):
    """A vendor with a question that costs nothing."""

    async def check(self) -> None:
        """Asks it. Raises SendFailed."""
        ...


V = TypeVar("V", bound=Vendor)


def in_order(number: str, vendors: Mapping[str, V], order: Order) -> list[V]:
    """Whom to try for a number, in turn. Without an order: everybody who is ready, as listed."""
    names = next(
        (names for prefix, names in order if number.startswith(prefix)), () if order else tuple(vendors)
    )
    return [vendors[name] for name in names if name in vendors and vendors[name].ready]


def by(vendor: str, sent: Sent) -> Sent:
    """What was sent, with the vendor's name before its id: ids of two vendors cannot meet."""
    return replace(sent, vendor_id=f"{vendor}:{sent.vendor_id}")


@dataclass(frozen=True, slots=True)
class Script:
    """What a call says, twice, and what key 4 does: `does` stands behind "press 4 to"; `link` is what it opens."""

    words: str
    does: str = ""
    link: str = ""


def script_of(message: Message, base: str) -> Script:
    """What to read out. A link cannot be spoken: key 4 opens it."""
    alert = message.alert
    if alert is not None:
        several = f"{_readable(message.heading)}. The worst: " if message.heading else ""
        about = f"{several}Priority {alert.priority}, alert {alert.number}. {_readable(alert.message)}."
        service = f" Service {_readable(alert.service)}." if alert.service else ""
        if message.ack_url:
            if several:
                return Script(f"This is Tocsin with {about}{service}", "acknowledge all of them")
            return Script(f"This is Tocsin with a page. {about}{service}", "acknowledge")
        return Script(f"This is Tocsin. {_readable(message.subject)}.")
    link = message.url.removeprefix(f"{base}/") if message.url.startswith(f"{base}/") else ""
    return Script(f"This is Tocsin. {_readable(message.subject)}.", "confirm" if link else "", link)


def _readable(text: str) -> str:
    text = _LINK.sub("", text)
    kept = "".join(c if c.isprintable() else " " for c in text.encode("utf-8", "replace").decode())
    return " ".join(kept.replace("[", "").replace("]", "").split())[:SPOKEN].rstrip(" .")


def markup(script: Script, action: str) -> str:
    """The call in the markup that Twilio reads (TwiML), and Telnyx too: read twice, then goodbye."""
    words = script.words
    while len(found := _markup(words, script.does, action)) > LONGEST:
        words = words[: len(words) * 3 // 4].rstrip()
    return found


def _markup(words: str, does: str, action: str) -> str:
    said = f'<Say>{_xml(words)}</Say><Pause length="1"/>'
    if not does:
        return f"<Response>{said}{said}</Response>"
    once = f'{said}<Say>Press {KEY} to {does}.</Say><Pause length="2"/>'
    return (
        f'<Response><Gather numDigits="1" timeout="8" method="POST" action="{_xml(action)}">{once}{once}</Gather>'
        "<Say>No key was pressed. Goodbye.</Say></Response>"
    )


def said(words: str, action: str = "") -> str:
    """An answer within a call; with an action the key is asked for again."""
    if not action:
        return f"<Response><Say>{_xml(words)}</Say><Hangup/></Response>"
    return (
        f'<Response><Gather numDigits="1" timeout="8" method="POST" action="{_xml(action)}"><Say>{_xml(words)}</Say>'
        "</Gather><Say>Goodbye.</Say></Response>"
    )


def _xml(text: str) -> str:
    return escape("".join(c for c in text if c.isprintable() or c == " "), quote=True)


_ANSWER = re.compile(rf"\s*(?:{KEY}|ack|acknowledge)\b[\s:]*#?(\d{{1,9}})?\s*[.!]?\s*", re.IGNORECASE)


def acknowledges(text: str) -> tuple[bool, int | None]:
    """Whether an SMS says "I have it", and the alert's number if it names one: `4`, `ack`, `4 #42`."""
    found = _ANSWER.fullmatch(text)
    return found is not None, int(found[1]) if found and found[1] else None
