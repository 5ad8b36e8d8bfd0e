"""Runs between walls: libsndfile decodes standard input, soxr resamples, and what comes of it is
told on standard output, a line of JSON each.

`{"samples": 32000, "declared": 11.0, "bad": 0}` once so many can be read; `{"failed": code,
"words": ...}` in place of a last one; `{"errno": 28}` for what the system refused.
"""

import json
import os
import struct
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from app.domain.media import SAMPLE_RATE

Samples = NDArray[np.float32]

BLOCK_SECONDS = 2
MAX_BLOCK = 2**20  # numbers in a block over all channels: 4 MiB
MAX_RATE = 768_000  # samples per second
UNKNOWN_FRAMES = 2**62  # libsndfile says 2**63-1 when the header does not tell
LOUDEST = 16.0  # floats beyond are garbage, and would overflow in the mean
#: What a decoder may leave unread at the end: the last frame, a tag.
UNREAD = 4096  # bytes
WAVES = ("WAV", "WAVEX", "RF64")
#: Chunks of a wav before its samples, at most, and sizes that stand for "not known".
MOST_CHUNKS, UNTOLD = 64, 0x7FFF0000


class Unreadable(Exception):
    """In words."""


class TooLong(Exception):
    pass


class Straight(soundfile.SoundFile):  # type: ignore[misc]
    """soundfile seeks after each read: an mp3 clicks there, and some flac refuse."""

    def seekable(self) -> bool:
        return False


def main(target: str, most_seconds: str) -> None:
    """`target`: the number of the descriptor that samples go to."""
    try:
        with open(0, "rb", buffering=0) as raw, open(int(target), "wb") as out:
            Decoding(raw, out, float(most_seconds)).run()
    except Unreadable as error:
        _tell(failed="media.unreadable", words=str(error))
    except TooLong:
        _tell(failed="media.too_long", words="")
    except soundfile.LibsndfileError as error:
        _tell(failed="media.unreadable", words=str(error.error_string))
    except soundfile.SoundFileError as error:
        _tell(failed="media.unreadable", words=str(error))
    except OSError as error:
        _tell(errno=error.errno or 0)


class Decoding:
    def __init__(self, raw: BinaryIO, out: BinaryIO, most_seconds: float) -> None:
        self._raw, self._out = raw, out
        self._most = most_seconds * SAMPLE_RATE
        self._declared: float | None = None
        self._bad = 0

    def run(self) -> None:
        written = 0
        for block in self._resampled():
            written += len(block)
            if written > self._most:
                raise TooLong
            self._out.write(_to_s16le(block))
            self._out.flush()  # whoever is told of it may read it
            _tell(samples=written, declared=self._declared, bad=self._bad)

    def _resampled(self) -> Iterator[Samples]:
        """Mono blocks at 16 kHz. The decoder works on a descriptor of ours, so that we can see
        how far it went: it stops at the end of the first of several joined streams, and at the
        guessed end of an mp3 without an index."""
        promised = _promised(self._raw)
        with Straight(self._raw.fileno(), closefd=False) as sound:
            if not 0 < sound.samplerate <= MAX_RATE:
                raise Unreadable(f"no sane sample rate: {sound.samplerate}")
            if sound.frames < UNKNOWN_FRAMES:
                self._declared = max(sound.frames / sound.samplerate, promised)
            resampler = soxr.ResampleStream(sound.samplerate, SAMPLE_RATE, 1, dtype="float32")
            for block in self._mono(sound):
                yield resampler.resample_chunk(block)
            yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)
            if sound.format not in WAVES:
                _require_end(self._raw)

    def _mono(self, sound: Any) -> Iterator[Samples]:
        frames = max(1, min(BLOCK_SECONDS * sound.samplerate, MAX_BLOCK // sound.channels))
        while len(block := sound.read(frames, dtype="float32", always_2d=True)):
            self._bad += block.size - int(np.isfinite(block).sum())
            np.nan_to_num(block, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
            yield np.clip(block, -LOUDEST, LOUDEST, out=block).mean(axis=1)


def _to_s16le(block: Samples) -> bytes:
    samples: bytes = np.clip(np.rint(block * 32768.0), -32768, 32767).astype("<i2").tobytes()
    return samples


def _require_end(raw: BinaryIO) -> None:
    descriptor = raw.fileno()
    unread = os.fstat(descriptor).st_size - os.lseek(descriptor, 0, os.SEEK_CUR)
    if unread > UNREAD:
        raise Unreadable(f"libsndfile left {unread} bytes unread")


def _promised(raw: BinaryIO) -> float:
    """Seconds that the head of a wav tells of where there are fewer, which libsndfile keeps to
    itself; 0 for all else. Who records to a pipe says a huge number, or none. Leaves `raw` where
    it was."""
    head = raw.read(12)
    seconds = _of_chunks(raw) if head[:4] == b"RIFF" and head[8:] == b"WAVE" else 0.0
    raw.seek(0)
    return seconds


def _of_chunks(raw: BinaryIO) -> float:
    rate = 0  # bytes per second
    for _ in range(MOST_CHUNKS):
        head = raw.read(8)
        if len(head) < 8:
            break
        size = struct.unpack("<I", head[4:])[0]
        body = raw.tell()
        if head[:4] == b"data":
            cut = body + size > os.fstat(raw.fileno()).st_size
            return size / rate if rate and cut and size < UNTOLD else 0.0
        if head[:4] == b"fmt " and len(told := raw.read(12)) == 12:
            rate = struct.unpack("<I", told[8:])[0]
        raw.seek(body + size + size % 2)
    return 0.0


def _tell(**line: object) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
