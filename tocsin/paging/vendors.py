"""How vendors stand, and asking one of them now whether it works."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from tocsin.kernel import work
from tocsin.kernel.commands import command
from tocsin.kernel.db import Database, Reader, Row, Unit
from tocsin.kernel.errors import NotFound
from tocsin.kernel.sql import Statements
from tocsin.kernel.work import Job, Work
from tocsin.paging.switchboard import Switchboard
from tocsin.paging.transport import Checkable, SendFailed, Transport
from tocsin.paging.vendor_model import WINDOWS, Health, Result
from tocsin.people.audit import audit

sql = Statements("tocsin.paging", "vendors.sql")
PROBE = "paging.probe"
#: For results that are about no message.
_NO_DELIVERY = UUID(int=0)


async def health(db: Reader) -> dict[str, list[Health]]:
    """Per vendor, by name, what came of its tries within the last hour, day and week."""
    found: dict[str, list[Health]] = defaultdict(list)
    for row in await db.all(Health, sql.health, list(WINDOWS)):
        found[row.vendor].append(row)
    return dict(found)


async def standing(db: Reader) -> Sequence[Row]:
    """Each vendor with its failures in a row and whether it rests; nothing is counted."""
    return await db.rows(sql.standing)


def can_check(transports: Mapping[str, Transport], vendor: str) -> bool:
    """Whether a vendor can be asked without a message."""
    name, _, carrier = vendor.partition("/")
    transport = transports.get(name)
    return isinstance(transport, Checkable) and transport.can_check(carrier)


@command("vendor.probe")
async def probe(u: Unit, vendor: str) -> None:
    """Ends the wait of a vendor that rests: the next message goes first. One that can be asked is asked at once.

    Raises `NotFound`.
    """
    if await u.value(sql.let_one_through, vendor) is None:
        raise NotFound("No message went by a vendor of this name.")
    await work.add(u, PROBE, {"vendor": vendor}, key=vendor)
    await audit(u, "vendor.probe", vendor)
    u.touch("vendors")


def jobs(transports: Mapping[str, Transport], switchboard: Switchboard) -> dict[str, Job]:
    """The job that asks."""

    async def ask(db: Database, asked: Work) -> None:
        """Job: asks a vendor outside any transaction. A success ends its rest; a failure is noted with its reason."""
        vendor = str(asked.payload["vendor"])
        transport = transports.get(vendor.partition("/")[0])
        if not isinstance(transport, Checkable) or not can_check(transports, vendor):
            return
        try:
            await transport.check(vendor.partition("/")[2])
            result = Result(_NO_DELIVERY, 0, "sent", vendor=vendor)
        except SendFailed as failed:
            result = Result(_NO_DELIVERY, 0, "failed", error=str(failed), vendor=vendor, fault=True)
        await switchboard.note([result])
        await db.notify("vendors")

    return {PROBE: ask}
