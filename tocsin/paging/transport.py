"""What paging needs from others: transports that carry a message, and a renderer that writes it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable
from urllib.parse import urlsplit
from uuid import UUID

from tocsin.paging.model import Purpose

#: What a contact method's secret is sealed for; `about` is the contact method's id as text.
SECRET_PURPOSE = "contact_method"  # noqa: S105 - the name of a purpose, not a secret


@dataclass(frozen=True, slots=True)
class Destination:
    """Where to: the contact method's address, and its secret in plain text if it has one."""

    address: str
    secret: str | None = field(default=None, repr=False)


class BadAddress(ValueError):
    """What was typed cannot work; `field` is address or secret, `str()` says what is wrong, without repeating it."""

    def __init__(self, sentence: str, field: str = "address") -> None:
        super().__init__(sentence)
        self.field = field


def as_typed(address: str, secret: str) -> Destination:
    """What is stored of the two inputs, unchanged."""
    return Destination(address, secret or None)


def host_of(address: str) -> str:
    """The host of a web address, with its port if it names one; else empty."""
    parts = urlsplit(address)
    return parts.netloc.rpartition("@")[2] if parts.scheme in ("https", "http") else ""


@dataclass(frozen=True, slots=True)
class Field:
    """One input of a contact method's form. `made`: not typed, but made by us and shown once."""

    name: str
    label: str
    hint: str = ""
    secret: bool = False
    required: bool = True
    made: bool = False


@dataclass(frozen=True, slots=True)
class TransportInfo:
    """What the settings form and the sender know about a transport. `at_once`: how many messages in parallel."""

    name: str
    title: str
    fields: tuple[Field, ...]
    #: Whether the other side tells later that a message arrived.
    receipts: bool = False
    at_once: int = 100
    #: From what a person typed, address and secret, to what is stored. Raises BadAddress.
    accept: Callable[[str, str], Destination] = as_typed
    #: Its page below docs/integrations.
    doc: str = ""
    #: Nobody types it: the device gives its own address, from a button of its own on the profile.
    by_device: bool = False
    #: Whoever reads it is a person: several pages of one cause go as one message. A machine gets each.
    bundles: bool = False
    #: Who carries messages to an address: a host, or empty for the operator's one account.
    carrier: Callable[[str], str] = host_of

    @property
    def secret(self) -> Field | None:
        """The input for a secret, if there is one."""
        return next((each for each in self.fields if each.secret), None)


def web_target(address: str, secret: str = "") -> Destination:
    """For transports whose address is a web address. Raises BadAddress."""
    try:
        parts = urlsplit(address)
        good = parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or any(c.isspace() for c in address):
        raise BadAddress("That is not a web address: it starts with https:// and names a host.")
    return Destination(address, secret or None)


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """What a message may say about the alert; times are aware."""

    id: UUID
    number: int
    message: str
    description: str
    priority: int
    source: str
    entity: str
    tags: tuple[str, ...]
    details: Mapping[str, Any]
    link: str
    count: int
    started_at: datetime
    service: str
    runbook_url: str

    @property
    def key(self) -> str:
        """How people name it: `P1 #42`."""
        return f"P{self.priority} #{self.number}"


@dataclass(frozen=True, slots=True)
class OtherAlert:
    """One more alert of a message that stands for several."""

    number: int
    message: str
    priority: int

    @property
    def line(self) -> str:
        """`[P1 #42] Checkout is failing`."""
        return f"[P{self.priority} #{self.number}] {' '.join(self.message.split())}"


@dataclass(frozen=True, slots=True)
class PageFacts:
    """Everything a renderer needs. `key` is the delivery's id; `text` is for notices, all-clears and links."""

    purpose: Purpose
    key: UUID
    person: str
    time_zone: str
    reason: str = ""
    subject: str = ""
    text: str = ""
    alert: AlertFacts | None = None
    #: Opens the alert, where it can be acknowledged by one more tap; for links and notices the page they are about.
    ack_url: str = ""
    alert_url: str = ""
    #: A person's zone applies to it; None without an alert.
    since: datetime | None = None
    maybe_repeated: bool = False
    #: Besides `alert`, which is the worst of them; `carries` counts also those that are not named here.
    others: tuple[OtherAlert, ...] = ()
    carries: int = 0
    #: A message of the same cause went just before this one.
    follows: bool = False
    #: A notice that waits for an answer: its link acts in the person's name.
    asks: bool = False
    #: The path of our page that a notice is about.
    about: str = ""

    @property
    def heading(self) -> str:
        """`12 more alerts of Checkout` where the message stands for several; else empty."""
        if not self.carries or self.alert is None:
            return ""
        more = "more " if self.follows else ""
        return f"{self.carries + 1} {more}alerts of {self.alert.service}"


