"""Addresses of heartbeats that report by mail: short enough for a mail address, the same in any case, and signed."""

import base64
import hmac
from uuid import UUID

from tocsin.alerts.heartbeat_model import Heartbeat
from tocsin.alerts.heartbeats import PURPOSE
from tocsin.kernel.crypto import Keys, same
from tocsin.kernel.errors import NotFound

PREFIX = "heartbeat"
#: Bytes: the heartbeat's id, the number of its address, the signature. 48 letters and digits in all, so that the part
#: before the @ stays below the 64 that mail servers allow.
_ID, _NUMBER, _SIGNATURE = 16, 4, 10


def mail_address_of(keys: Keys, domain: str, heartbeat: Heartbeat) -> str:
    """Whoever can send mail there can ping, and nothing else."""
    body = heartbeat.id.bytes + heartbeat.address_number.to_bytes(_NUMBER, "big")
    token = base64.b32encode(body + _signature(keys, body)).decode().lower()
    return f"{PREFIX}-{token}@{domain}"


def pinged_by_mail(keys: Keys, address: str, domain: str) -> tuple[UUID, int]:
    """The heartbeat that a mail address means, and the address's number. Raises `NotFound` for whatever is wrong with it.

    `heartbeat+TOKEN@` will do as well, for servers that deliver by what stands before the plus.
    """
    local, _, host = address.lower().rpartition("@")
    prefix, token = local[: len(PREFIX) + 1], local[len(PREFIX) + 1 :]
    if host != domain.lower() or prefix not in (f"{PREFIX}-", f"{PREFIX}+") or not token.isascii():
        raise NotFound("There is nobody at this address.")
    try:
        data = base64.b32decode(token.upper())
    except ValueError as error:
        raise NotFound("There is nobody at this address.") from error
    body, signature = data[: _ID + _NUMBER], data[_ID + _NUMBER :]
    if len(data) != _ID + _NUMBER + _SIGNATURE or not same(signature, _signature(keys, body)):
        raise NotFound("There is nobody at this address.")
    return UUID(bytes=body[:_ID]), int.from_bytes(body[_ID:], "big")


def _signature(keys: Keys, body: bytes) -> bytes:
    return hmac.digest(keys.derive(f"{PURPOSE}-mail", 32), body, "sha256")[:_SIGNATURE]
