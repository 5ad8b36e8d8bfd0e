"""Media that name other files and addresses: neither is ever opened, whatever the container."""

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from app.domain.errors import MediaError
from app.domain.media import SAMPLE_RATE, Audio
from app.pipeline.extract import extract
from app.ports import MediaExtractor
from tests import caged
from tests.herepool import HerePool
from tests.media import run_ffmpeg, tone

CONTAINERS = {
    "x.mp4": ("-c:a", "aac"),
    "x.mov": ("-c:a", "pcm_s16be"),
    "x.mkv": ("-c:a", "pcm_s16le"),
    "x.webm": ("-c:a", "libopus"),
    "x.avi": ("-c:a", "pcm_s16le"),
    "x.ogg": ("-c:a", "libopus"),
    "x.flac": (),
    "x.wav": (),
    "x.mp3": (),
    "x.ts": ("-c:a", "aac"),
    "x.flv": ("-c:a", "aac"),
    "x.caf": ("-c:a", "pcm_s16le"),
}
LIST = "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n{uri}\n#EXTINF:3,\n{file}\n#EXT-X-ENDLIST\n"
#: Another file, of a tone; and an address at which somebody listens.
SECRET, HERTZ = "secret.wav", 440.0


class Bait:
    def __init__(self, folder: Path, listening: socket.socket) -> None:
        self.folder, self._listening = folder, listening
        self.file = tone(folder / SECRET, 3.0, HERTZ)
        host, port = listening.getsockname()
        self.uri = f"http://{host}:{port}/{SECRET}"

    @property
    def is_dialled(self) -> bool:
        with suppress(BlockingIOError):
            self._listening.accept()[0].close()
            return True
        return False

    @property
    def words(self) -> str:
        return LIST.format(uri=self.uri, file=f"file://{self.file}")


@pytest.fixture
def bait(tmp_path: Path) -> Iterator[Bait]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield Bait(tmp_path, listening)


def silent(bait: Bait, name: str) -> Path:
    """A medium of silence that names the bait wherever it may hold words."""
    told = [
        word for tag in ("title", "comment", "url") for word in ("-metadata", f"{tag}={bait.uri}")
    ]
    medium = bait.folder / name
    run_ffmpeg(["-f", "lavfi", "-i", "anullsrc=d=3", *told, *CONTAINERS[name], medium])
    return medium


def named_instead_of_sound(bait: Bait, whole: bytes) -> bytes:
    """The list stands where the sound begins, and the head of the container stays."""
    return whole[:200] + bait.words.encode()


def named_behind(bait: Bait, whole: bytes) -> bytes:
    return whole + bait.words.encode()


def named_alone(bait: Bait, whole: bytes) -> bytes:
    return bait.words.encode()


def kept_elsewhere(bait: Bait, whole: bytes) -> bytes:
    """The box of mp4 and mov that says where samples are: not in this file, but in that one."""
    here, more = whole.find(b"url \0\0\0\1"), str(bait.file).encode() + b"\0"
    if here < 0:
        return whole
    changed = bytearray(whole)
    for name in (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref", b"url "):
        box = whole.rindex(name, 0, here + 4) - 4
        size = int.from_bytes(whole[box : box + 4], "big") + len(more)
        changed[box : box + 4] = size.to_bytes(4, "big")
    changed[here + 4 : here + 8] = b"\0\0\0\0" + more
    return bytes(changed)


@pytest.mark.parametrize(
    "trick", [named_instead_of_sound, named_behind, named_alone, kept_elsewhere]
)
@pytest.mark.parametrize("name", CONTAINERS)
async def test_what_a_medium_names_is_neither_read_nor_dialled(
    bait: Bait, name: str, trick: Callable[[Bait, bytes], bytes]
) -> None:
    medium = silent(bait, name)
    medium.write_bytes(trick(bait, medium.read_bytes()))
    extractors: list[MediaExtractor] = [caged.soundfile(60), caged.ffmpeg(60)]
    target = bait.folder / "out"
    with suppress(MediaError):
        assert not _is_tone(await extract(extractors, medium, target, lambda _: None))
    with suppress(MediaError):
        frames = caged.ffmpeg_frames(HerePool(), 60)
        assert (await frames.take(medium, bait.folder / "reel", lambda _: None)).frames == ()
    assert not bait.is_dialled


def _is_tone(audio: Audio) -> bool:
    """Whether it is mostly what the other file holds; words taken for samples are noise."""
    samples = np.fromfile(audio.path, "<i2").astype(float)
    power = np.abs(np.fft.rfft(samples)) ** 2
    hertz = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    return bool(power[np.abs(hertz - HERTZ) < 5].sum() > 0.1 * power.sum() > 0)


async def test_the_bait_can_be_heard_and_can_be_dialled(bait: Bait) -> None:
    """So that the test above can fail."""
    target = bait.folder / "out"
    assert _is_tone(await caged.soundfile(60).extract(bait.file, target, lambda _: None))
    address = re.sub("http://|/.*", "", bait.uri).split(":")
    socket.create_connection((address[0], int(address[1]))).close()
    assert bait.is_dialled
