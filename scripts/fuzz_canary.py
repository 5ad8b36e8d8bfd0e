"""Files that nobody may open, and a look at whether what they hold stands anywhere."""

import mmap
import wave
from collections.abc import Iterator
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
    """Files in there that hold the token. Some may come and go meanwhile."""
    for file in folder.rglob("*"):
        try:
            if file.is_file() and _holds(file):
                yield file
        except FileNotFoundError:
            continue


def _holds(file: Path) -> bool:
    with file.open("rb") as opened:
        if file.stat().st_size == 0:
            return False
        with mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return content.find(TOKEN) >= 0
