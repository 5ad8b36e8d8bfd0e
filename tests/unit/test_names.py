"""Names that nobody resolves hold up nobody else."""

import asyncio
import socket
import threading
from collections.abc import Iterator, Sequence

import pytest

from app.adapters.egress.names import Names, looked_up, read_as_number

SHORT, PATIENT = 0.05, 30.0  # seconds
MORE_THAN_ALL_SHARE = 40  # threads; those of the loop are 32 at most


class Silence:
    """A name server that says nothing until it is told to."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._lock = threading.Lock()
        self.asking = self.most = 0

    def __call__(self, host: str, port: int) -> Sequence[str]:
        with self._lock:
            self.asking += 1
            self.most = max(self.most, self.asking)
        self._over.wait(PATIENT)
        with self._lock:
            self.asking -= 1
        return ["192.0.2.1"]

    def end(self) -> None:
        self._over.set()


@pytest.fixture
def silence() -> Iterator[Silence]:
    silence = Silence()
    yield silence
    silence.end()


async def given_up(names: Names, number: int) -> None:
    """So many ask, and none is answered in time."""
    asked = [names(f"{each}.example", 80) for each in range(number)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(answer, TimeoutError) for answer in answers)


async def test_names_that_never_resolve_leave_the_threads_that_all_share_alone(
    silence: Silence,
) -> None:
    await given_up(Names(silence, wait=SHORT, most=MORE_THAN_ALL_SHARE), MORE_THAN_ALL_SHARE)
    assert silence.asking == MORE_THAN_ALL_SHARE
    async with asyncio.timeout(PATIENT):
        assert await asyncio.to_thread(threading.active_count) > MORE_THAN_ALL_SHARE


async def test_no_more_ask_at_a_time_than_may(silence: Silence) -> None:
    await given_up(Names(silence, wait=SHORT, most=3), 10)
    assert silence.most == 3


async def test_a_place_is_free_again_once_its_thread_has_ended(silence: Silence) -> None:
    names = Names(silence, wait=SHORT, most=1)
    await given_up(names, 1)
    silence.end()
    async with asyncio.timeout(PATIENT):
        while True:
            try:
                assert await names("again.example", 80) == ["192.0.2.1"]
                return
            except TimeoutError:
                continue


async def test_an_address_is_read_while_all_names_are_silent(silence: Silence) -> None:
    names = Names(silence, wait=SHORT, most=1)
    await given_up(names, 1)
    assert await names("127.0.0.1", 80) == ["127.0.0.1"]
    assert await names("0x7f.1", 80) == ["127.0.0.1"]


def test_a_name_that_nobody_resolves_does_not_hold_up_the_end(silence: Silence) -> None:
    asyncio.run(given_up(Names(silence, wait=SHORT), 1))
    assert silence.asking == 1


async def test_what_the_system_says_of_a_name_is_said() -> None:
    def unknown(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, host)

    with pytest.raises(socket.gaierror, match="nobody"):
        await Names(unknown)("nobody", 80)
    with pytest.raises(UnicodeError):
        await Names(looked_up)("x" * 70 + ".example", 80)


async def test_a_machine_without_a_thread_to_spare_costs_no_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    names = Names(lambda host, port: ["192.0.2.1"], wait=PATIENT, most=1)
    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", refuse)
        with pytest.raises(OSError, match="new thread"):
            await names("a.example", 80)
    assert await names("a.example", 80) == ["192.0.2.1"]


async def test_a_name_of_this_machine_is_known_without_a_name_server() -> None:
    assert {"127.0.0.1", "::1"} >= set(await Names()("localhost", 80)) > set()


@pytest.mark.parametrize("host", ["localhost", "example.org", "127.0.0.1.example", "", "x" * 70])
def test_a_name_is_no_number(host: str) -> None:
    assert read_as_number(host, 80) == []
