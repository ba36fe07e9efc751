"""What vendors tell us: receipts of messages, and answers of people by telephone. The vendor's own file reads its words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from tocsin.kernel.db import Database
from tocsin.kernel.sql import Statements
from tocsin.paging.onward import go_on_after, tell

sql = Statements("tocsin.paging")


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a vendor. `url` is the public address that it was told; `path` what stands behind the name."""

    url: str
    path: tuple[str, ...]
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    now: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a message. `vendor_id` as `Sent` had it; `detail` is a sentence for the ledger."""

    delivery: UUID
    vendor_id: str
    outcome: Literal["delivered", "failed"]
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """A person wrote "4" to us: the page that was sent last to this number, or the one about this alert, is theirs."""

    number: str
    alert: int | None = None
    #: The vendor's id of what was written: told twice, it counts once.
    key: str = ""


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key, pressed in a call about a delivery. `link`: what the message asked to open, as `verify/TOKEN`."""

    delivery: UUID
    digits: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """All that one request said."""

    receipts: tuple[Receipt, ...] = ()
    reply: Reply | None = None
    pressed: Pressed | None = None


@dataclass(frozen=True, slots=True)
class Spoken:
    """Our answer to the vendor: what to say to the person, and whether to ask for the key again."""

    words: str = ""
    ask_again: bool = False


class Receiver(Protocol):
    """A vendor that calls us, below `/in/NAME/`. Pure: reads and writes the vendor's language, nothing else."""

    @property
    def name(self) -> str: ...

    @property
    def ready(self) -> bool: ...

    def receive(self, call: Call) -> Heard:
        """What the request says. Raises Forbidden unless the vendor signed it."""
        ...

    def answer(self, call: Call, spoken: Spoken | None) -> tuple[str, bytes]:
        """Content type and body; `spoken` is None when there is nobody to speak to."""
        ...


async def take_receipt(database: Database, receipt: Receipt) -> None:
    """Notes what became of a message; when it failed, the person's next method goes at once."""
    rows = await database.rows(
        sql.keep_receipt, receipt.delivery, receipt.vendor_id, receipt.outcome, receipt.detail[:500]
    )
    if receipt.outcome == "failed":
        rows = await database.rows(sql.settle_receipts, [receipt.delivery])
    await go_on_after(database, rows)
    await tell(database, rows)
