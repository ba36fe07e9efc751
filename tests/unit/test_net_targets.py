"""Where users may not send us: private addresses, however they are spelled or resolved."""

from ipaddress import ip_address, ip_network

import pytest

from tests.unit.net_site import SECRET, Names
from tocsin.kernel.addresses import is_public
from tocsin.kernel.net import NetError, Outbound, Refused
from tocsin.settings import PrivateTargets

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
