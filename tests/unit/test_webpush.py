"""Web push against the examples of its RFCs, and against a receiving side that is written from them."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st

from tests.contract.push_device import Device, private, to_bytes, to_text
from tests.shape.source import ROOT
from tocsin.kernel.crypto import Keys
from tocsin.kernel.webpush import LARGEST, ROOM, BadSubscription, Subscription, Vapid, encrypt

KEYS = Keys(b"a master secret that only tests know")
NOW = datetime(2026, 11, 27, 3, 12, tzinfo=UTC)

#: RFC 8291, section 5 and appendix A.
PLAIN = b"When I grow up, I want to be a watermelon"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
THEIRS = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
THEIR_PRIVATE = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
OUR_PRIVATE = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95b"
    "Qpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_the_example_of_the_rfc_comes_out_byte_for_byte() -> None:
    ours = private(OUR_PRIVATE)
    body = encrypt(PLAIN, Subscription.read(f"{THEIRS}.{AUTH}"), salt=to_bytes(SALT), ours=ours)
    assert to_text(body) == BODY


def test_the_receiving_side_reads_the_example_too() -> None:
    assert Device(private(THEIR_PRIVATE), to_bytes(AUTH)).opened(to_bytes(BODY)) == PLAIN


@given(st.binary(max_size=ROOM))
def test_whatever_is_sent_is_what_is_read_and_fits(plain: bytes) -> None:
    device = Device()
    body = encrypt(plain, Subscription.read(device.keys))
    assert device.opened(body) == plain
    assert len(body) <= LARGEST


def test_the_most_that_fits_is_what_every_push_service_takes() -> None:
    to = Subscription.read(Device().keys)
    assert len(encrypt(b"x" * ROOM, to)) == LARGEST
    with pytest.raises(ValueError, match="fit"):
        encrypt(b"x" * (ROOM + 1), to)


#: Reads what comes in, with a key and a secret, as the reference implementation does.
READ = """
import sys, http_ece
from tests.contract.push_device import private, to_bytes
body, key, auth = sys.argv[1:]
sys.stdout.buffer.write(http_ece.decrypt(to_bytes(body), private_key=private(key), auth_secret=to_bytes(auth), version="aes128gcm"))
"""
REFERENCE = ROOT / ".venv/http-ece"


@pytest.mark.skipif(not REFERENCE.exists(), reason="http-ece is not installed: see bin/packages")
def test_the_reference_implementation_reads_it() -> None:
    plain = "[P1 #42] 磁盘".encode() * 100
    body = to_text(encrypt(plain, Subscription.read(f"{THEIRS}.{AUTH}")))
    where = {"PYTHONPATH": f"{REFERENCE}:{ROOT}"}
    command = [sys.executable, "-c", READ, body, THEIR_PRIVATE, AUTH]
    read = subprocess.run(command, env=where, capture_output=True, check=False)
    assert (read.stdout, read.stderr) == (plain, b"")


def test_nobody_else_reads_it() -> None:
    body = encrypt(b"secret", Subscription.read(Device().keys))
    with pytest.raises(InvalidTag):
        Device().opened(body)


def test_the_same_words_never_look_the_same() -> None:
    to = Subscription.read(Device().keys)
    assert encrypt(b"x", to) != encrypt(b"x", to)


@pytest.mark.parametrize(
    "text",
    ["", ".", "abc", f"{THEIRS}", f"{THEIRS}.", f"{THEIRS}.AAAA", f".{AUTH}", f"{THEIRS[:-4]}.{AUTH}", f"{THEIRS}.ü",
     f"B{'A' * 86}.{AUTH}", f"{AUTH}.{THEIRS}"],
)  # fmt: skip
def test_what_are_no_keys_is_refused(text: str) -> None:
    with pytest.raises(BadSubscription):
        Subscription.read(text)


def parts_of(header: str) -> tuple[dict[str, str], dict[str, str], bytes, str, str]:
    scheme, _, rest = header.partition(" ")
    assert scheme == "vapid"
    fields = dict(part.strip().split("=", 1) for part in rest.split(","))
    head, claims, signature = fields["t"].split(".")
    return (
        orjson.loads(to_bytes(head)), orjson.loads(to_bytes(claims)), to_bytes(signature), f"{head}.{claims}", fields["k"],
    )  # fmt: skip


def test_we_say_who_we_are_as_the_rfc_wants_it() -> None:
    vapid = Vapid(KEYS, "mailto:ops@lantern.example")
    head, claims, signature, signed, public = parts_of(
        vapid.header("https://push.example:8443/wpush/v2/x?y", NOW)
    )
    assert head == {"typ": "JWT", "alg": "ES256"}
    assert claims["aud"] == "https://push.example:8443"
    assert claims["sub"] == "mailto:ops@lantern.example"
    assert NOW < datetime.fromtimestamp(int(claims["exp"]), UTC) <= NOW + timedelta(days=1)
    assert public == vapid.public
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), to_bytes(public))
    half = len(signature) // 2
    r, s = int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
    key.verify(encode_dss_signature(r, s), signed.encode(), ec.ECDSA(SHA256()))
    assert len(signature) == 64


def test_all_processes_of_one_installation_have_one_key_and_others_another() -> None:
    same = Vapid(Keys(b"a master secret that only tests know"), "mailto:x@y").public
    assert Vapid(KEYS, "https://tocsin.example").public == same
    assert Vapid(Keys(b"another master secret, just as good"), "mailto:x@y").public != same
