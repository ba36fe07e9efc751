"""Which vendor carries a message: in the order of its country, without those that rest or were asked already.

How vendors stand is in the table `vendors`, so that all processes agree. A vendor that rests is left for others; when
there is no other, the person's other ways go first; when there is none either, it is tried all the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin.kernel.db import Database
from tocsin.kernel.errors import Unavailable
from tocsin.kernel.log import logger
from tocsin.kernel.sql import Statements
from tocsin.paging.model import Claimed, Purpose, back_off
from tocsin.paging.onward import hurry_carried
from tocsin.paging.transport import Carried, Destination, Message, SendFailed, Sent, Transport
from tocsin.paging.vendor_model import LOW_URGENCY, TOO_MANY, Rests, Result, fold, left, title_of

sql = Statements("tocsin.paging", "vendors.sql")
log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Assigned:
    """A message and who is to carry it; `vendor` is empty when nobody can."""

    claimed: Claimed
    vendor: str


class Switchboard:
    """Chooses vendors and notes how they do. `patience`: seconds per transport until a receipt is missed; 0 is never."""

    def __init__(
        self, database: Database, transports: Mapping[str, Transport], patience: Mapping[str, int]
    ) -> None:
        self._database = database
        self._transports = transports
        self._patience = patience
        # Asked once: to look a protocol up takes long, and every message would ask three times.
        self._carried = {name: each for name, each in transports.items() if isinstance(each, Carried)}

    def vendors(self, transport: str, address: str) -> list[str]:
        """All who may carry to this address, in order, as `sms/twilio`, `ntfy/ntfy.sh` or `email`."""
        found, carried = self._transports.get(transport), self._carried.get(transport)
        if found is None:
            return []
        if carried:
            return [f"{transport}/{name}" for name in carried.vendors(address)]
        carrier = found.info.carrier(address)
        return [f"{transport}/{carrier}" if carrier else transport]

    async def assign(self, claimed: Sequence[Claimed]) -> list[Assigned]:
        """A vendor for each message; those that let another way go first are put back, and are not among them."""
        if not claimed:
            return []
        try:
            rests = await self._rests()
            chosen = [(each, *await self._choose(each, rests)) for each in claimed]
        except Unavailable:
            # They are in our hands already: whoever rests is better than nobody.
            return [Assigned(each, self._first(each)) for each in claimed]
        try:
            passed = await self._pass_over([(each, v, until) for each, v, until in chosen if until])
        except Unavailable:
            # They may have been put back, so that sending them now would be a repeat nobody marks. Else their lease ends.
            passed = {each.id for each, _, until in chosen if until}
        return [Assigned(each, vendor) for each, vendor, _ in chosen if each.id not in passed]

    async def _rests(self) -> Rests:
        rows = await self._database.rows(sql.resting)
        return Rests(
            {row["vendor"]: row["until"] for row in rows},
            {row["vendor"] for row in rows if row["waits_for_probe"]},
        )

    def _open(self, claimed: Claimed) -> list[str]:
        vendors = self.vendors(claimed.transport, claimed.address)
        return left(vendors, claimed.tried, claimed.hopeless) or vendors

    def _first(self, claimed: Claimed) -> str:
        return next(iter(self._open(claimed)), "")

    async def _choose(self, claimed: Claimed, rests: Rests) -> tuple[str, datetime | None]:
        """The vendor, and until when it rests if all rest."""
        vendors = self._open(claimed)
        for vendor in vendors:
            if vendor not in rests.until or await self._is_probe(vendor, rests):
                return vendor, None
        return (vendors[0], rests.until[vendors[0]]) if vendors else ("", None)

    async def _is_probe(self, vendor: str, rests: Rests) -> bool:
        """Whether this message is the one that goes first after a rest. Asked once per batch and vendor."""
        if vendor not in rests.probes:
            return False
        rests.probes.discard(vendor)
        return await self._database.row(sql.claim_probe, vendor) is not None

    async def _pass_over(self, resting: Sequence[tuple[Claimed, str, datetime]]) -> set[object]:
        found = [each for each in resting if each[0].purpose is Purpose.PAGE and not each[0].passed_over]
        if not found:
            return set()
        rows = await self._database.rows(
            sql.pass_over,
            [claimed.id for claimed, _, _ in found],
            [claimed.attempts for claimed, _, _ in found],
            [until for _, _, until in found],
            [
                f"{self._title(vendor)} rests after failures: the next way goes first."
                for _, vendor, _ in found
            ],
        )
        if rows:
            await hurry_carried(self._database, [row["id"] for row in rows])
            await self._database.notify("work")
        return {row["id"] for row in rows}

    def _title(self, vendor: str) -> str:
        return title_of(vendor, {name: each.info.title for name, each in self._transports.items()})

    async def send(self, assigned: Assigned, message: Message, to: Destination) -> Sent:
        """Hands it to the chosen vendor, or raises SendFailed."""
        name = assigned.claimed.transport
        if name in self._carried and assigned.vendor:
            return await self._carried[name].send_by(assigned.vendor.partition("/")[2], message, to)
        return await self._transports[name].send(message, to)

    def sent(self, assigned: Assigned, sent: Sent, took_ms: int) -> Result:
        """The result of a hand-over, with the time until which its receipt is waited for."""
        claimed = assigned.claimed
        return Result(
            claimed.id, claimed.attempts, "delivered" if sent.delivered else "sent", vendor_id=clean(sent.vendor_id), error=clean(sent.note),
            vendor=assigned.vendor, took_ms=took_ms, receipt_s=0 if sent.delivered else self._receipt_s(assigned),
        )  # fmt: skip

    def _receipt_s(self, assigned: Assigned) -> float:
        claimed = assigned.claimed
        if carried := self._carried.get(claimed.transport):
            tells = bool(assigned.vendor) and carried.tells(assigned.vendor.partition("/")[2])
        else:
            tells = self._transports[claimed.transport].info.receipts
        if not tells or claimed.purpose is not Purpose.PAGE:
            return 0
        return self._patience.get(claimed.transport, 0) * (LOW_URGENCY if claimed.urgency == "low" else 1)

    def failed(self, assigned: Assigned, failure: SendFailed, took_ms: int = 0) -> Result:
        """The result of a failed try: the next vendor at once, or all of them again after a pause, or the end."""
        claimed, vendor = assigned.claimed, assigned.vendor
        vendors = self.vendors(claimed.transport, claimed.address)
        hopeless = {*claimed.hopeless} | (set() if failure.retry else {vendor})
        after: float | None = 0.0
        error = clean(str(failure))
        if not left(vendors, {*claimed.tried, vendor}, hopeless):
            after = _pause(claimed, failure, len(vendors), over=hopeless >= set(vendors))
            if after is None and failure.retry and not claimed.handed_over:
                error += f" Given up after {claimed.attempts} tries."
        return Result(
            claimed.id, claimed.attempts, "failed" if after is None else "retry", after or 0.0, error=error,
            maybe_sent=failure.maybe_sent, gone=failure.gone, vendor=vendor, took_ms=took_ms,
            fault=failure.fault, hopeless=not failure.retry,
        )  # fmt: skip

    async def note(self, results: Sequence[Result]) -> set[str]:
        """Tells all processes how the vendors did; those that rest now."""
        standings = fold(results)
        if not standings:
            return set()
        rows = await self._database.rows(
            sql.note,
            [s.vendor for s in standings],
            [s.succeeded for s in standings],
            [s.failures for s in standings],
            [s.error for s in standings],
            TOO_MANY,
        )
        for row in rows:
            log.warning("vendor_rests", vendor=row["vendor"])
        return {row["vendor"] for row in rows}


def _pause(claimed: Claimed, failure: SendFailed, vendors: int, *, over: bool) -> float | None:
    """Seconds until all vendors are asked again; None when that is over.

    What one vendor has taken already, without a receipt, is not sent to it again: the person's next way is better.
    """
    if over or claimed.handed_over:
        return None
    pause = back_off(-(-claimed.attempts // max(vendors, 1)))
    if pause is None:
        return None
    return max(failure.after, 0.001) if failure.after is not None and vendors <= 1 else pause


def clean(text: str) -> str:
    """What PostgreSQL can store: one bad character from outside must not spoil the batch."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")[:500]
