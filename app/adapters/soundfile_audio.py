"""Sound out of wav, flac, ogg and mp3 without another process: libsndfile decodes, soxr resamples.

What this cannot open, or does not read to its end, is left to the next extractor.
"""

import asyncio
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import anyio

from app.domain.errors import (
    MediaEmpty,
    MediaTooLong,
    MediaUnreadable,
    NoAudio,
)
from app.domain.media import SAMPLE_RATE, Audio
from app.domain.system_errors import refused
from app.ports import Growth

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

BLOCK_SECONDS = 2
MAX_BLOCK = 2**20  # numbers in a block over all channels: 4 MiB
MAX_RATE = 768_000  # samples per second
UNKNOWN_FRAMES = 2**62  # libsndfile says 2**63-1 when the header does not tell
LOUDEST = 16.0  # floats beyond are garbage, and would overflow in the mean
#: What a decoder may leave unread at the end: the last frame, a tag.
UNREAD = 4096  # bytes


class SoundfileExtractor:
    name = "soundfile"

    def __init__(self, max_seconds: float) -> None:
        self._max_seconds = max_seconds

    def accepts(self, source: Path) -> bool:
        try:
            return stat.S_ISREG(source.stat().st_mode) and _is_known(_head(source))
        except OSError:
            return False

    async def extract(self, source: Path, target: Path, growth: Growth) -> Audio:
        """Decodes in a thread; a cancelled call returns when its block is done."""
        stop = threading.Event()
        decoding = Decoding(source, target, growth, self._max_seconds, stop)
        work = asyncio.ensure_future(anyio.to_thread.run_sync(decoding.run))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            stop.set()
            with anyio.CancelScope(shield=True):
                await asyncio.gather(work, return_exceptions=True)
            raise


class Decoding:
    """One run over one file, in a thread."""

    def __init__(
        self,
        source: Path,
        target: Path,
        growth: Growth,
        max_seconds: float,
        stop: threading.Event,
    ) -> None:
        self._source = source
        self._target = target
        self._growth = growth
        self._max_seconds = max_seconds
        self._stop = stop
        self._declared: float | None = None

    def run(self) -> Audio:
        with _translated(), self._source.open("rb") as raw, self._target.open("wb") as out:
            _require_content(raw)
            samples = self._copy(raw, out)
        if samples == 0:
            raise NoAudio("the audio stream is empty")
        return self._audio(samples)

    def _audio(self, samples: int) -> Audio:
        return Audio(path=self._target, samples=samples, declared_seconds=self._declared)

    def _copy(self, raw: BinaryIO, out: BinaryIO) -> int:
        written = 0
        for block in self._resampled(raw):
            written += len(block)
            if written > self._max_seconds * SAMPLE_RATE:
                raise MediaTooLong(f"longer than {self._max_seconds:g} s")
            out.write(_to_s16le(block))
            out.flush()  # whoever is told of it may read it
            self._growth(self._audio(written))
        return written

    def _resampled(self, raw: BinaryIO) -> "Iterator[Samples]":
        """Mono blocks at 16 kHz. The decoder works on a descriptor of ours, so that we can see
        how far it went: it stops at the end of the first of several joined streams, and at the
        guessed end of an mp3 without an index."""
        import numpy as np
        import soundfile
        import soxr

        class Straight(soundfile.SoundFile):  # type: ignore[misc]
            """soundfile seeks after each read: an mp3 clicks there, and some flac refuse."""

            def seekable(self) -> bool:
                return False

        with Straight(raw.fileno(), closefd=False) as sound:
            if not 0 < sound.samplerate <= MAX_RATE:
                raise MediaUnreadable(f"no sane sample rate: {sound.samplerate}")
            if sound.frames < UNKNOWN_FRAMES:
                self._declared = sound.frames / sound.samplerate
            resampler = soxr.ResampleStream(sound.samplerate, SAMPLE_RATE, 1, dtype="float32")
            for block in self._mono(sound):
                yield resampler.resample_chunk(block)
            yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)
            if sound.format not in ("WAV", "WAVEX", "RF64"):
                _require_end(raw)

    def _mono(self, sound: Any) -> "Iterator[Samples]":
        import numpy as np

        frames = max(1, min(BLOCK_SECONDS * sound.samplerate, MAX_BLOCK // sound.channels))
        while not self._stop.is_set():
            block = sound.read(frames, dtype="float32", always_2d=True)
            if not len(block):
                return
            np.nan_to_num(block, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
            yield np.clip(block, -LOUDEST, LOUDEST, out=block).mean(axis=1)


def _to_s16le(block: "Samples") -> bytes:
    import numpy as np

    samples: bytes = np.clip(np.rint(block * 32768.0), -32768, 32767).astype("<i2").tobytes()
    return samples


def _head(source: Path) -> bytes:
    with source.open("rb") as file:
        return file.read(12)


def _is_known(head: bytes) -> bool:
    """Whether these first 12 bytes are those of a wav, flac, ogg or mp3."""
    if head[:4] in (b"RIFF", b"RF64"):
        return head[8:12] == b"WAVE"
    if head[:4] in (b"fLaC", b"OggS") or head[:3] == b"ID3":
        return True
    # 11 bits of sync, then layer III: AAC in ADTS has the same sync, and layer 0
    return len(head) > 2 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2


def _require_content(raw: BinaryIO) -> None:
    if os.fstat(raw.fileno()).st_size == 0:
        raise MediaEmpty("the file is empty")


def _require_end(raw: BinaryIO) -> None:
    descriptor = raw.fileno()
    unread = os.fstat(descriptor).st_size - os.lseek(descriptor, 0, os.SEEK_CUR)
    if unread > UNREAD:
        raise MediaUnreadable(f"libsndfile left {unread} bytes unread")


@contextmanager
def _translated() -> Iterator[None]:
    import soundfile

    try:
        yield
    except soundfile.LibsndfileError as error:
        raise MediaUnreadable(f"libsndfile: {error.error_string}") from error
    except soundfile.SoundFileError as error:
        raise MediaUnreadable(f"libsndfile: {error}") from error
    except OSError as error:
        raise refused(error, "the sound cannot be decoded") from error
