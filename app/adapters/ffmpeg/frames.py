"""Key-frames out of any video, by ffmpeg in a process of its own."""

import asyncio
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from app.adapters.ffmpeg.contained import (
    CANNOT_RUN,
    end,
    find_executable,
    kill,
    killed_by,
    reading,
    require_content,
    start,
)
from app.adapters.ffmpeg.frame_choice import GRID_BYTES, chosen
from app.adapters.ffmpeg.frame_graph import MOST, are_cuts, are_even, gaps, is_sparse, outputs
from app.adapters.ffmpeg.frame_talk import FrameTalk
from app.adapters.ffmpeg.reel import places
from app.domain.engine_errors import engine_errors
from app.domain.errors import ConfigError, MediaUnreadable, StorageFull
from app.domain.keyframes import Keyframe, Reel
from app.domain.system_errors import refused
from app.ports import Progress, WorkerPool

#: Seconds. In what is longer only frames that stand by themselves are decoded, if there are enough
#: and the encoder put one at each cut.
LONG = 600.0
#: Seconds in which thousands of frames are compared with those before, on any machine.
PATIENCE = 900.0
MAX_BYTES = 2 * 1024**3  # of all JPEGs of a video
#: Whoever transcribes goes first.
NICENESS = 10
#: Of the pictures that show how far it is: one a second.
TICK_BYTES = 4
ALL, INTRA = (), ("-skip_frame", "nointra")


class FfmpegFrames:
    def __init__(
        self,
        pool: WorkerPool,
        max_seconds: float,
        executable: str | None = None,
        *,
        stall_seconds: float = 60.0,
    ) -> None:
        """`pool`: a slot of its own. `executable`: None takes the one of imageio-ffmpeg. A run
        that sees no further second of the video for `stall_seconds` is killed."""
        self._pool = pool
        self._max_seconds = max_seconds
        self._executable = executable
        self._stall_seconds = stall_seconds

    async def take(self, source: Path, target: Path, progress: Progress) -> Reel:
        """A file beside `target` is there while this runs."""
        require_content(source)
        grids = _grids(target)
        try:
            return await self._take(source, target, grids, progress)
        except OSError as error:
            raise refused(error, "the key-frames cannot be stored") from error
        finally:
            grids.unlink(missing_ok=True)

    async def _take(self, source: Path, target: Path, grids: Path, progress: Progress) -> Reel:
        if self._executable is None:
            self._executable = await asyncio.to_thread(find_executable)
        known = await self._run(reading(self._executable, source), source, target)
        self._judge(known)
        if not known.has_pictures:
            return Reel(path=target, frames=(), seconds=known.seconds)
        talk = await self._seen(source, target, grids, progress, known.seconds)
        reel = await self._chosen(target, grids, talk)
        return replace(reel, seconds=known.seconds, until=self._until(talk, known.seconds))

    async def _seen(
        self, source: Path, target: Path, grids: Path, progress: Progress, seconds: float | None
    ) -> FrameTalk:
        """Of a long video in a little time, where nothing is missed by it."""
        if seconds and seconds > LONG:
            talk = await self._look(source, target, grids, progress, seconds, INTRA)
            seen = min(seconds, self._max_seconds)
            if not is_sparse(talk.times, seen) and not are_even(talk.beats):
                return talk
        return await self._look(source, target, grids, progress, seconds, ALL)

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
        source: Path,
        target: Path,
        grids: Path,
        progress: Progress,
        seconds: float | None,
        decode: Sequence[str],
    ) -> FrameTalk:
        assert self._executable is not None
        for file in (target, grids):
            file.open("wb").close()
        limits = ("-an", "-sn", "-dn", "-t", f"{self._max_seconds:.3f}", *decode)
        command = [
            *reading(self._executable, source, *limits),
            *outputs(target, grids, gaps(seconds or None), beats=decode is INTRA),
        ]
        talk = await self._run(command, source, target, progress, seconds or 0.0)
        self._judge(talk)
        if not talk.times:
            raise MediaUnreadable(f"no picture that can be read (ffmpeg: {talk.reason})")
        return talk

    async def _run(
        self,
        command: Sequence[str],
        source: Path,
        target: Path,
        progress: Progress = lambda _: None,
        seconds: float = 0.0,
    ) -> FrameTalk:
        talk = FrameTalk(hidden=(str(source), str(target), str(_grids(target))), most=MOST)
        process = await start(
            command,
            file_bytes=MAX_BYTES,
            cpu_seconds=int(60 + 4 * self._max_seconds),
            niceness=NICENESS,
            stdout=PIPE,
        )
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(talk.listen(process))
                alive = await self._follow(process, progress, seconds)
                talk.status = await process.wait() if alive else 0
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            await end(process)
        if not alive:
            raise MediaUnreadable(f"ffmpeg made no progress for {self._stall_seconds:g} s")
        return talk

    async def _follow(self, process: Process, progress: Progress, seconds: float) -> bool:
        """Until there is no more to see (True), or nothing came for too long (False)."""
        assert process.stdout is not None
        seen = 0
        try:
            while ticks := await asyncio.wait_for(
                process.stdout.read(1024), timeout=self._stall_seconds
            ):
                seen += len(ticks)
                if seconds:
                    progress(min(seen / TICK_BYTES / seconds, 1.0))
            await asyncio.wait_for(process.wait(), timeout=self._stall_seconds)
        except TimeoutError:
            kill(process)
            return False
        return True

    def _judge(self, talk: FrameTalk) -> None:
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
