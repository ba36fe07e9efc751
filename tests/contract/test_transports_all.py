"""What every way to reach people must do, whatever it is: run over the registry, each against a server on this machine
that imitates what its vendor publishes. Mail speaks SMTP and has the same questions in test_transports_email.py."""

import logging
from collections.abc import AsyncIterator

import pytest

from tests.contract.test_transports_email import page
from tests.contract.vendors import CASES, SECRET, Case, Vendor, serving
from tests.shape.source import ROOT
from tocsin.integrations.registry import transports
from tocsin.kernel.net import Outbound
from tocsin.paging.transport import Message, SendFailed, Sent, Transport
from tocsin.settings import PrivateTargets, load

each = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
FINE = {name: case for name, case in CASES.items() if not case.coarse}
each_that_tells = pytest.mark.parametrize("case", FINE.values(), ids=FINE)
HOSTILE = [
    "<script>alert(1)</script>", "x" * 10_000, "nul \0 here", "half \ud83d", "ü😀" * 200, "line\r\nX-Evil: 1",
    "{{ 7 * 7 }} ${7*7} %n%s", "&amp; ]]> <!-- \u202e",
]  # fmt: skip


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    async with serving() as found:
        yield found


@pytest.fixture
async def outbound() -> AsyncIterator[Outbound]:
    async with Outbound(PrivateTargets(everything=True)) as client:
        yield client


class Way:
    """One transport, its vendor, and an address there."""

    def __init__(self, case: Case, vendor: Vendor, outbound: Outbound, timeout: float = 5.0) -> None:
        self.case, self.vendor, self.outbound = case, vendor, outbound
        self.transport: Transport = case.make(outbound, vendor.root, timeout)
        vendor.says(*case.good)
        vendor.steps = case.steps

    async def send(self, message: Message | None = None) -> Sent:
        return await self.transport.send(message or page(), self.case.to(self.vendor.root))

    async def fails(self, message: Message | None = None) -> SendFailed:
        with pytest.raises(SendFailed) as failed:
            await self.send(message)
        return failed.value


@pytest.fixture
def way(case: Case, vendor: Vendor, outbound: Outbound) -> Way:
    return Way(case, vendor, outbound)


async def test_each_of_the_registry_is_held_to_it(outbound: Outbound) -> None:
    known = transports(load({}), outbound)
    assert {case.transport for case in CASES.values()} == set(known) - {"email"}
    assert all(transport.info.name == name for name, transport in known.items())


async def test_each_has_its_page_and_says_what_it_needs(outbound: Outbound) -> None:
    for name, transport in transports(load({}), outbound).items():
        info = transport.info
        page_of = ROOT / "docs/integrations" / info.doc
        assert info.doc == f"{name}.md"
        assert info.title in page_of.read_text(encoding="utf-8").splitlines()[0]
        assert info.fields[0].name == "address"
        assert all(field.label for field in info.fields)
        assert 1 <= info.at_once <= 100


@each
async def test_a_page_is_taken(way: Way) -> None:
    sent = await way.send()
    assert sent.vendor_id == way.case.vendor_id or not way.case.vendor_id
    assert "Checkout is failing" in way.case.words(way.vendor.asked[0])
    assert way.transport.ready


@each
@pytest.mark.parametrize(
    ("status", "retry"),
    [(301, False), (400, False), (401, False), (403, False), (404, False), (410, False), (422, False),
     (408, True), (425, True), (429, True), (500, True), (502, True), (503, True), (504, True)],
)  # fmt: skip
async def test_every_status_has_its_meaning(way: Way, status: int, *, retry: bool) -> None:
    way.vendor.says(status, b"SECRETSECRET no json")
    failed = await way.fails()
    assert failed.retry is retry
    assert not failed.maybe_sent
    assert str(status) in str(failed)


