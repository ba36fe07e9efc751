"""Against real servers on this machine; they are "private targets", so most tests come as the operator."""

import asyncio
import gzip
import ssl
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tocsin.kernel.addresses import is_public
from tocsin.kernel.net import (
    BODY_LIMIT,
    BadTarget,
    NetError,
    Outbound,
    Outcome,
    Refused,
    Rejected,
    TimedOut,
    Unreachable,
    Untrusted,
    Verdict,
    outcome,
)
from tocsin.settings import PrivateTargets

SECRET = "s3cret"
NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
PUBLIC = """
8.8.8.8 1.1.1.1 100.128.0.1 172.32.0.1 2606:4700::1111 ::ffff:8.8.8.8 64:ff9b::8.8.8.8
2002:808:808::
"""
NOT_PUBLIC = """
0.0.0.0 10.0.0.1 100.64.0.1 127.0.0.1 169.254.169.254 172.16.0.1 192.0.0.8 192.0.2.1 192.88.99.1
192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255 :: ::1
::7f00:1 ::ffff:10.0.0.1 ::ffff:100.64.0.1 64:ff9b::10.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b:1::8.8.8.8
100::1 2001::1 2001:db8::1 2002:7f00:1:: 2002:a9fe:a9fe:: fc00::1 fd00::1 fe80::1 fe80::1%eth0
fec0::1 ff02::1 5f00::1
"""


class Site:
    """A server that remembers what it was asked."""

    def __init__(self):
        self.seen = []
        self.asked = asyncio.Event()
        self.release = asyncio.Event()
        self.port = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    async def answer(self, request):
        self.seen.append((request, await request.read()))
        self.asked.set()
        match request.path:
            case "/redirect":
                raise web.HTTPFound("/elsewhere", headers={"Set-Cookie": "a=b"})
            case "/busy":
                return web.Response(status=429, headers={"Retry-After": "7"})
            case "/large":
                return web.Response(body=b"x" * (BODY_LIMIT * 3))
            case "/bomb":
                return web.Response(
                    body=gzip.compress(bytes(50_000_000)), headers={"Content-Encoding": "gzip"}
                )
            case "/slow":
                await self.release.wait()
            case "/cut":
                request.transport.abort()
        return web.json_response({"ok": True}, headers={"X-Answer": "42"})


@asynccontextmanager
async def serving(tls=None):
    site = Site()
    runner = web.AppRunner(_app(site), shutdown_timeout=0.1)
    await runner.setup()
    listener = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await listener.start()
    site.port = runner.addresses[0][1]
    try:
        yield site
    finally:
        site.release.set()
        await runner.cleanup()


def _app(site):
    app = web.Application(client_max_size=10 * BODY_LIMIT)
    app.router.add_route("*", "/{tail:.*}", site.answer)
    return app


@pytest.fixture
async def site():
    async with serving() as site:
        yield site


@pytest.fixture
async def outbound():
    async with Outbound() as client:
        yield client


class Names(AbstractResolver):
    """DNS of the tests: each question takes the next answer, the last one stays."""

    def __init__(self, *answers):
        self._answers = list(answers)
        self.asked = 0

    async def resolve(self, host, port=0, family=0):
        self.asked += 1
        addresses = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": 10 if ":" in address else 2,
                "proto": 6,
                "flags": 0,
            }
            for address in addresses
        ]

    async def close(self):
        pass


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


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[::127.0.0.1]",
        "0.0.0.0",  # noqa: S104 - a target
        "10.0.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
    ],
)
async def test_private_targets_of_users_are_refused(site, outbound, host):
    with pytest.raises(Refused) as caught:
        await outbound.request("GET", f"http://user:{SECRET}@{host}:{site.port}/{SECRET}?{SECRET}")
    assert not caught.value.retry
    assert SECRET not in str(caught.value)
    assert site.seen == []


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "0177.0.0.1", "①②⑦.0.0.1"])
async def test_odd_spellings_of_private_addresses_do_not_get_through(site, outbound, host):
    with pytest.raises(NetError):
        await outbound.request("GET", f"http://{host}:{site.port}/")
    assert site.seen == []


async def test_a_name_that_resolves_to_private_addresses_is_refused(site):
    async with Outbound(resolver=Names(["10.0.0.1", "127.0.0.1", "::1"])) as client:
        with pytest.raises(Refused, match="private"):
            await client.request("GET", f"http://innocent.example:{site.port}/")
    assert site.seen == []


async def test_the_checked_answer_of_a_name_is_the_one_connected_to(site):
    """Were the name asked a second time between check and connection, the second answer would come through."""
    here = PrivateTargets(networks=(ip_network("127.0.0.1"),))
    good_then_bad, bad_then_good = Names(["127.0.0.1"], ["10.0.0.1"]), Names(["10.0.0.1"], ["127.0.0.1"])
    async with Outbound(here, resolver=good_then_bad) as client:
        assert (await client.request("GET", f"http://rebind.example:{site.port}/")).status == 200
    async with Outbound(here, resolver=bad_then_good) as client:
        with pytest.raises(Refused):
            await client.request("GET", f"http://rebind.example:{site.port}/")
    assert (good_then_bad.asked, bad_then_good.asked, len(site.seen)) == (1, 1, 1)


async def test_the_public_address_of_a_mixed_name_is_used(site):
    here = PrivateTargets(networks=(ip_network("127.0.0.1"),))
    async with Outbound(here, resolver=Names(["10.0.0.1", "fe80::1", "127.0.0.1"])) as client:
        assert (await client.request("GET", f"http://mixed.example:{site.port}/")).status == 200


