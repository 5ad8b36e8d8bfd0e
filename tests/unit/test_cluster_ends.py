"""The ends of a cluster that cannot be started say why, in one line."""

import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from app.adapters.dask_pool import inside
from app.adapters.dask_pool.inside import Bench
from app.adapters.dask_pool.serving import serve_scheduler, serve_worker
from app.domain.errors import ConfigError
from tests.herepool import HerePool

pytest.importorskip("distributed")
LOOPBACK = "127.0.0.1"
#: Kept for documents: no machine has it.
NOWHERE = "203.0.113.7"


@pytest.fixture
def taken() -> Iterator[int]:
    """A port at which somebody listens."""
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        port: int = other.getsockname()[1]
        yield port


def never(address: str) -> None:
    raise AssertionError(f"it is up at {address}")


async def scheduler(host: str, port: int, *, tls: bool = False) -> str:
    with pytest.raises(ConfigError) as caught:
        await serve_scheduler(host, port, never, tls=tls)
    assert caught.value.message.startswith(f"the scheduler cannot listen on {host}:{port}: ")
    return caught.value.message


async def test_a_scheduler_says_that_its_port_is_taken(taken: int) -> None:
    assert "in use" in await scheduler(LOOPBACK, taken)


async def test_a_scheduler_says_that_an_address_is_none_of_this_machine(taken: int) -> None:
    assert "assign" in await scheduler(NOWHERE, taken)


async def test_a_scheduler_says_that_no_certificate_was_told(taken: int) -> None:
    assert "TLS" in await scheduler(LOOPBACK, taken, tls=True)


@pytest.mark.parametrize(
    ("address", "host", "said"),
    [
        (f"tls://{LOOPBACK}:9", LOOPBACK, "TLS"),
        (f"http://{LOOPBACK}:9", LOOPBACK, "http"),
        (f"tcp://{LOOPBACK}:9", NOWHERE, NOWHERE),
    ],
)
async def test_a_worker_says_what_is_wrong_with_its_addresses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, host: str, said: str
) -> None:
    monkeypatch.setattr(inside, "_bench", None)
    bench = Bench(pool=HerePool(), models=cast(Any, SimpleNamespace()))
    with pytest.raises(ConfigError) as caught:
        await serve_worker(address, bench, host=host, folder=tmp_path, up=never)
    assert caught.value.message.startswith(f"no worker can be started for {address}: ")
    assert said in caught.value.message.partition(": ")[2]
