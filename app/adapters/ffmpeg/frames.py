"""Key-frames out of any video, by ffmpeg in a process of its own."""

import asyncio
import signal
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from app.adapters.ffmpeg.contained import find_executable, killed_by, reading
from app.adapters.ffmpeg.frame_choice import GRID_BYTES, chosen
from app.adapters.ffmpeg.frame_graph import MOST, are_cuts, are_even, gaps, is_sparse, outputs
from app.adapters.ffmpeg.frame_run import FrameRun
from app.adapters.ffmpeg.frame_talk import FrameTalk
from app.adapters.ffmpeg.reel import places
from app.domain.confinement import CANNOT_RUN
from app.domain.engine_errors import engine_errors
from app.domain.errors import ConfigError, MediaUnreadable, StorageFull
from app.domain.keyframes import Keyframe, Reel
from app.domain.opening import opened
from app.domain.system_errors import refused
from app.ports import Confinement, Progress, WorkerPool

#: Seconds. In what is longer only frames that stand by themselves are decoded, if there are enough
#: and the encoder put one at each cut.
LONG = 600.0
#: Seconds in which thousands of frames are compared with those before, on any machine.
PATIENCE = 900.0
ALL, INTRA = (), ("-skip_frame", "nointra")


class FfmpegFrames:
    def __init__(
        self,
        pool: WorkerPool,
        max_seconds: float,
        executable: str | None = None,
        *,
        confinement: Confinement,
        stall_seconds: float = 30.0,
    ) -> None:
        """`pool`: a slot of its own. `executable`: None takes the one of imageio-ffmpeg. A run
        that neither reads on nor sees a further second for `stall_seconds` is killed."""
        self._pool = pool
        self._confinement = confinement
        self._max_seconds = max_seconds
        self._executable = executable
        self._stall_seconds = stall_seconds

    async def take(self, source: Path, target: Path, progress: Progress) -> Reel:
        """A file beside `target` is there while this runs."""
        if self._executable is None:
            self._executable = await asyncio.to_thread(find_executable)
        grids = _grids(target)
        try:
            with opened(source) as medium:
                run = FrameRun(self._confinement, medium, self._max_seconds, self._stall_seconds)
                return await self._take(run, target, grids, progress)
        except OSError as error:
            raise refused(error, "the key-frames cannot be stored") from error
        finally:
            grids.unlink(missing_ok=True)

    async def _take(self, run: FrameRun, target: Path, grids: Path, progress: Progress) -> Reel:
        assert self._executable is not None
        known = await run.run(reading(self._executable), FrameTalk(most=MOST))
        _judge(known)
        if not known.has_pictures:
            return Reel(path=target, frames=(), seconds=known.seconds)
        talk = await self._seen(run, target, grids, progress, known.seconds)
        reel = await self._chosen(target, grids, talk)
        return replace(reel, seconds=known.seconds, until=self._until(talk, known.seconds))

    async def _seen(
        self, run: FrameRun, target: Path, grids: Path, progress: Progress, seconds: float | None
    ) -> FrameTalk:
        """Of a long video in a little time, where nothing is missed by it."""
        if seconds and seconds > LONG:
            talk = await self._look(run, target, grids, progress, seconds, INTRA)
            seen = min(seconds, self._max_seconds)
            if not is_sparse(talk.times, seen) and not are_even(talk.beats):
                return talk
        return await self._look(run, target, grids, progress, seconds, ALL)

    async def _chosen(self, target: Path, grids: Path, talk: FrameTalk) -> Reel:
        """The slot gives its memory back in the end: this is done now and then only."""
        try:
            return await self._pool.run_within(
                PATIENCE, reel_of, target, grids, talk.times, talk.scores
            )
        finally:
            self._pool.refresh()

    def _until(self, talk: FrameTalk, seconds: float | None) -> float | None:
        """Where it ended before the video did; None where all of it was seen."""
        if len(talk.times) >= MOST or talk.status == -signal.SIGXFSZ:
            return talk.times[-1]
        return self._max_seconds if (seconds or 0.0) > self._max_seconds else None

    async def _look(
        self,
        run: FrameRun,
        target: Path,
        grids: Path,
        progress: Progress,
        seconds: float | None,
        decode: Sequence[str],
    ) -> FrameTalk:
        assert self._executable is not None
        limits = ("-an", "-sn", "-dn", "-t", f"{self._max_seconds:.3f}", *decode)
        with target.open("wb") as jpegs, grids.open("wb") as small:
            outs = (jpegs.fileno(), small.fileno())
            command = [
                *reading(self._executable, *limits),
                *outputs(*outs, gaps(seconds or None), beats=decode is INTRA),
            ]
            talk = await run.run(command, FrameTalk(most=MOST), outs, progress, seconds or 0.0)
        _judge(talk)
        if not talk.times:
            raise MediaUnreadable(f"no picture that can be read (ffmpeg: {talk.reason})")
        return talk


def _judge(talk: FrameTalk) -> None:
    """What was written before an error is worth having; so is what fits on the disk."""
    if talk.status == CANNOT_RUN:
        raise ConfigError(f"ffmpeg cannot be run: {talk.reason}", hint="run: spool doctor")
    if talk.disk_full:
        raise StorageFull("no space left for the key-frames")
    if talk.status < 0 and talk.status != -signal.SIGXFSZ:
        raise killed_by(-talk.status)
    if not talk.opened:
        raise MediaUnreadable(f"no audio or video that can be read (ffmpeg: {talk.reason})")


def _grids(target: Path) -> Path:
    """Small pictures of what lies at `target`."""
    return target.with_suffix(".rgb")


def reel_of(target: Path, grids: Path, times: Sequence[float], scores: Sequence[float]) -> Reel:
    """Runs in a worker: of what each of the files holds whole, the frames that are worth it."""
    with engine_errors():
        jpegs = list(places(target))
        known = scores or [0.0] * len(times)
        whole = min(len(jpegs), len(times), len(known), grids.stat().st_size // GRID_BYTES)
        numbers = chosen(grids, times[:whole], are_cuts(times[:whole], known[:whole]))
        frames = [_keyframe(times[number], *jpegs[number]) for number in numbers]
        return Reel(path=target, frames=tuple(frames))


def _keyframe(at: float, first: int, size: int) -> Keyframe:
    return Keyframe(at=round(at, 3), first=first, size=size)