@each_that_tells
@pytest.mark.parametrize("status", [429, 503])
async def test_it_waits_as_long_as_it_is_told(way: Way, status: int) -> None:
    way.vendor.says(status, Retry_After="17")
    failed = await way.fails()
    assert (failed.retry, failed.after) == (True, 17)


@each
async def test_a_service_that_hangs_is_left(case: Case, vendor: Vendor, outbound: Outbound) -> None:
    way = Way(case, vendor, outbound, timeout=0.3)
    vendor.mode = "hang"
    failed = await way.fails()
    assert failed.retry
    assert failed.maybe_sent
    assert "in time" in str(failed)


@each
async def test_a_connection_that_breaks_may_mean_that_it_was_taken(way: Way) -> None:
    way.vendor.mode = "close"
    failed = await way.fails()
    assert failed.retry
    assert failed.maybe_sent


@each_that_tells
async def test_nobody_there_is_tried_again_and_took_nothing(case: Case, outbound: Outbound) -> None:
    transport = case.make(outbound, "http://127.0.0.1:9", 5.0)
    with pytest.raises(SendFailed) as failed:
        await transport.send(page(), case.to("http://127.0.0.1:9"))
    assert failed.value.retry
    assert not failed.value.maybe_sent


@each
@pytest.mark.parametrize(
    "garbage", [b"", b"\xff\x00" * 100_000, b"<html>Sign in</html>", b"[]", b"null", b'{"id"']
)
async def test_garbage_is_no_answer(way: Way, garbage: bytes) -> None:
    """A good status with something else in it comes from a captive portal or a proxy, not from the service."""
    way.vendor.says(200, garbage)
    if way.case.garbage_is_good:
        await way.send()
        return
    failed = await way.fails()
    assert failed.retry
    assert failed.maybe_sent


@each
@pytest.mark.parametrize("mode", ["refused", "denied", "close", "garbage", "nobody", "taken"])
async def test_no_error_and_no_log_holds_a_secret(
    way: Way, caplog: pytest.LogCaptureFixture, mode: str
) -> None:
    caplog.set_level(logging.DEBUG)
    match mode:
        case "refused":
            way.vendor.says(400, {"ok": False, "description": SECRET, "message": SECRET, "code": SECRET})
        case "denied":
            way.vendor.says(403, SECRET.encode())
        case "close":
            way.vendor.mode = "close"
        case "garbage":
            way.vendor.says(200, SECRET.encode())
    said = repr(way.case.to(way.vendor.root).secret) if mode == "taken" else ""
    try:
        root = "http://127.0.0.1:9" if mode == "nobody" else way.vendor.root
        transport = way.case.make(way.outbound, root, 5.0)
        said = repr(await transport.send(page(), way.case.to(root)))
    except SendFailed as failed:
        said = f"{failed} {failed!r} {failed.__context__} {failed.__cause__}"
    assert SECRET not in said + caplog.text
    assert "ack/TOKEN" not in said + caplog.text


@each
@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_words_arrive_as_words(way: Way, words: str) -> None:
    await way.send(page(words, description=words))
    (asked,) = way.vendor.asked
    text = way.case.words(asked)
    assert 0 < len(text.encode()) <= 2 * way.case.most
    assert not {name.lower() for name in asked.headers} & {"x-evil", "bcc"}


@each_that_tells
async def test_a_repeat_is_recognisable(way: Way) -> None:
    """The same delivery twice: whoever looks for repeats finds the same key."""
    message = page()
    for _ in range(2):
        await way.send(message)
    keys = {asked.headers.get("Idempotency-Key") for asked in way.vendor.asked}
    assert keys == {str(message.key)}


@each_that_tells
async def test_private_addresses_are_refused_where_people_choose_them(case: Case, vendor: Vendor) -> None:
    async with Outbound() as guarded:
        way = Way(case, vendor, guarded)
        if case.operated:
            await way.send()
            return
        failed = await way.fails()
    assert not failed.retry
    assert "private address" in str(failed)
    assert vendor.asked == []
