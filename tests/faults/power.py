"""A power cut, as far as one machine can do that to itself.

The service runs on an ext4 that is a file. It is frozen with all its children, and the file is
copied: the copy holds what has reached "the disk", and nothing of what was only in memory. The
next start is on that copy. The clients' own books lie elsewhere.
"""

import random
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.faults import processes
from tests.faults.ledger import Ledger
from tests.faults.load import Load
from tests.faults.outside import Outside
from tests.faults.polling import until
from tests.faults.spool import MiB, Spool

IMAGE = 384 * MiB
FREE_WITHIN = 20.0  # seconds
LONGEST = 11.0  # seconds to a cut: over two of ext4's own commits, which come every 5 s


@dataclass(frozen=True)
class Image:
    """An ext4 in a file, and where it is mounted."""

    file: Path
    mount: Path

    def make(self) -> None:
        with self.file.open("wb") as image:
            image.truncate(IMAGE)
        _run("mkfs.ext4", "-q", "-F", str(self.file))

    def plug_in(self) -> None:
        self.mount.mkdir(exist_ok=True)
        _run("mount", "-o", "loop", str(self.file), str(self.mount))

    def pull_out(self) -> None:
        """A process that has just been killed may hold files for a moment more."""
        until(self._is_let_go, FREE_WITHIN, "nobody uses the disk")

    def _is_let_go(self) -> bool:
        return not subprocess.run(["umount", str(self.mount)], capture_output=True).returncode

    def as_after_a_cut(self) -> "Image":
        copy = Image(self.file.with_suffix(".cut"), self.mount)
        _run("cp", "--sparse=always", str(self.file), str(copy.file))
        return copy


@contextmanager
def plugged_in(folder: Path) -> Iterator[Image]:
    """Raises OSError where nothing may be mounted."""
    folder.mkdir(parents=True, exist_ok=True)
    image = Image(folder / "disk.ext4", folder / "disk")
    try:
        image.make()
        image.plug_in()
        yield image
    finally:
        command = ["umount", "--lazy", str(image.mount)]
        subprocess.run(command, capture_output=True, check=False)
        for file in folder.glob("disk.*"):
            file.unlink()


def cut(
    spool: Spool, ledger: Ledger, world: Outside, image: Image, seed: int, longest: float = LONGEST
) -> float:
    """Under load. Seconds until the service answers again, on what the cut left of the disk."""
    chance = random.Random(seed)
    with Load(spool, ledger, world, seed):
        spool.start()
        time.sleep(chance.uniform(0.5, longest))  # the moment is the whole point
        processes.freeze(spool.run, spool.data)
        left = image.as_after_a_cut()
        processes.end(spool.run, spool.data)
        spool.kill()
        spool.await_no_orphans()
        image.pull_out()
        left.plug_in()
        began = time.monotonic()
        spool.start()
        return time.monotonic() - began


def _run(*command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    except FileNotFoundError as error:
        raise OSError(f"no {command[0]} here") from error
    if done.returncode:
        raise OSError(f"{' '.join(command)}: {done.stderr.strip()}")
