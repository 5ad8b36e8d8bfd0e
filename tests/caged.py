"""Decoders as the service has them, for those who test something else."""

from pathlib import Path

from app.adapters.confined.cage import Cage
from app.adapters.ffmpeg import FfmpegExtractor, FfmpegFrames
from app.adapters.pictures.decoding import Decoder
from app.adapters.soundfile_audio import SoundfileExtractor
from app.ports import WorkerPool


def decoder(scratch: Path, max_pixels: int, *, memory_bytes: int = 2 << 30) -> Decoder:
    return Decoder(max_pixels, confinement=Cage(), memory_bytes=memory_bytes, scratch=scratch)


def soundfile(max_seconds: float) -> SoundfileExtractor:
    return SoundfileExtractor(max_seconds, confinement=Cage())


def ffmpeg(
    max_seconds: float, executable: str | None = None, *, stall_seconds: float = 30.0
) -> FfmpegExtractor:
    return FfmpegExtractor(max_seconds, executable, confinement=Cage(), stall_seconds=stall_seconds)


def ffmpeg_frames(
    pool: WorkerPool,
    max_seconds: float,
    executable: str | None = None,
    *,
    stall_seconds: float = 30.0,
) -> FfmpegFrames:
    return FfmpegFrames(
        pool, max_seconds, executable, confinement=Cage(), stall_seconds=stall_seconds
    )
