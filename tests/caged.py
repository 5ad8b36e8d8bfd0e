"""Decoders as the service has them, for those who test something else."""

from pathlib import Path

from app.adapters.confined.cage import CHILD, Cage
from app.adapters.ffmpeg import FfmpegExtractor, FfmpegFrames
from app.adapters.pictures.decoding import Decoder
from app.adapters.soundfile_audio import SoundfileExtractor
from app.ports import WorkerPool

#: In place of the child: the same without some of its walls.
LACKING = """
import runpy, sys
sys.path.insert(0, {root!r})
from app.adapters.confined import landlock, namespaces, seccomp

def refused(*_, **__):
    raise OSError(1, "not here")

{lacking}
runpy.run_path({child!r}, run_name="__main__")
"""
WITHOUT = {
    "nothing": "",
    "namespaces": "namespaces.leave = refused",
    "Landlock": "landlock.shut = refused",
    "seccomp": "seccomp.shut = refused",
    "all": "namespaces.leave = landlock.shut = seccomp.shut = refused",
}


def child_without(walls: str, folder: Path) -> Path:
    """What runs in the cage of a machine that cannot build these."""
    child, root = folder / "child.py", Path(__file__).parents[1]
    text = LACKING.format(root=str(root), lacking=WITHOUT[walls], child=str(CHILD))
    child.write_text(text)
    return child


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
