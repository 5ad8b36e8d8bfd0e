"""Key-frames out of any video, by ffmpeg in a process of its own."""

import asyncio
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from itertools import pairwise
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
from app.adapters.ffmpeg.frame_choice import FLOOR, GRID_BYTES, HEIGHT, WIDTH, chosen
from app.adapters.ffmpeg.frame_talk import FrameTalk
from app.adapters.ffmpeg.reel import places
from app.domain.errors import ConfigError, MediaUnreadable, StorageFull
from app.domain.keyframes import Keyframe, Reel
from app.domain.system_errors import refused
from app.ports import Progress

#: 0..1: change from one frame to the next that is a cut. Shaking hands make 0.03.
CUT = 0.1
#: Seconds between two cuts; the picture after a flash is what counts.
CUT_GAP = 0.5
#: Seconds between two looks where nothing is cut: slides change without one.
LOOK_GAP = 2.0
#: Looks at one video, about, however long it is; and frames of it that are written.
LOOKS, MOST = 3600, 8000
#: Seconds. In what is longer only frames that stand by themselves are decoded, if there are enough:
#: encoders put one at each cut.
LONG = 600.0
WIDEST = 1280  # pixels
QUALITY = 4  # ffmpeg's, of 2 (best) to 31
MAX_BYTES = 2 * 1024**3  # of all JPEGs of a video
#: Whoever transcribes goes first.
NICENESS = 10
#: Of the pictures that show how far it is: one a second.
TICK_BYTES = 4
ALL, INTRA = (), ("-skip_frame", "nointra")


class FfmpegFrames:
    def __init__(
        self, max_seconds: float, executable: str | None = None, *, stall_seconds: float = 60.0
    ) -> None:
        """`executable`: None takes the one of imageio-ffmpeg. A run that sees no further second
        of the video for `stall_seconds` is killed."""
        self._max_seconds = max_seconds
        self._executable = executable
        self._stall_seconds = stall_seconds

    async def take(self, source: Path, target: Path, progress: Progress) -> Reel:
        """A file beside `target` is there while this runs."""
        require_content(source)
        grids = target.with_suffix(".rgb")
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
        seconds, talk = known.seconds or 0.0, None
        if seconds > LONG:
            talk = await self._look(source, target, grids, progress, INTRA, seconds)
        if talk is None or _is_sparse(talk.times, seconds):
            talk = await self._look(source, target, grids, progress, ALL, seconds)
        return await asyncio.to_thread(_reel, target, grids, talk)

    async def _look(
        self,
        source: Path,
        target: Path,
        grids: Path,
        progress: Progress,
        decode: Sequence[str],
        seconds: float,
    ) -> FrameTalk:
        assert self._executable is not None
        for file in (target, grids):
            file.open("wb").close()
        limits = ("-an", "-sn", "-dn", "-t", f"{self._max_seconds:.3f}", *decode)
        command = [
            *reading(self._executable, source, *limits),
            *_outputs(target, grids, max(LOOK_GAP, seconds / LOOKS)),
        ]
        talk = await self._run(command, source, target, progress, seconds)
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
        talk = FrameTalk(hidden=(str(source), str(target)))
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


def _outputs(target: Path, grids: Path, look_gap: float) -> list[str]:
    """JPEGs, as many small pictures, and a tick for each second that was seen."""
    graph = (
        "[0:V:0]split[all][clock];"
        f"[all]select='{_choice(look_gap)}',metadata=mode=print,split[large][small];"
        f"[large]{_scale()},setsar=1[jpeg];"
        f"[small]scale={WIDTH}:{HEIGHT}:flags=area,format=rgb24[grid];"
        "[clock]fps=1,scale=2:2,format=gray[tick]"
    )
    raw = ("-c:v", "rawvideo", "-f", "rawvideo")
    return [
        *("-filter_complex_threads", "1", "-filter_complex", graph),
        *("-map", "[jpeg]", "-fps_mode", "passthrough", "-c:v", "mjpeg", "-q:v", str(QUALITY)),
        *("-threads", "1", "-map_metadata", "-1", "-f", "mpjpeg"),
        *("-y", f"file:{target.absolute()}"),
        *("-map", "[grid]", "-fps_mode", "passthrough", *raw, "-y", f"file:{grids.absolute()}"),
        *("-map", "[tick]", *raw, "-flush_packets", "1", "pipe:1"),
    ]


def _scale() -> str:
    """With square pixels, an even number of them."""
    width = f"max(2\\,trunc(min({WIDEST}\\,iw*sar)/2)*2)"
    height = "max(2\\,trunc(ow*ih/(iw*sar)/2)*2)"
    return f"scale=w='{width}':h='{height}'"


def _choice(look_gap: float) -> str:
    """The first frame, each cut, and one after a while. Variable 0: the last of these; 1: a cut
    that came too soon after it, and whose picture is still to be shown."""
    look = f"eq(n\\,0)+gte(t-prev_selected_t\\,{look_gap:.3f})"
    cut = f"gt(scene\\,{CUT})+ld(1)"
    soon = f"if(gte(t-ld(0)\\,{CUT_GAP})\\,1+0*st(0\\,t)+0*st(1\\,0)\\,0*st(1\\,1))"
    return f"if({cut}\\,{soon}\\,{look})*lt(selected_n\\,{MOST})"


def _is_sparse(times: Sequence[float], seconds: float) -> bool:
    """Whether more could have been seen."""
    ends = (0.0, *times, seconds)
    return any(after - before > 2 * FLOOR for before, after in pairwise(ends))


def _reel(target: Path, grids: Path, talk: FrameTalk) -> Reel:
    """What each of the files holds whole."""
    jpegs = list(places(target))
    scores = talk.scores or [0.0] * len(talk.times)
    whole = min(len(jpegs), len(talk.times), len(scores), grids.stat().st_size // GRID_BYTES)
    cuts = [score > CUT for score in scores[:whole]]
    numbers = chosen(grids, talk.times[:whole], cuts)
    frames = [
        Keyframe(at=round(talk.times[number], 3), first=jpegs[number][0], size=jpegs[number][1])
        for number in numbers
    ]
    return Reel(path=target, frames=tuple(frames), seconds=talk.seconds)
