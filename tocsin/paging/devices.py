"""Devices that pages are pushed to: the receipt that a page was shown, and a device whose address has changed."""

from datetime import datetime, timedelta
from uuid import UUID

from tocsin.kernel.commands import command
from tocsin.kernel.crypto import BadSignature, CryptoError, Keys, same
from tocsin.kernel.db import Database, Unit
from tocsin.kernel.errors import NotFound
from tocsin.kernel.sql import Statements
from tocsin.paging.inbound import Receipt, take_receipt
from tocsin.paging.transport import SECRET_PURPOSE, Destination
from tocsin.people.reach import move_contact_method

sql = Statements("tocsin.paging", "devices.sql")
TRANSPORT = "webpush"
PURPOSE, LIFETIME = "shown", timedelta(days=7)


def shown_token(keys: Keys, delivery: UUID, now: datetime) -> str:
    """Lets a device say that it has shown this one message, and nothing else."""
    return keys.sign(PURPOSE, {"d": delivery.hex}, now + LIFETIME)


async def take_shown(database: Database, keys: Keys, token: str) -> None:
    """A device says that it has shown a message. Raises NotFound for a token that is not ours, or too old."""
    try:
        found = keys.verify(PURPOSE, token, await database.clock()).get("d")
        if not isinstance(found, str):
            raise BadSignature("This address is not valid.")
    except CryptoError as error:
        raise NotFound(str(error)) from error
    await take_receipt(database, Receipt(UUID(hex=found), "", "delivered", "The device has shown it."))


@command("contact_method.renew_device")
async def renew_device(u: Unit, keys: Keys, old: Destination, new: Destination) -> None:
    """A browser has renewed a subscription: its contact methods, and what is queued for them, get the new address.

    Whoever names the old keys is the device: nobody else but us has them. Raises NotFound for anybody else.
    """
    found = [
        row["id"]
        for row in await u.rows(sql.devices_at, old.address)
        if same(_opened(keys, row["secret"], row["id"]), old.secret or "")
    ]
    if not found:
        raise NotFound("There is no such device.")
    for method_id in found:
        sealed = keys.seal(SECRET_PURPOSE, (new.secret or "").encode(), about=str(method_id))
        await move_contact_method(u, method_id, new.address, sealed)
    await u.run(sql.follow_devices, found)
    await u.run(sql.usable_again, found)


def _opened(keys: Keys, sealed: bytes, method_id: UUID) -> str:
    return keys.open_sealed(SECRET_PURPOSE, sealed, about=str(method_id)).decode()