async def test_users_do_not_ride_on_connections_of_the_operator(site):
    async with Outbound(resolver=Names(["127.0.0.1"])) as client:
        url = f"http://chat.internal:{site.port}/"
        assert (await client.request("GET", url, trusted=True)).status == 200
        with pytest.raises(Refused):
            await client.request("GET", url)
    assert len(site.seen) == 1


@pytest.mark.parametrize(
    "private",
    [
        PrivateTargets(everything=True),
        PrivateTargets(networks=(ip_network("127.0.0.0/8"),)),
        PrivateTargets(hosts=frozenset({"chat.internal"})),
    ],
    ids=["all", "network", "host"],
)
async def test_the_operator_may_allow_private_targets(site, private):
    async with Outbound(private, resolver=Names(["127.0.0.1"])) as client:
        assert (await client.request("GET", f"http://chat.internal:{site.port}/")).status == 200


async def test_an_allowed_host_does_not_allow_its_address(site):
    async with Outbound(PrivateTargets(hosts=frozenset({"chat.internal"}))) as client:
        with pytest.raises(Refused):
            await client.request("GET", site.url)


async def test_a_server_that_does_not_answer_times_out(site, outbound):
    with pytest.raises(TimedOut) as caught:
        await outbound.request("GET", f"{site.url}/slow?{SECRET}", trusted=True, timeout=0.2)
    assert caught.value.retry
    _holds_no_secret(caught.value)


async def test_a_connection_that_breaks_is_worth_another_try(site, outbound):
    with pytest.raises(Unreachable) as caught:
        await outbound.request("POST", f"{site.url}/cut?{SECRET}", trusted=True)
    assert caught.value.retry
    _holds_no_secret(caught.value)


async def test_nobody_listens(outbound):
    async with serving() as site:
        pass
    with pytest.raises(Unreachable, match="accepts no connection") as caught:
        await outbound.request("GET", f"{site.url}/{SECRET}", trusted=True)
    _holds_no_secret(caught.value)


async def test_a_name_that_does_not_exist(outbound):
    with pytest.raises(Unreachable, match="name was not found") as caught:
        await outbound.request("GET", f"https://nowhere.invalid/{SECRET}")
    assert caught.value.retry


async def test_a_certificate_nobody_vouches_for(tmp_path, outbound):
    async with serving(tls=_self_signed(tmp_path)) as site:
        with pytest.raises(Untrusted) as caught:
            await outbound.request("GET", f"https://127.0.0.1:{site.port}/{SECRET}", trusted=True)
    _holds_no_secret(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "ftp://example.org/",
        "file:///etc/passwd",
        "http://",
        "http://[",
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
    _holds_no_secret(caught.value)


async def test_cancelling_is_not_an_error_of_the_network(site, outbound):
    task = asyncio.create_task(outbound.request("GET", f"{site.url}/slow", trusted=True))
    await site.asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def _holds_no_secret(error):
    chain = [error, error.__cause__, error.__context__]
    assert SECRET not in "".join(map(repr, chain)) + str(error)


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


@pytest.mark.parametrize(
    "text",
    NOT_PUBLIC.split(),
)
def test_not_public(text):
    assert not is_public(ip_address(text))


@pytest.mark.parametrize(
    "text",
    PUBLIC.split(),
)
def test_public(text):
    assert is_public(ip_address(text))


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (200, {}, Outcome(Verdict.SUCCESS)),
        (204, {"Retry-After": "9"}, Outcome(Verdict.SUCCESS)),
        (301, {}, Outcome(Verdict.PERMANENT)),
        (400, {}, Outcome(Verdict.PERMANENT)),
        (401, {"Retry-After": "9"}, Outcome(Verdict.PERMANENT)),
        (404, {}, Outcome(Verdict.PERMANENT)),
        (410, {}, Outcome(Verdict.PERMANENT)),
        (408, {}, Outcome(Verdict.RETRY)),
        (500, {"Retry-After": "9"}, Outcome(Verdict.RETRY)),
        (502, {}, Outcome(Verdict.RETRY)),
        (504, {}, Outcome(Verdict.RETRY)),
        (429, {}, Outcome(Verdict.RETRY)),
        (429, {"retry-after": "30"}, Outcome(Verdict.WAIT, 30.0)),
        (429, {"Retry-After": "1.5"}, Outcome(Verdict.WAIT, 1.5)),
        (503, {"RETRY-AFTER": " 120 "}, Outcome(Verdict.WAIT, 120.0)),
        (503, {"Retry-After": "99999999999"}, Outcome(Verdict.WAIT, 3600.0)),
        (503, {"Retry-After": "9" * 500}, Outcome(Verdict.WAIT, 3600.0)),
        (503, {"Retry-After": "-5"}, Outcome(Verdict.RETRY)),
        (503, {"Retry-After": "soon"}, Outcome(Verdict.RETRY)),
        (503, {"Retry-After": "Sun, 01 Mar 2026 03:01:00 GMT"}, Outcome(Verdict.WAIT, 60.0)),
        (503, {"Retry-After": "Sun, 01 Mar 2026 02:00:00 GMT"}, Outcome(Verdict.WAIT, 0.0)),
        (
            429,
            {"Retry-After": "Sun, 01 Mar 2026 05:00:20 GMT", "Date": "Sun, 01 Mar 2026 05:00:00 GMT"},
            Outcome(Verdict.WAIT, 20.0),
        ),
    ],
)
def test_outcomes(status, headers, expected):
    assert outcome(status, headers, now=NOW) == expected
    assert expected.ok == (status < 300)
    assert expected.retry == (expected.verdict in {Verdict.RETRY, Verdict.WAIT})
