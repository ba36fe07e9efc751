"""The link in a message about a request: signed for one person and one request. Opening it changes nothing."""

from datetime import datetime
from uuid import UUID

from tocsin.kernel.crypto import BadSignature, Keys

PURPOSE = "swap"


def swap_token(keys: Keys, swap_id: UUID, user_id: UUID, expires_at: datetime) -> str:
    """A token with which this person answers this request, without signing in; it ends when the shift starts."""
    return keys.sign(PURPOSE, {"s": swap_id.hex, "u": user_id.hex}, expires_at)


def swap_of_token(keys: Keys, token: str, now: datetime) -> tuple[UUID, UUID]:
    """The request and the person that a token is for. Raises BadSignature or Expired."""
    payload = keys.verify(PURPOSE, token, now)
    swap, user = payload.get("s"), payload.get("u")
    if not isinstance(swap, str) or not isinstance(user, str):
        raise BadSignature("This link is not valid.")
    return UUID(hex=swap), UUID(hex=user)
