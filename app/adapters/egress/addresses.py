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
ISATAP = 0x00005EFE
ISATAP_LOCAL = 0x02000000  # set or not
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
    return all(_passes(each, allowed) for each in _ends(address))


def is_opened(text: str, allowed: Sequence[Network]) -> bool:
    """Whether the operator's own networks hold this literal address."""
    return all(_is_in(each, allowed) for each in _ends(ip_address(text)))


def _passes(address: Address, allowed: Sequence[Network]) -> bool:
    return _is_in(address, allowed) or _is_public(address)


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


def _is_public(address: Address) -> bool:
    return (
        not _is_in(address, REFUSED)
        and address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_private
        and not address.is_link_local
    )


def _ends(address: Address) -> Iterator[Address]:
    """Where packets to it may end up: an IPv6 address may have an IPv4 one inside."""
    if isinstance(address, IPv4Address):
        yield address
        return
    if not _is_in(address, CARRIERS):
        yield address
    yield from _carried(address)


def _carried(address: IPv6Address) -> Iterator[IPv4Address]:
    if address in NAT64 or _is_isatap(address):
        yield IPv4Address(int(address) & 0xFFFFFFFF)
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo


def _is_isatap(address: IPv6Address) -> bool:
    """A tunnel within a site, in a network of any number: its mark stands in front of the IPv4."""
    return (int(address) >> 32) & ~ISATAP_LOCAL & 0xFFFFFFFF == ISATAP
