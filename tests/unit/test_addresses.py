"""Which addresses are public: a table of those that are not, in all their disguises."""

import ipaddress

import pytest

from app.adapters.egress.addresses import is_allowed, is_opened, read_networks
from app.domain.errors import ConfigError

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "2606:4700:4700::1111",
    "2a00:1450:4001:81b::200e",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2002:808:808::1",
    "2a00:1450::5efe:808:808",
]

INSIDE = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8",
    "100::1",
    "2001:2::1",
    "2001:10::1",
    "2001:db8::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]

CARRYING = [
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::ffff:169.254.169.254",
    "::ffff:10.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::8.8.8.8",
    "2002:7f00:1::1",
    "2002:a9fe:a9fe::1",
    "2002:a00:1::",
    "2001:0:7f00:1::8",
    "2001:0:808:808:0:0:80ff:fffe",
    "::ffff:0:127.0.0.1",
    "2a00:1450::5efe:127.0.0.1",
    "2a00:1450::200:5efe:a9fe:a9fe",
    "fe80::5efe:8.8.8.8",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_pass(address: str) -> None:
    assert is_allowed(address)


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_that_lead_inside_do_not(address: str) -> None:
    assert not is_allowed(address)


@pytest.mark.parametrize("address", CARRYING)
def test_an_inside_address_packed_into_another_does_not_pass_either(address: str) -> None:
    assert not is_allowed(address)


@pytest.mark.parametrize(
    "text", ["", "example.com", "127.1", "2130706433", "0x7f.0.0.1", "1.1.1.01"]
)
def test_what_is_no_literal_address_does_not_pass(text: str) -> None:
    assert not is_allowed(text)


def test_the_operator_can_open_a_network_and_nothing_beside_it() -> None:
    networks = read_networks(["10.1.0.0/16", "fd00:1::/32"])
    assert is_allowed("10.1.2.3", networks)
    assert is_allowed("::ffff:10.1.2.3", networks)
    assert is_allowed("fd00:1::5", networks)
    assert is_allowed("8.8.8.8", networks)
    for address in ("10.2.0.1", "127.0.0.1", "fd00:2::1", "::ffff:10.2.0.1"):
        assert not is_allowed(address, networks)


def test_a_public_address_is_none_that_the_operator_opened() -> None:
    networks = read_networks(["10.1.0.0/16", "fd00:1::/32"])
    for address in ("10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::10.1.2.3", "fd00:1::5"):
        assert is_opened(address, networks)
    for address in ("8.8.8.8", "::ffff:8.8.8.8", "10.2.0.1", "2606:4700:4700::1111"):
        assert not is_opened(address, networks)
    assert not is_opened("10.1.2.3", ())


def test_a_network_that_is_none_stops_the_start() -> None:
    with pytest.raises(ConfigError, match="not-a-net"):
        read_networks(["not-a-net"])


def test_every_address_that_python_calls_private_is_refused() -> None:
    for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fe80::/10"):
        found = ipaddress.ip_network(network)
        assert not is_allowed(str(found[0]))
        assert not is_allowed(str(found[-1]))
