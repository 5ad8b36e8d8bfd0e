"""Those from whom the requests of many come."""

import os
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

#: A proxy on this machine, or whoever else works on it.
LOOPBACK = ("127.0.0.0/8", "::1")


class Proxies:
    """Addresses and networks, or `*` for all: what is none of these is nobody."""

    def __init__(self, told: str) -> None:
        words = [word.strip() for word in told.split(",")]
        self._all = "*" in words
        self._networks = [found for word in words if (found := _network(word)) is not None]

    def __contains__(self, host: str) -> bool:
        try:
            address = ip_address(host.partition("%")[0])
        except ValueError:  # of a socket in the file system
            return True
        plain = getattr(address, "ipv4_mapped", None) or address
        return self._all or any(plain in network for network in self._networks)


def known_proxies() -> Proxies:
    """Those that uvicorn believes when they say for whom they ask, and this machine."""
    return Proxies(",".join((*LOOPBACK, os.environ.get("FORWARDED_ALLOW_IPS", ""))))


def _network(word: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(word, strict=False)
    except ValueError:
        return None
