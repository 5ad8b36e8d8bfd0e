"""Who is let in, and who has to go."""

import pytest

from app.server.places import MOST, PART, Places, by_descriptors
from app.server.proxies import Proxies


class Visitor:
    def __init__(self, origin: str) -> None:
        self.origin, self.gone = origin, False

    def leave(self) -> None:
        self.gone = True


def let_in(places: Places, number: int, origin: str, *, idle: bool = False) -> list[Visitor]:
    found = [Visitor(origin) for _ in range(number)]
    for visitor in found:
        assert places.take(visitor)
        if idle:
            places.rest(visitor)
    return found


def test_one_address_takes_its_share_and_leaves_the_rest_to_others() -> None:
    places = Places(10)
    let_in(places, 10 // PART, "192.0.2.1")
    for _ in range(100):
        assert not places.take(Visitor("192.0.2.1"))
    let_in(places, 5, "192.0.2.2")
    assert not places.take(Visitor("192.0.2.3"))


def test_who_is_idle_makes_room_for_the_next_from_there_and_for_nobody_elses() -> None:
    places = Places(10)
    first, *others = let_in(places, 5, "192.0.2.1", idle=True)
    [elsewhere] = let_in(places, 1, "192.0.2.2", idle=True)
    let_in(places, 1, "192.0.2.1")
    assert first.gone and not any(each.gone for each in (*others, elsewhere))


def test_who_takes_the_place_of_one_from_there_sends_nobody_else_away() -> None:
    """Also when the house is full, and the one who has to go is not out of the door yet."""
    places = Places(10)
    first, *_ = let_in(places, 5, "192.0.2.1", idle=True)
    elsewhere = let_in(places, 5, "192.0.2.2", idle=True)
    let_in(places, 1, "192.0.2.1")
    assert first.gone and not any(each.gone for each in elsewhere)


def test_of_those_who_are_refused_only_some_are_told_why() -> None:
    """Each that is told takes a descriptor until it has read it."""
    places = Places(10)
    guests = let_in(places, 5, "192.0.2.1")
    refused = [Visitor("192.0.2.1") for _ in range(6)]
    for number, visitor in enumerate(refused):
        assert not places.besieged, number
        assert not places.take(visitor)
    assert places.besieged
    for guest in (*guests, *refused):
        places.free(guest)
    assert not places.besieged and not places._taken


def test_of_those_that_come_by_a_proxy_all_places_may_be_taken() -> None:
    places = Places(10)
    let_in(places, 10, "")
    assert not places.take(Visitor(""))


def test_a_place_is_free_again_once_a_guest_is_gone() -> None:
    places = Places(4)
    for _ in range(100):
        guests = let_in(places, 2, "192.0.2.1")
        refused = Visitor("192.0.2.1")
        assert not places.take(refused)
        for guest in (refused, *guests):
            places.free(guest)
    assert not places._taken and not places._taken_from and not places._refused


def test_guests_who_went_to_and_fro_leave_nothing_behind() -> None:
    places = Places(10)
    guests = let_in(places, 5, "192.0.2.1", idle=True)
    for guest in guests:
        places.wake(guest)
        places.wake(guest)
        places.rest(guest)
        places.rest(guest)
        places.free(guest)
    assert not places._idle and not places._idle_from and not places._taken_from


def test_the_longest_idle_guest_makes_room_and_nobody_who_is_served() -> None:
    places, guests = Places(3), [Visitor("") for _ in range(5)]
    for guest in guests[:3]:
        assert places.take(guest)
        places.rest(guest)
    places.wake(guests[0])
    assert places.take(guests[3])
    assert [guest.gone for guest in guests] == [False, True, False, False, False]
    places.free(guests[1])
    places.wake(guests[2])
    assert not places.take(guests[4])
    assert not guests[0].gone and not guests[2].gone


def test_connections_leave_descriptors_for_the_rest() -> None:
    assert 1 <= by_descriptors() <= MOST


@pytest.mark.parametrize(
    ("told", "host", "known"),
    [
        ("127.0.0.0/8,::1", "127.0.0.9", True),
        ("127.0.0.0/8,::1", "::1", True),
        ("127.0.0.0/8,::1", "::ffff:127.0.0.1", True),
        ("10.0.0.1, 10.1.0.0/16", "10.1.2.3", True),
        ("10.0.0.1, 10.1.0.0/16", "10.0.0.2", False),
        ("*", "192.0.2.1", True),
        ("", "192.0.2.1", False),
        ("a name, 10.0.0.1", "10.0.0.1", True),
        ("", "/run/spool.sock", True),
    ],
)
def test_a_proxy_is_known_by_its_address(told: str, host: str, known: bool) -> None:
    assert (host in Proxies(told)) == known
