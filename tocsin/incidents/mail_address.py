"""The mail address of an incident: its key and a signature, the same in any case. Whoever knows it can write into the record."""

import base64
import hmac
import re
from uuid import UUID

from tocsin.kernel.crypto import Keys, same
from tocsin.kernel.db import Reader
from tocsin.kernel.errors import NotFound
from tocsin.kernel.sql import Statements

sql = Statements("tocsin.incidents", "mail.sql")
PURPOSE = "incident-mail"
#: Bytes of the signature; 16 letters and digits.
_SIGNATURE = 10
_LOCAL = re.compile(r"(?:incident\+)?([a-z]{1,10})-([a-z0-9]{1,20})[-+]([a-z2-7]{16})")


def mail_address_of(keys: Keys, domain: str, key: str) -> str:
    """`inc-42-TOKEN@domain`: nobody can guess it, and it does not change."""
    return f"{key.lower()}-{_token(keys, key)}@{domain}"


def incident_by_mail(keys: Keys, address: str, domain: str) -> str:
    """The key of the incident that a mail address means. Raises `NotFound` for whatever is wrong with it, without the database.

    `inc-42+TOKEN@` and `incident+inc-42-TOKEN@` will do as well, for servers that deliver by what stands before the plus.
    """
    local, _, host = address.lower().rpartition("@")
    found = _LOCAL.fullmatch(local) if host == domain.lower() else None
    if found is None:
        raise NotFound("There is nobody at this address.")
    key = f"{found[1].upper()}-{found[2]}"
    if not same(found[3].encode(), _token(keys, key).encode()):
        raise NotFound("There is nobody at this address.")
    return key


async def destination(db: Reader, key: str) -> UUID:
    """Where a mail to this incident goes: to itself, or to what it was merged into. Raises `NotFound`.

    Says nothing of the incident: who may write there is asked of whoever wrote.
    """
    found = await db.value(sql.destination, key)
    if found is None:
        raise NotFound("There is nobody at this address.")
    return UUID(str(found))


def _token(keys: Keys, key: str) -> str:
    signature = hmac.digest(keys.derive(PURPOSE, 32), key.encode(), "sha256")[:_SIGNATURE]
    return base64.b32encode(signature).decode().lower()
