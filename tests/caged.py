"""Decoders as the service has them, for those who test something else."""

from app.adapters.confined.cage import Cage
from app.adapters.ffmpeg import FfmpegExtractor, FfmpegFrames
from app.adapters.pictures.darkroom import PillowDarkroom
from app.adapters.soundfile_audio import SoundfileExtractor
from app.ports import WorkerPool


def darkroom(pool: WorkerPool, max_pixels: int, *, memory_bytes: int = 2 << 30) -> PillowDarkroom:
    return PillowDarkroom(pool, max_pixels, confinement=Cage(), memory_bytes=memory_bytes)


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
