"""Where a service cannot listen, it says so before it does anything else."""

import socket
from pathlib import Path

import pytest

from app.config import load_settings
from app.domain.errors import ConfigError
from app.server import run


def test_a_port_that_is_taken_is_named_before_anything_is_made(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        told = refused("127.0.0.1", port, tmp_path / "data")
    assert f"127.0.0.1:{port}: Address already in use" in told.message
    assert told.hint is not None and "[app.server]" in told.hint


def test_an_address_of_another_machine_is_named(tmp_path: Path) -> None:
    assert "192.0.2.1:" in refused("192.0.2.1", 8000, tmp_path / "data").message


def test_a_host_that_nobody_knows_is_named(tmp_path: Path) -> None:
    assert "nowhere.invalid:" in refused("nowhere.invalid", 8000, tmp_path / "data").message


def refused(host: str, port: int, data: Path) -> ConfigError:
    settings = load_settings(server={"host": host, "port": port}, storage={"data_dir": data})
    with pytest.raises(ConfigError) as error:
        run(settings)
    assert not data.exists()
    return error.value
