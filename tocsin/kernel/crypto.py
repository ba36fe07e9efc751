"""Keys, signatures, encryption at rest, tokens. One master secret; every purpose has its own key."""

import base64
import binascii
import hashlib
import hmac
import os
import secrets
import string
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tocsin.kernel.errors import TocsinError

KEY_FILE = "secret.key"
_ALPHABET = string.ascii_letters + string.digits
_VERSION = b"\x01"
_NONCE = 12
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WEBHOOK_PREFIX = "whsec_"


class CryptoError(TocsinError):
    """Something was not made by us, or not for this purpose, or no longer holds."""


class BadSignature(CryptoError):
    """The token was changed, cut, or made for another purpose or by another installation."""


class Expired(CryptoError):
    """The token was ours and its time is over."""


class BadSeal(CryptoError):
    """Encrypted bytes that this master secret and this place cannot open."""


class BadKeyFile(CryptoError):
    """The key file is damaged; `str()` says which."""


class Keys:
    """Signs and encrypts for named purposes; what one purpose made, another refuses."""

    def __init__(self, master: bytes) -> None:
        self._master = master
        self._derived: dict[str, bytes] = {}

    def sign(self, purpose: str, payload: Mapping[str, object], expires_at: datetime | None) -> str:
        """A token for URLs that carries the payload readably (not encrypted); None never expires."""
        body = _text(orjson.dumps([_milliseconds(expires_at), dict(payload)]))
        return f"{body}.{self._signature(purpose, body)}"

    def verify(self, purpose: str, token: str, now: datetime) -> dict[str, object]:
        """The payload of a token. Raises BadSignature, or Expired from `expires_at` on."""
        body, _, signature = token.partition(".")
        if not same(signature, self._signature(purpose, body)):
            raise BadSignature("This link is not valid.")
        until, payload = orjson.loads(_bytes(body))
        if until is not None and cast("int", _milliseconds(now)) >= until:
            raise Expired("This link has expired.")
        return cast("dict[str, object]", payload)

    def seal(self, purpose: str, plain: bytes, *, about: str) -> bytes:
        """Encrypts for storage. `about` names the row it belongs to: elsewhere it will not open."""
        nonce = os.urandom(_NONCE)
        return _VERSION + nonce + AESGCM(self._key(f"seal/{purpose}")).encrypt(nonce, plain, about.encode())

    def open_sealed(self, purpose: str, sealed: bytes, *, about: str) -> bytes:
        """What `seal` was given. Raises BadSeal."""
        nonce, hidden = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        if sealed[:1] != _VERSION or len(hidden) < 16:
            raise BadSeal("Stored credentials cannot be read: they are damaged.")
        try:
            return AESGCM(self._key(f"seal/{purpose}")).decrypt(nonce, hidden, about.encode())
        except InvalidTag:
            raise BadSeal("Stored credentials cannot be read: the master secret is another one.") from None

    def derive(self, purpose: str, length: int) -> bytes:
        """So many secret bytes that are always the same for one purpose: for a key that all processes share."""
        info = f"tocsin/1/derive/{purpose}".encode()
        return HKDF(algorithm=SHA256(), length=length, salt=None, info=info).derive(self._master)

    def _signature(self, purpose: str, body: str) -> str:
        # A body with stray characters must fail as a signature, not as an encoding error.
        data = body.encode("utf-8", "surrogatepass")
        return _text(hmac.digest(self._key(f"sign/{purpose}"), data, "sha256"))

    def _key(self, purpose: str) -> bytes:
        if purpose not in self._derived:
            hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"tocsin/1/{purpose}".encode())
            self._derived[purpose] = hkdf.derive(self._master)
        return self._derived[purpose]


def same(one: str | bytes, other: str | bytes) -> bool:
    """Compares in a time that does not tell where they differ; text counts as UTF-8."""
    return hmac.compare_digest(_raw(one), _raw(other))


def new_token(prefix: str) -> str:
    """`prefix_` and 43 letters and digits (256 bits); store only its `hash_token`."""
    return f"{prefix}_{''.join(secrets.choice(_ALPHABET) for _ in range(43))}"


def hash_token(token: str) -> bytes:
    """SHA-256, 32 bytes: enough for random tokens, never for passwords."""
    return hashlib.sha256(_raw(token)).digest()


def new_webhook_secret() -> str:
    """A Standard Webhooks secret: `whsec_` and 32 random bytes in base64."""
    return _WEBHOOK_PREFIX + base64.b64encode(os.urandom(32)).decode()


def webhook_headers(
    secret: str | Sequence[str], message_id: str, timestamp: datetime, body: bytes
) -> dict[str, str]:
    """Standard Webhooks headers; with several secrets one signature each, so that a secret can be changed.

    Raises ValueError for a secret that is not base64.
    """
    seconds = str(int(timestamp.timestamp()))
    signed = b".".join((message_id.encode(), seconds.encode(), body))
    owned = [secret] if isinstance(secret, str) else secret
    signatures = [hmac.digest(_webhook_key(each), signed, "sha256") for each in owned]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(f"v1,{base64.b64encode(each).decode()}" for each in signatures),
    }


def load_master(data: Path, secret: str | None) -> bytes:
    """The master secret: the operator's, else that of the key file in `data`, made now if there is none.

    Processes that start at once agree: the file appears whole, and the first one wins. Raises BadKeyFile.
    """
    if secret is not None:
        return secret.encode()
    path = data / KEY_FILE
    if not path.exists():
        _create(path)
    try:
        master = base64.b64decode(path.read_bytes().strip(), validate=True)
    except binascii.Error:
        master = b""
    if len(master) != 32:
        raise BadKeyFile(
            f"{path} is damaged: restore it from a backup, or delete it to start with a new key."
        )
    return master


def _create(path: Path) -> None:
    """Written beside, then linked: `link` refuses to replace, and nobody ever reads half a file."""
    # The private database server may run as another account and must pass through: hence not 0700.
    path.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    draft = path.with_name(f".{KEY_FILE}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(base64.b64encode(os.urandom(32)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(draft)
        _sync_folder(path.parent)
    except FileExistsError:
        pass  # Another process was first; its key is the key.
    finally:
        draft.unlink()


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _webhook_key(secret: str) -> bytes:
    text = secret.removeprefix(_WEBHOOK_PREFIX)
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - _EPOCH) // timedelta(milliseconds=1)


def _raw(value: str | bytes) -> bytes:
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
