"""Web push: what a push service and a browser understand. Encryption (RFC 8291 over RFC 8188) and who we are (RFC 8292).

Nothing here sends. The installation has one key pair for all browsers; it is derived from the master secret, so that any
number of processes have the same one, no two of them can make it at once, and none is stored. Whoever loses the master
secret loses it too, but then the stored subscriptions cannot be opened any more either.
"""

import base64
import binascii
import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self

import orjson
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from yarl import URL

from tocsin.kernel.crypto import Keys

CURVE = ec.SECP256R1()
#: The order of the curve's group (FIPS 186-5, P-256): private keys are 1 to one less than it.
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
#: Bytes that every push service takes (RFC 8030), and what is left of them for the message: one record, whose header has
#: salt, record size and key, and whose end has a delimiter and a tag.
LARGEST = 4096
ROOM = LARGEST - (16 + 4 + 1 + 65) - 1 - 16
#: Well below the day that RFC 8292 allows.
TOKEN_LIFETIME = timedelta(hours=12)


class BadSubscription(ValueError):
    """The keys are not those of a subscription."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a browser gave us to encrypt to: its public key and a secret that it shares with us."""

    public: ec.EllipticCurvePublicKey = field(repr=False)
    auth: bytes = field(repr=False)

    @classmethod
    def read(cls, text: str) -> Self:
        """From `P256DH.AUTH`, each in base64url, as it is stored. Raises BadSubscription."""
        point, _, auth = text.partition(".")
        try:
            found = cls(ec.EllipticCurvePublicKey.from_encoded_point(CURVE, unpadded(point)), unpadded(auth))
        except (ValueError, binascii.Error, UnsupportedAlgorithm):
            raise BadSubscription("These are not the keys of a subscription.") from None
        if len(found.auth) != 16:
            raise BadSubscription("These are not the keys of a subscription.")
        return found


def encrypt(
    plain: bytes, to: Subscription, *, salt: bytes = b"", ours: ec.EllipticCurvePrivateKey | None = None
) -> bytes:
    """A body with `Content-Encoding: aes128gcm`, at most `ROOM` bytes in one record. Salt and key are given by tests only."""
    if len(plain) > ROOM:
        raise ValueError(f"At most {ROOM} bytes fit.")
    salt, ours = salt or os.urandom(16), ours or ec.generate_private_key(CURVE)
    mine = encoded(ours.public_key())
    shared = ours.exchange(ec.ECDH(), to.public)
    secret = _expand(shared, to.auth, b"WebPush: info\0" + encoded(to.public) + mine, 32)
    key = _expand(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _expand(secret, salt, b"Content-Encoding: nonce\0", 12)
    head = salt + LARGEST.to_bytes(4, "big") + bytes([len(mine)]) + mine
    return head + AESGCM(key).encrypt(nonce, plain + b"\x02", None)


class Vapid:
    """Who we are to push services. `contact` is an https or mailto address at which they reach the operator."""

    def __init__(self, keys: Keys, contact: str) -> None:
        # More bytes than the key has, so that no remainder is likelier than another (FIPS 186-5, A.2.1).
        number = int.from_bytes(keys.derive("vapid", 48), "big") % (ORDER - 1) + 1
        self._private = ec.derive_private_key(number, CURVE)
        self._contact = contact
        #: As the browser's `applicationServerKey` wants it.
        self.public = padless(encoded(self._private.public_key()))

    def header(self, endpoint: str, now: datetime) -> str:
        """`Authorization` for one push service, for half a day."""
        claims = {
            "aud": str(URL(endpoint).origin()),
            "exp": int((now + TOKEN_LIFETIME).timestamp()),
            "sub": self._contact,
        }
        body = f"{padless(orjson.dumps({'typ': 'JWT', 'alg': 'ES256'}))}.{padless(orjson.dumps(claims))}"
        r, s = decode_dss_signature(self._private.sign(body.encode(), ec.ECDSA(SHA256())))
        signature = padless(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
        return f"vapid t={body}.{signature}, k={self.public}"


def _expand(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


def encoded(key: ec.EllipticCurvePublicKey) -> bytes:
    """65 bytes: the point, uncompressed."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def padless(data: bytes) -> str:
    """base64url without its padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unpadded(text: str) -> bytes:
    """The bytes of base64url with or without padding. Raises ValueError."""
    bare = text.rstrip("=")
    if not bare or not bare.isascii() or not bare.replace("-", "").replace("_", "").isalnum():
        raise ValueError("not base64url")
    return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
