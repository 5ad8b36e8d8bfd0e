"""Where a service cannot listen, it says so before it does anything else."""

import errno
import os
import socket
from pathlib import Path
from typing import NoReturn

import pytest

from app.adapters.port import check_free
from app.config import load_settings
from app.domain.errors import ConfigError
from app.server import process

TAKEN = os.strerror(errno.EADDRINUSE)


def test_a_port_that_is_taken_is_named_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def goes_on(*_: object, **__: object) -> NoReturn:
        pytest.fail("it went on")

    monkeypatch.setattr(process, "configure", goes_on)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        server, storage = {"host": "127.0.0.1", "port": port}, {"data_dir": tmp_path / "data"}
        with pytest.raises(ConfigError, match=f"^127.0.0.1:{port}: {TAKEN}$"):
            process.run(load_settings(server=server, storage=storage))
    assert not (tmp_path / "data").exists()


def test_one_that_is_free_can_be_taken_afterwards() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
    check_free("127.0.0.1", port)
    check_free("127.0.0.1", port)
    check_free("localhost", 0)


def test_of_all_addresses_of_a_machine_none_may_be_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert TAKEN in refusal("0.0.0.0", port) and TAKEN in refusal("", port)


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_one_that_is_taken_by_the_other_internet_protocol_alone_is_taken() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as other:
        port = other.getsockname()[1]
        assert f"[::1]:{port}: {TAKEN}" in refusal("::1", port)
        assert TAKEN in refusal("", port)


def test_an_address_of_another_machine_is_refused() -> None:
    assert refusal("192.0.2.1", 0) == f"192.0.2.1:0: {os.strerror(errno.EADDRNOTAVAIL)}"


@pytest.mark.parametrize("host", ["nowhere.invalid", "a..b", "x" * 64 + ".example"])
def test_a_host_that_nobody_knows_is_refused_with_the_reason(host: str) -> None:
    said = refusal(host, 8000)
    assert said.startswith(f"{host}:8000: ") and "nknown error" not in said
    assert not said.endswith(("None", ": "))


def refusal(host: str, port: int) -> str:
    with pytest.raises(ConfigError) as error:
        check_free(host, port)
    assert error.value.hint is not None and "[app.server]" in error.value.hint
    return error.value.message
