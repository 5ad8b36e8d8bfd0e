"""Which ports of the outside world are called."""

import pytest

from app.adapters.egress.door import Door, read_url
from app.adapters.egress.ports import is_this_machine, may_be_called
from app.domain.errors import Forbidden

PUBLIC = "93.184.216.34"


@pytest.mark.parametrize("port", [80, 443, 8000, 8080, 8443, 9000, 5001, 8096, 32400, 65535])
def test_media_are_fetched_from_where_people_serve_them(port: int) -> None:
    assert may_be_called(PUBLIC, port)


MAIL_AND_SHELLS = (1, 21, 22, 23, 25, 53, 81, 111, 389, 445, 465, 587, 993, 1023)
DATABASES = (1433, 3306, 5432, 6379, 9042, 9200, 11211, 27017)
COMMANDS = (2049, 2375, 2379, 3389, 5900, 5985, 6000, 6063, 6443, 6667, 8500, 9092, 10250)


@pytest.mark.parametrize("port", [*MAIL_AND_SHELLS, *DATABASES, *COMMANDS])
def test_where_no_web_server_is_expected_nobody_is_called(port: int) -> None:
    assert not may_be_called(PUBLIC, port)


def test_what_the_operator_lists_is_open_and_nothing_else() -> None:
    assert may_be_called(PUBLIC, 6379, [6379, 443])
    assert may_be_called(PUBLIC, 443, [6379, 443])
    assert not may_be_called(PUBLIC, 80, [6379, 443])
    assert not may_be_called(PUBLIC, 8080, [6379, 443])


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8"])
def test_behind_its_own_firewall_the_machine_calls_the_web_alone(address: str) -> None:
    assert is_this_machine(address)
    assert may_be_called(address, 80) and may_be_called(address, 443)
    assert not may_be_called(address, 8080)
    assert may_be_called(address, 8080, [8080])


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:4700:4700::1111"])
def test_another_machine_is_not_this_one(address: str) -> None:
    assert not is_this_machine(address)


class Answers:
    def __init__(self, *addresses: str) -> None:
        self._addresses = addresses

    async def __call__(self, host: str, port: int) -> tuple[str, ...]:
        return self._addresses


async def test_in_networks_of_the_operator_any_port_will_do() -> None:
    door = Door(["10.1.0.0/16"], (), Answers("10.1.2.3"))
    assert await door.addresses(read_url("http://nas.example:25/")) == ["10.1.2.3"]
    strict = Door(["10.1.0.0/16"], [443], Answers("10.1.2.3"))
    assert await strict.addresses(read_url("http://nas.example:25/")) == ["10.1.2.3"]


@pytest.mark.parametrize("addresses", [(PUBLIC,), ("10.1.2.3", PUBLIC)])
async def test_elsewhere_the_port_is_named_with_what_would_open_it(
    addresses: tuple[str, ...],
) -> None:
    door = Door(["10.1.0.0/16"], (), Answers(*addresses))
    with pytest.raises(Forbidden, match="port 25") as caught:
        await door.addresses(read_url("https://mail.example:25/"))
    assert caught.value.hint and "allowed_ports" in caught.value.hint


async def test_what_leads_inside_is_refused_as_such_on_whatever_port() -> None:
    with pytest.raises(Forbidden, match="public address"):
        await Door((), [25], Answers("10.1.2.3")).addresses(read_url("http://nas.example:25/"))


async def test_of_a_name_with_a_thousand_addresses_a_few_are_tried() -> None:
    many = [f"93.184.{each // 250}.{each % 250 + 1}" for each in range(1000)]
    assert len(await Door((), (), Answers(*many)).addresses(read_url("http://many.example/"))) == 8


async def test_of_a_name_in_both_families_a_few_of_each_are_tried() -> None:
    """In the system's order: which of them leads anywhere only trying tells."""
    newer = [f"2606:4700::{each}" for each in range(1, 10)]
    older = ["93.184.216.34", "93.184.216.35"]
    found = await Door((), (), Answers(*newer, *older)).addresses(read_url("http://both.example/"))
    assert found == [newer[0], older[0], newer[1], older[1], *newer[2:6]]
    found = await Door((), (), Answers(*older, *newer)).addresses(read_url("http://both.example/"))
    assert found[:3] == [older[0], newer[0], older[1]]
