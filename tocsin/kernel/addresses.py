"""Which network addresses belong to the public internet."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

# Special ranges that Python's `is_global` of some supported version calls global.
_CLOSED: tuple[IPv4Network | IPv6Network, ...] = (
    IPv4Network("100.64.0.0/10"),  # carrier-grade NAT
    IPv4Network("192.0.0.0/24"),  # protocol assignments
    IPv4Network("192.88.99.0/24"),  # 6to4 relays
    IPv6Network("::/96"),  # IPv4-compatible
    IPv6Network("64:ff9b:1::/48"),  # local NAT64
    IPv6Network("100::/64"),  # discard
    IPv6Network("2001::/23"),  # Teredo and other protocol assignments
    IPv6Network("5f00::/16"),  # segment routing
    IPv6Network("fec0::/10"),  # site-local
)
_NAT64 = IPv6Network("64:ff9b::/96")
_LOW_32 = 0xFFFF_FFFF


def is_public(address: Address) -> bool:
    """Whether a packet to it leaves for the internet: not private, loopback, link-local, shared, multicast.

    An IPv6 address that carries an IPv4 address (mapped, NAT64, 6to4) is judged by that one.
    """
    carried = _carried(address)
    if carried is not None:
        return is_public(carried)
    closed = address.is_multicast or address.is_reserved or any(address in network for network in _CLOSED)
    return address.is_global and not closed


def parse(text: str) -> Address | None:
    """The address that a text is, brackets allowed; None for a name."""
    try:
        return ip_address(text.strip("[]"))
    except ValueError:
        return None


def _carried(address: Address) -> IPv4Address | None:
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & _LOW_32)
    return address.ipv4_mapped or address.sixtofour
