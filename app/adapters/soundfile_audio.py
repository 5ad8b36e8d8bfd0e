"""Sound out of wav, flac, ogg and mp3: libsndfile decodes, soxr resamples, in a process of its own
that is closed in before it meets the first byte.

What this cannot open, or does not read to its end, is left to the next extractor.
"""

import asyncio
import errno
import math
import os
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

from loguru import logger

from app.domain.allowance import most_seconds, most_work
from app.domain.confinement import Bounds, Streams
from app.domain.errors import (
    EngineCrashed,
    MediaTooLong,
    MediaUnreadable,
    NoAudio,
    SpoolError,
)
from app.domain.last_words import FROM_OUTSIDE, last_words, printable, told
from app.domain.media import BYTES_PER_SECOND, SAMPLE_BYTES, Audio
from app.domain.opening import emptied, opened
from app.domain.system_errors import refused
from app.ports import Confinement, Growth

CHILD = "app.adapters.soundfile_child"
#: CPU seconds that a second of sound may take.
WORK = 0.1
POLL = 0.25  # seconds between two looks at who says nothing
STALL = 30.0  # seconds in which somebody reads on, or has decoded something
FAILED = "libsndfile failed over this file"


class SoundfileExtractor:
    name = "soundfile"

    def __init__(self, max_seconds: float, *, confinement: Confinement) -> None:
        self._max_seconds = max_seconds
        self._confinement = confinement

    def accepts(self, source: Path) -> bool:
        try:
            with opened(source) as medium:
                return _is_known(os.pread(medium, 12, 0))
        except (OSError, SpoolError):
            return False

    async def extract(self, source: Path, target: Path, growth: Growth) -> Audio:
        with opened(source) as medium, emptied(target) as out:
            decoding = Decoding(medium, out, target, self._max_seconds, self._confinement)
            audio = await decoding.run(growth)
        if audio.samples == 0:
            raise NoAudio("the audio stream is empty")
        return audio


class Decoding:
    """One run over one file."""

    def __init__(
        self, medium: int, out: int, target: Path, max_seconds: float, confinement: Confinement
    ) -> None:
        """`medium` and `out` are descriptors; `target` is what `out` is called."""
        self._streams = Streams(source=medium, output=PIPE, others=(out,))
        self._out, self._target = out, target
        self._confinement = confinement
        self._bytes = os.fstat(medium).st_size
        self._most = most_seconds(self._bytes, max_seconds)

    async def run(self, growth: Growth) -> Audio:
        audio = Audio(path=self._target, samples=0)
        arguments = (str(self._out), str(self._most))
        module = self._confinement.module(CHILD, arguments, self._streams, self._bounds)
        try:
            async with module as process, asyncio.TaskGroup() as tasks:
                last = tasks.create_task(last_words(process.stderr))
                async with aclosing(self._lines(process)) as lines:
                    async for line in lines:
                        audio = self._heard(line)
                        growth(audio)
                _require_good_end(await process.wait(), await last)
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        return audio

    @property
    def _bounds(self) -> Bounds:
        return Bounds(
            file_bytes=int((self._most + 60) * BYTES_PER_SECOND),
            cpu_seconds=1 + int(most_work(self._bytes, WORK * self._most)),
        )

    async def _lines(self, process: Process) -> AsyncGenerator[bytes, None]:
        """Raises MediaUnreadable when what comes is not worth the wait."""
        assert process.stdout is not None
        clock = asyncio.get_running_loop().time
        seen, moved = self._seen(), clock()
        while True:
            try:  # no `wait_for`: that of Python 3.11 may forget that it was cancelled
                async with asyncio.timeout(POLL):
                    line = await process.stdout.readline()
            except TimeoutError:
                line = None
            except ValueError as error:  # longer than any of ours
                raise MediaUnreadable(FAILED) from error
            if line == b"":
                return
            if line is not None:
                yield line
                await asyncio.sleep(0)  # to read what is there already waits for nobody
            if (now := self._seen()) != seen:
                seen, moved = now, clock()
            elif clock() - moved > STALL:
                raise MediaUnreadable(f"libsndfile made no progress for {STALL:g} s")
            self._require_worth(self._confinement.spent(process))

    def _seen(self) -> tuple[int, int]:
        """Bytes that were decoded, and the place that was read last: the descriptor is shared."""
        return os.fstat(self._out).st_size, os.lseek(self._streams.source, 0, os.SEEK_CUR)

    def _require_worth(self, spent: float) -> None:
        if spent > most_work(self._bytes, WORK * self._seen()[0] / BYTES_PER_SECOND):
            raise MediaUnreadable(f"libsndfile worked for {spent:.0f} s and was not done")

    def _heard(self, line: bytes) -> Audio:
        """It is said by one that has met a stranger's bytes: nothing of it is taken as given."""
        match told(line):
            case {"errno": int(number)} if number in errno.errorcode:
                raise refused(OSError(number, os.strerror(number)), "the sound cannot be decoded")
            case {"failed": MediaTooLong.code}:
                raise MediaTooLong(f"longer than {self._most:g} s")
            case {"failed": str(), "words": str(words)}:
                raise MediaUnreadable(f"libsndfile: {printable(words)}")
            case {"samples": int(samples), "declared": declared, "bad": int(bad)}:
                return self._audio(samples, declared, bad)
        raise MediaUnreadable(FAILED)

    def _audio(self, samples: int, declared: object, bad: int) -> Audio:
        there = os.fstat(self._out).st_size // SAMPLE_BYTES
        sane = isinstance(declared, float) and math.isfinite(declared) and declared >= 0.0
        if not 0 <= samples <= there or bad < 0 or not (sane or declared is None):
            raise MediaUnreadable(FAILED)
        seconds = declared if isinstance(declared, float) else None
        return Audio(path=self._target, samples=samples, declared_seconds=seconds, bad_samples=bad)


def _require_good_end(status: int, words: bytes) -> None:
    if status in FROM_OUTSIDE:
        raise EngineCrashed(f"libsndfile was killed by signal {-status}", exit_status=status)
    if status < 0:
        raise MediaUnreadable(f"libsndfile died of signal {-status} over this file")
    if status > 0:
        logger.warning("what decodes by libsndfile ended with {}: {!r}", status, words)
        raise MediaUnreadable(FAILED)


def _is_known(head: bytes) -> bool:
    """Whether these first 12 bytes are those of a wav, flac, ogg or mp3."""
    if head[:4] in (b"RIFF", b"RF64"):
        return head[8:12] == b"WAVE"
    if head[:4] in (b"fLaC", b"OggS") or head[:3] == b"ID3":
        return True
    # 11 bits of sync, then layer III: AAC in ADTS has the same sync, and layer 0
    return len(head) > 2 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2
