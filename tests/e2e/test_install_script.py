"""`scripts/install`: what it asks of pip, and where it must not do its work."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.locks import read
from tests.media import ROOT

Asked = Callable[..., list[str]]

#: Writes down what it is asked for. That torch is here already spares a look at its index.
PIP = """#!/bin/sh
case "$*" in *--dry-run*) exit 0 ;; esac
echo "$*" >>asked.txt
"""
HASHED = " \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n    # via "
LOCKS = {
    "requirements": f"h11==0.16.0{HASHED}spool-media (pyproject.toml)",
    "requirements-torch": f"scipy==1.17.1{HASHED}torch\ntorch==2.13.0\n    # via keybert",
    "requirements-dask": f"distributed==2026.8.0{HASHED}spool-media (pyproject.toml)",
    "requirements-telemetry": f"opentelemetry-sdk==1.45.2{HASHED}spool-media (pyproject.toml)",
    "requirements-dev": f"pytest==9.2.0{HASHED}spool-media (pyproject.toml:dev)",
}


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    """`asked(*options)`: what pip is asked for, line by line, by made-up locks."""
    root = tmp_path.resolve()
    (root / ".venv" / "bin").mkdir(parents=True)
    (root / ".venv" / "bin" / "python").symlink_to(sys.executable)
    (root / ".venv" / "bin" / "activate").write_text(f"VIRTUAL_ENV={root}/.venv\n")
    pip = root / ".venv" / "bin" / "pip"
    pip.write_text(PIP)
    pip.chmod(0o755)
    (root / "scripts").mkdir()
    (root / "pyproject.toml").touch()
    shutil.copy(ROOT / "scripts" / "install", root / "scripts")

    for name, text in LOCKS.items():
        (root / "scripts" / f"{name}.lock").write_text(f"{text}\n")

    def install(*options: str) -> list[str]:
        command = [str(root / "scripts" / "install"), *options]
        subprocess.run(command, check=True, timeout=60, capture_output=True)
        return (root / "asked.txt").read_text().splitlines()

    return install


def named(root: Path, file: str) -> list[str]:
    """The packages of a file that pip was given."""
    return list(read((root / ".venv" / file).read_text()))


def test_pip_takes_no_file_but_those_of_the_locks(asked: Asked, tmp_path: Path) -> None:
    first, torch, *rest = asked("--dev")
    assert first.endswith("--no-deps --require-hashes -r .venv/spool-hashed.txt")
    assert named(tmp_path, "spool-hashed.txt") == ["h11", "scipy", "pytest"]
    assert torch == "install --no-compile torch==2.13.0"
    assert rest == ["install --quiet --no-deps -e ."]


def test_without_torch_nothing_is_taken_unchecked(asked: Asked, tmp_path: Path) -> None:
    first, *rest = asked("--lean")
    assert "--require-hashes" in first
    assert named(tmp_path, "spool-hashed.txt") == ["h11"]
    assert rest == ["install --quiet --no-deps -e ."]


def test_extras_are_taken_when_they_are_asked_for_and_stay(asked: Asked, tmp_path: Path) -> None:
    asked("--lean", "--telemetry")
    assert named(tmp_path, "spool-hashed.txt") == ["h11", "opentelemetry-sdk"]
    asked("--dask")
    assert named(tmp_path, "spool-hashed.txt") == ["h11", "distributed", "opentelemetry-sdk"]


def test_a_venv_that_is_a_link_is_refused_and_what_it_leads_to_is_kept(tmp_path: Path) -> None:
    """It was emptied: `venv --clear` goes through links."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "install", tmp_path / "scripts")
    (tmp_path / "others").mkdir()
    kept = tmp_path / "others" / "kept"
    kept.touch()
    (tmp_path / ".venv").symlink_to("others")
    script = tmp_path / "scripts" / "install"
    ended = subprocess.run([script], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert ".venv is a link to others" in ended.stderr
    assert kept.exists()
