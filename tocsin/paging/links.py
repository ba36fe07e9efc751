"""The link in a page: a signed, single-purpose token for one page, or for those that one message listed.

Opening it changes nothing; its button acknowledges.
"""

from datetime import datetime, timedelta
from uuid import UUID

from tocsin.kernel.crypto import BadSignature, Keys

PURPOSE = "ack"
ALL_PURPOSE = "ack_all"
LIFETIME = timedelta(days=7)


class Links:
    """Makes and reads the addresses that pages carry. `base` is the public address without a trailing slash."""

    def __init__(self, base: str, keys: Keys) -> None:
        self._base = base
        self._keys = keys

    def acknowledge(self, page_id: UUID, now: datetime) -> str:
        return f"{self._base}/ack/{ack_token(self._keys, page_id, now)}"

    def acknowledge_all(self, bundle_id: UUID, now: datetime) -> str:
        return f"{self._base}/ack-all/{ack_all_token(self._keys, bundle_id, now)}"

    def alert(self, number: int) -> str:
        return f"{self._base}/alerts/{number}"

    def absolute(self, address: str) -> str:
        """A path of ours with the public address in front; anything else as it is."""
        return self._base + address if address.startswith("/") else address

    def open_secret(self, sealed: bytes | None, purpose: str, about: UUID | None) -> str | None:
        """A contact method's secret in plain text. Raises BadSeal."""
        if sealed is None:
            return None
        return self._keys.open_sealed(purpose, sealed, about=str(about)).decode()


def ack_token(keys: Keys, page_id: UUID, now: datetime) -> str:
    """A token that acknowledges this page's alert as the person who was paged, for seven days."""
    return keys.sign(PURPOSE, {"p": page_id.hex}, now + LIFETIME)


def page_of_token(keys: Keys, token: str, now: datetime) -> UUID:
    """The page that a token is for. Raises BadSignature or Expired."""
    return _about(keys.verify(PURPOSE, token, now).get("p"))


def ack_all_token(keys: Keys, bundle_id: UUID, now: datetime) -> str:
    """A token that acknowledges the alerts of one message as the person who was paged, for seven days."""
    return keys.sign(ALL_PURPOSE, {"b": bundle_id.hex}, now + LIFETIME)


def bundle_of_token(keys: Keys, token: str, now: datetime) -> UUID:
    """The bundle that a token is for. Raises BadSignature or Expired."""
    return _about(keys.verify(ALL_PURPOSE, token, now).get("b"))


def _about(found: object) -> UUID:
    if not isinstance(found, str):
        raise BadSignature("This link is not valid.")
    return UUID(hex=found)