@dataclass(frozen=True, slots=True)
class Message:
    """A rendered message. `key` makes a repeat recognisable; messages of one `thread` belong together."""

    purpose: Purpose
    key: UUID
    subject: str
    text: str
    html: str
    #: At most 160 characters.
    short: str
    thread: str = ""
    ack_url: str = field(default="", repr=False)
    alert: AlertFacts | None = None
    alert_url: str = ""
    #: The page that a message without an alert is about: a confirmation, a notice.
    url: str = field(default="", repr=False)
    #: It may have gone out before: a process died, or the other side did not answer.
    maybe_repeated: bool = False
    #: `12 more alerts of Checkout`: `alert` is the worst of them, and acknowledging means all.
    heading: str = ""
    #: Where an answer by mail goes, if somebody reads it there.
    reply_to: str = field(default="", repr=False)

    @property
    def ack_post_url(self) -> str:
        """Acknowledges when it is posted to, without a page and a form: for buttons in notifications."""
        return f"{self.ack_url}/now" if self.ack_url else ""

    @property
    def urgent(self) -> bool:
        """Whether somebody is needed now: P1 to P3, as a page."""
        return self.purpose is Purpose.PAGE and (self.alert is None or self.alert.priority <= 3)


@dataclass(frozen=True, slots=True)
class Sent:
    """The other side took it. `delivered`: it also says that it arrived. `note`: a sentence for the ledger."""

    vendor_id: str = ""
    delivered: bool = False
    note: str = ""


class SendFailed(Exception):
    """Not sent. `str()` is a sentence without secrets, shown in the ledger.

    `retry`: trying again can help, in `after` seconds at the earliest if named. `gone`: the address will never work
    again. `maybe_sent`: the other side may have taken it all the same. `fault`: whoever carries it failed, whatever the
    message: network, 5xx, our account refused; enough of these and the vendor is rested.
    """

    def __init__(
        self,
        sentence: str,
        *,
        retry: bool,
        after: float | None = None,
        gone: bool = False,
        maybe_sent: bool = False,
        fault: bool = False,
    ) -> None:
        super().__init__(sentence)
        self.retry = retry
        self.after = after
        self.gone = gone
        self.maybe_sent = maybe_sent
        self.fault = fault


class Transport(Protocol):
    """Carries messages one way. `ready`: whether the operator configured what it needs."""

    @property
    def info(self) -> TransportInfo: ...

    @property
    def ready(self) -> bool: ...

    async def send(self, message: Message, to: Destination) -> Sent:
        """Hands one message over, or raises SendFailed. Safe to call many times at once."""
        ...


@runtime_checkable
class Carried(Transport, Protocol):
    """A transport behind which are several vendors: the sender chooses which one is asked, and leaves it for the next."""

    def vendors(self, address: str) -> Sequence[str]:
        """Names of those that may be asked for this address, in order."""
        ...

    def tells(self, vendor: str) -> bool:
        """Whether it tells later that a message arrived."""
        ...

    async def send_by(self, vendor: str, message: Message, to: Destination) -> Sent:
        """Hands one message to this vendor, or raises SendFailed."""
        ...


@runtime_checkable
class Checkable(Transport, Protocol):
    """A transport that can ask whoever carries it whether they work, without a message."""

    def can_check(self, vendor: str) -> bool:
        """Whether there is a way for this vendor."""
        ...

    async def check(self, vendor: str) -> None:
        """Asks. Raises SendFailed when it does not work."""
        ...


class Renderer(Protocol):
    """Writes a message from facts. Pure: no I/O, any text may be hostile."""

    def render(self, facts: PageFacts) -> Message: ...


def working(transports: Mapping[str, Transport]) -> list[str]:
    """The names of transports that can send."""
    return [name for name, transport in transports.items() if transport.ready]
