import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from tocsin.kernel.crypto import (
    KEY_FILE,
    BadKeyFile,
    BadSeal,
    BadSignature,
    Expired,
    Keys,
    hash_token,
    load_master,
    new_token,
    new_webhook_secret,
    same,
    webhook_headers,
)

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)
KEYS = Keys(b"m" * 32)


def test_a_signed_payload_comes_back():
    token = KEYS.sign("invite", {"user": "ana", "n": 3}, LATER)
    assert token.replace("-", "").replace("_", "").replace(".", "").isalnum()
    assert KEYS.verify("invite", token, NOW) == {"user": "ana", "n": 3}


def test_a_token_expires_at_its_moment_and_not_before():
    token = KEYS.sign("invite", {}, LATER)
    assert KEYS.verify("invite", token, LATER - timedelta(milliseconds=1)) == {}
    with pytest.raises(Expired):
        KEYS.verify("invite", token, LATER)


def test_a_token_may_hold_for_ever():
    assert KEYS.verify(
        "unsubscribe", KEYS.sign("unsubscribe", {"s": 1}, None), datetime.max.replace(tzinfo=UTC)
    )


def test_purpose_and_installation_are_part_of_the_signature():
    token = KEYS.sign("invite", {}, LATER)
    for keys, purpose in ((KEYS, "reset"), (Keys(b"n" * 32), "invite")):
        with pytest.raises(BadSignature):
            keys.verify(purpose, token, NOW)


@pytest.mark.parametrize("token", ["", ".", "a.b", "é.é", "\ud800", "x" * 10_000])
def test_rubbish_is_a_bad_signature(token):
    with pytest.raises(BadSignature):
        KEYS.verify("invite", token, NOW)


@given(st.data())
def test_no_changed_character_passes(data):
    token = KEYS.sign("invite", {"user": "ana"}, LATER)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters().filter(lambda c: c != token[at]))
    with pytest.raises(BadSignature):
        KEYS.verify("invite", token[:at] + other + token[at + 1 :], NOW)


@given(st.binary(max_size=200), st.text(st.characters(codec="utf-8"), max_size=20))
def test_sealed_bytes_open_only_where_they_belong(plain, about):
    sealed = KEYS.seal("integration", plain, about=about)
    assert KEYS.open_sealed("integration", sealed, about=about) == plain
    for keys, purpose, place in (
        (KEYS, "integration", about + "x"),
        (KEYS, "contact", about),
        (Keys(b"n" * 32), "integration", about),
    ):
        with pytest.raises(BadSeal):
            keys.open_sealed(purpose, sealed, about=place)


def test_sealing_twice_differs_and_damage_is_noticed():
    sealed = KEYS.seal("integration", b"token", about="1")
    assert sealed != KEYS.seal("integration", b"token", about="1")
    assert b"token" not in sealed
    for damaged in (b"", sealed[:20], b"\x02" + sealed[1:], sealed[:-1] + bytes([sealed[-1] ^ 1])):
        with pytest.raises(BadSeal):
            KEYS.open_sealed("integration", damaged, about="1")


def test_tokens_are_random_and_stored_as_hashes():
    one, other = new_token("tok"), new_token("tok")
    assert one != other
    assert one.startswith("tok_")
    assert len(one) == 47
    assert len(hash_token(one)) == 32
    assert same(hash_token(one), hash_token(one))
    assert not same(one, other)
    assert same("ü", "ü".encode())


def test_webhooks_verify_with_the_published_library():
    secret = new_webhook_secret()
    body = '{"text":"überall"}'.encode()
    headers = webhook_headers(secret, "msg_1", datetime.now(UTC), body)
    assert Webhook(secret).verify(body, headers) == {"text": "überall"}


def test_webhook_secrets_can_be_changed_without_a_gap():
    old, new = new_webhook_secret(), new_webhook_secret()
    headers = webhook_headers([new, old], "msg_1", datetime.now(UTC), b"{}")
    assert Webhook(old).verify(b"{}", headers) == Webhook(new).verify(b"{}", headers) == {}
    unpadded = base64.b64encode(b"k" * 25).decode().rstrip("=")
    assert Webhook(unpadded).verify(b"{}", webhook_headers(unpadded, "1", datetime.now(UTC), b"{}")) == {}


def test_a_webhook_secret_that_is_none_is_refused():
    with pytest.raises(ValueError, match=r"."):
        webhook_headers("whsec_!!", "1", NOW, b"")


def test_the_operators_secret_needs_no_file(tmp_path):
    assert load_master(tmp_path / "data", "s" * 32) == b"s" * 32
    assert not (tmp_path / "data").exists()


def test_the_key_file_is_made_once_and_is_private(tmp_path):
    master = load_master(tmp_path / "a" / "data", None)
    path = tmp_path / "a" / "data" / KEY_FILE
    assert len(master) == 32
    assert load_master(path.parent, None) == master
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_processes_that_start_at_once_agree(tmp_path):
    with ThreadPoolExecutor(16) as threads:
        masters = set(threads.map(lambda _: load_master(tmp_path / "data", None), range(64)))
    assert len(masters) == 1
    assert [each.name for each in (tmp_path / "data").iterdir()] == [KEY_FILE]


@pytest.mark.parametrize("content", [b"", b"c2hvcnQ=", b"not base64 !!", b"\xff\xfe"])
def test_a_damaged_key_file_is_told_and_left_alone(tmp_path, content):
    (tmp_path / KEY_FILE).write_bytes(content)
    with pytest.raises(BadKeyFile, match=KEY_FILE):
        load_master(tmp_path, None)
    assert (tmp_path / KEY_FILE).read_bytes() == content
