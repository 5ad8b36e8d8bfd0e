"""Which network addresses the service may call on a client's word: public ones, and no others.

`ipaddress.is_global` alone lets through NAT64, 6to4, site-local and multicast.
"""

from collections.abc import Iterator, Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import TypeAlias

from app.domain.errors import ConfigError

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

NAT64 = IPv6Network("64:ff9b::/96")
#: Addresses with IPv4 ones inside, which a router or the system takes out: mapped, NAT64, 6to4
#: and Teredo.
CARRIERS = (
    IPv6Network("::ffff:0:0/96"),
    NAT64,
    IPv6Network("2002::/16"),
    IPv6Network("2001::/32"),
)
#: Refused whatever the Python at hand thinks of them: its tables differ by version.
REFUSED: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "100.64.0.0/10",  # shared by carriers; cloud metadata
        "168.63.129.16/32",  # a cloud's host, on a public number
        "192.0.0.0/24",  # protocol assignments; cloud metadata
        "192.88.99.0/24",  # 6to4 relays
        "198.18.0.0/15",  # benchmarks
        "240.0.0.0/4",  # reserved, broadcast
        "::/96",  # unspecified, loopback, IPv4-compatible
        "64:ff9b:1::/48",  # NAT64 for local use
        "100::/64",  # discarded
        "2001::/23",  # protocol assignments
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
        "fec0::/10",  # site-local
    )
)


def read_networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """CIDRs as the operator wrote them, without host bits. Raises ConfigError."""
    try:
        return tuple(ip_network(text) for text in texts)
    except ValueError as error:
        raise ConfigError(f"not a network: {error}") from error


def is_allowed(text: str, allowed: Sequence[Network] = ()) -> bool:
    """Whether this literal address is public, or in a network the operator allows."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    carried = tuple(_carried(address))
    if carried:
        return all(_passes(inner, allowed) for inner in carried)
    return _passes(address, allowed)


def _passes(address: Address, allowed: Sequence[Network]) -> bool:
    return any(address in network for network in allowed) or _is_public(address)


def _is_public(address: Address) -> bool:
    if any(address in network for network in REFUSED):
        return False
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_private
        and not address.is_link_local
    )


def _carried(address: Address) -> Iterator[IPv4Address]:
    """The IPv4 addresses inside an IPv6 one: packets to it end up there."""
    if isinstance(address, IPv4Address) or not any(address in network for network in CARRIERS):
        return
    if address in NAT64:
        yield IPv4Address(int(address) & 0xFFFFFFFF)
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
