"""Files that nobody may open, and a look at whether what they hold stands anywhere."""

import mmap
import os
import wave
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from app.domain.media import SAMPLE_RATE
from tests.paths import CANARY

TOKEN = CANARY.encode()
SECONDS = 3


def planted(file: Path) -> Path:
    """Sound whose samples are the token again and again: decoded, they still are."""
    file.parent.mkdir(parents=True, exist_ok=True)
    needed = SECONDS * SAMPLE_RATE * 2
    with wave.open(str(file), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(SAMPLE_RATE)
        sound.writeframes((TOKEN * (needed // len(TOKEN) + 1))[:needed])
    return file


def holders(folder: Path) -> Iterator[Path]:
    """Files in there that hold the token; links are not followed."""
    for inner, _, names in os.walk(folder):
        yield from (file for file in map(Path(inner).joinpath, names) if _holds(file))


def _holds(file: Path) -> bool:
    """Nothing holds it that went meanwhile, that is empty, or that is no file to read."""
    if not file.is_file() or file.is_symlink():
        return False
    with suppress(FileNotFoundError, ValueError), file.open("rb") as opened:  # empty: ValueError
        with mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return content.find(TOKEN) >= 0
    return False
