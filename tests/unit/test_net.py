"""Requests to real servers on this machine; they are "private targets", so these tests come as the operator."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.unit.net_site import SECRET, holds_no_secret, serving
from tocsin.kernel.net import BODY_LIMIT, BadTarget, Rejected, TimedOut, Unreachable, Untrusted, Verdict


async def test_json_headers_and_idempotency_key_arrive(site, outbound):
    answer = await outbound.request(
        "POST",
        f"{site.url}/a%2Fb?c=d",
        headers={"Authorization": SECRET},
        json={"text": "überall"},
        trusted=True,
        idempotency_key="k-1",
    )
    request, body = site.seen[0]
    assert (answer.status, answer.json(), answer.headers["x-answer"]) == (200, {"ok": True}, "42")
    assert answer.origin == site.url
    assert answer.checked() is answer
    assert request.raw_path == "/a%2Fb?c=d"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Idempotency-Key"] == "k-1"
    assert request.headers["Authorization"] == SECRET
    assert body == '{"text":"überall"}'.encode()


async def test_forms_and_plain_bodies_arrive(site, outbound):
    await outbound.request("POST", site.url, data={"a": "1 2", "b": "ü"}, trusted=True)
    await outbound.request("PUT", site.url, data=b"\x00raw", trusted=True)
    assert [body for _, body in site.seen] == [b"a=1+2&b=%C3%BC", b"\x00raw"]
    assert site.seen[0][0].content_type == "application/x-www-form-urlencoded"


async def test_redirects_are_answers_and_cookies_are_forgotten(site, outbound):
    answer = await outbound.request("GET", f"{site.url}/redirect", trusted=True)
    await outbound.request("GET", site.url, trusted=True)
    assert answer.status == 302
    assert answer.outcome().verdict is Verdict.PERMANENT
    assert [request.path for request, _ in site.seen] == ["/redirect", "/"]
    assert "Cookie" not in site.seen[1][0].headers


@pytest.mark.parametrize("path", ["/large", "/bomb"])
async def test_bodies_are_cut(site, outbound, path):
    answer = await outbound.request("GET", site.url + path, trusted=True)
    assert len(answer.body) == BODY_LIMIT
    assert answer.truncated


async def test_a_rejection_knows_when_to_try_again(site, outbound):
    answer = await outbound.request("GET", f"{site.url}/busy?token={SECRET}", trusted=True)
    with pytest.raises(Rejected, match="answered 429") as caught:
        answer.checked()
    assert (caught.value.retry, caught.value.after, caught.value.status) == (True, 7.0, 429)
    assert SECRET not in str(caught.value)


async def test_an_answer_that_is_not_json(site, outbound):
    answer = await outbound.request("GET", f"{site.url}/busy", trusted=True)
    with pytest.raises(Unreachable, match="not JSON"):
        answer.json()


async def test_a_server_that_does_not_answer_times_out(site, outbound):
    with pytest.raises(TimedOut) as caught:
        await outbound.request("GET", f"{site.url}/slow?{SECRET}", trusted=True, timeout=0.2)
    assert caught.value.retry
    holds_no_secret(caught.value)


async def test_a_connection_that_breaks_is_worth_another_try(site, outbound):
    with pytest.raises(Unreachable) as caught:
        await outbound.request("POST", f"{site.url}/cut?{SECRET}", trusted=True)
    assert caught.value.retry
    holds_no_secret(caught.value)


async def test_nobody_listens(outbound):
    async with serving() as site:
        pass
    with pytest.raises(Unreachable, match="accepts no connection") as caught:
        await outbound.request("GET", f"{site.url}/{SECRET}", trusted=True)
    holds_no_secret(caught.value)


async def test_a_name_that_does_not_exist(outbound):
    with pytest.raises(Unreachable, match="name was not found") as caught:
        await outbound.request("GET", f"https://nowhere.invalid/{SECRET}")
    assert caught.value.retry


async def test_a_certificate_nobody_vouches_for(tmp_path, outbound):
    async with serving(tls=_self_signed(tmp_path)) as site:
        with pytest.raises(Untrusted) as caught:
            await outbound.request("GET", f"https://127.0.0.1:{site.port}/{SECRET}", trusted=True)
    holds_no_secret(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "ftp://example.org/",
        "file:///etc/passwd",
        "http://",
        "http://[",
        "http://xn--/",
        "https://a:99999/",
    ],
)
async def test_what_is_no_http_address_is_told(outbound, url):
    with pytest.raises(BadTarget) as caught:
        await outbound.request("GET", url)
    assert not caught.value.retry


@pytest.mark.parametrize("value", [f"{SECRET}\r\nX-Evil: 1", f"{SECRET}\x00"])
async def test_headers_cannot_be_smuggled(site, outbound, value):
    with pytest.raises(BadTarget) as caught:
        await outbound.request("GET", site.url, headers={"Authorization": value}, trusted=True)
    assert site.seen == []
    holds_no_secret(caught.value)


async def test_cancelling_is_not_an_error_of_the_network(site, outbound):
    task = asyncio.create_task(outbound.request("GET", f"{site.url}/slow", trusted=True))
    await site.asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def _self_signed(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    path = folder / "both.pem"
    path.write_bytes(
        key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain)
        + certificate.public_bytes(encoding)
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    return context
