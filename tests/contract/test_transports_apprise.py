"""Apprise: what it may reach, what is kept of its URL, and what its failures mean."""

import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.test_transports_email import page
from tests.contract.vendors import SECRET, Vendor, serving
from tocsin.integrations.apprise import INFO, Apprise
from tocsin.kernel.fence import OutOfBoundsError, fence
from tocsin.paging.transport import BadAddress, Destination, SendFailed
from tocsin.settings import PrivateTargets

NOBODY = PrivateTargets()


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    async with serving() as found:
        found.says(200, b"ok")
        yield found


def to(vendor: Vendor, host: str = "127.0.0.1") -> Destination:
    return INFO.accept(f"json://{host}:{vendor.port}/{SECRET}", "")


def test_of_a_url_only_the_scheme_is_shown() -> None:
    found = INFO.accept(f"discord://4174216298/{SECRET}", "")
    other = INFO.accept(f"discord://4174216298/{SECRET}x", "")
    assert found.address.startswith("discord (")
    assert SECRET not in found.address + repr(found)
    assert found.secret == f"discord://4174216298/{SECRET}"
    assert found.address != other.address


@pytest.mark.parametrize(
    "address",
    ["discord", "discord://", "nosuch://host/x", "syslog://", "file:///etc/passwd", "exec://x", "dbus://", "DBUS://x",
     f"slack://{SECRET}", "json://", "://x"],
)  # fmt: skip
def test_what_cannot_work_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(BadAddress) as bad:
        INFO.accept(address, "")
    assert SECRET not in str(bad.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "[::1]", "127.1", "2130706433"])  # noqa: S104
async def test_private_addresses_are_refused_where_it_connects(vendor: Vendor, host: str) -> None:
    with pytest.raises(SendFailed) as failed:
        await Apprise(NOBODY).send(page(), Destination("json", f"json://{host}:{vendor.port}/x"))
    assert vendor.asked == []
    assert not failed.value.retry or "hand it" in str(failed.value)


async def test_the_operator_may_allow_a_network_or_a_name(vendor: Vendor) -> None:
    by_name = PrivateTargets(hosts=frozenset({"localhost"}))
    await Apprise(by_name).send(page(), to(vendor, "localhost"))
    with pytest.raises(SendFailed, match="private address"):
        await Apprise(by_name).send(page(), to(vendor))
    assert len(vendor.asked) == 1


async def test_a_redirect_leads_nowhere(vendor: Vendor) -> None:
    async with serving() as other:
        vendor.says(302, b"", Location=f"{other.root}/metadata")
        with pytest.raises(SendFailed, match="302") as failed:
            await Apprise(PrivateTargets(everything=True)).send(page(), to(vendor))
        assert other.asked == []
    assert not failed.value.retry


async def test_a_url_that_went_bad_is_a_sentence() -> None:
    with pytest.raises(SendFailed, match="add it again") as failed:
        await Apprise(NOBODY).send(page(), Destination("json (1)", None))
    assert not failed.value.retry


def test_the_fence_lets_nothing_start_and_keeps_other_threads_free() -> None:
    with fence(NOBODY) as refused, pytest.raises(OutOfBoundsError):
        subprocess.run([sys.executable, "-c", ""], check=False)
    assert refused
    with fence(NOBODY), socket.socket() as client, pytest.raises(OutOfBoundsError):
        client.connect(("127.0.0.1", 9))
    with socket.socket() as client, pytest.raises(ConnectionRefusedError):
        client.connect(("127.0.0.1", 9))


def test_the_fence_hides_the_files_of_this_machine() -> None:
    with fence(NOBODY):
        assert Path(socket.__file__).read_bytes()
        with pytest.raises(OutOfBoundsError):
            Path("/etc/passwd").read_bytes()
        with pytest.raises(OutOfBoundsError):
            Path(f"{sys.prefix}/../../../../../../../etc/passwd").read_bytes()
    assert Path("/etc/passwd").read_bytes()


def test_the_fence_knows_datagrams_and_sockets_of_this_machine() -> None:
    with (
        fence(NOBODY) as refused,
        socket.socket(type=socket.SOCK_DGRAM) as client,
        pytest.raises(OutOfBoundsError),
    ):
        client.sendto(b"x", ("127.0.0.1", 514))
    with fence(NOBODY), socket.socket(socket.AF_UNIX) as client, pytest.raises(OutOfBoundsError):
        client.connect("/run/somewhere")
    assert refused == ["socket.sendto"]
