"""Sound out of any container, by ffmpeg in a process of its own.

ffmpeg never meets a URL or a playlist, and is contained rather than trusted: see `_command` and
`child.py`.
"""

import asyncio
import os
import signal
import stat
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from pathlib import Path

from app.adapters.ffmpeg.talk import Talk
from app.domain.errors import (
    ConfigError,
    EngineCrashed,
    MediaEmpty,
    MediaTooLong,
    MediaUnreadable,
    SpoolError,
    StorageFull,
)
from app.domain.media import BYTES_PER_SECOND, SAMPLE_BYTES, SAMPLE_RATE, Audio
from app.domain.system_errors import refused
from app.ports import Progress

#: Containers that hold their own sound. Not in it, on purpose: whatever opens other files or
#: addresses (hls, dash, concat, sdp, rtsp, imf, image2, avisynth, lavfi) and music trackers.
DEMUXERS = (
    "aac,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,avi,caf,dts,dtshd,dv,eac3,flac,flv,gsm,gxf,h264,hevc,"
    "ircam,loas,m4v,matroska,mlp,mov,mp3,mpc,mpc8,mpeg,mpegts,mpegvideo,mxf,nut,ogg,oma,rm,sox,"
    "tak,truehd,tta,voc,w64,wav,wsaud,wtv,wv,xwma"
)
#: `async` fills gaps and `first_pts` a late start with silence, so that times stay those of
#: the medium.
FILTER = "aresample=async=1:first_pts=0"
MAX_BLOCK = 256 * 1024 * 1024  # bytes in one allocation
MAX_STREAMS = 128
POLL = 0.25  # seconds between two looks at the growing file
SALVAGE = SAMPLE_RATE // 2  # samples that make a failed decoding still worth having
#: Kept from the service's environment: what a Python may need to start, and whose child it is.
ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SPOOL_DATA")
CHILD = Path(__file__).with_name("child.py")
CANNOT_RUN = 127


class FfmpegExtractor:
    """The last resort of extraction: takes whatever it is given."""

    def __init__(
        self, max_seconds: float, executable: str | None = None, *, stall_seconds: float = 60.0
    ) -> None:
        """`executable`: None takes the one of imageio-ffmpeg. A run that writes nothing for
        `stall_seconds` is killed."""
        self._max_seconds = max_seconds
        self._executable = executable
        self._stall_seconds = stall_seconds

    def accepts(self, source: Path) -> bool:
        return True

    async def extract(self, source: Path, target: Path, progress: Progress) -> Audio:
        _require_content(source)
        _empty(target)
        if self._executable is None:
            self._executable = await asyncio.to_thread(_find_executable)
        talk = Talk(hidden=(str(source), str(target)))
        process = await self._start(self._executable, source, target)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(talk.listen(process))
                alive = await self._watch(process, target, talk, progress)
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            await _end(process)
        if not alive:
            raise MediaUnreadable(f"ffmpeg made no progress for {self._stall_seconds:g} s")
        return self._judge(process.returncode or 0, target, talk)

    async def _start(self, executable: str, source: Path, target: Path) -> Process:
        limits = (os.getpid(), self._max_bytes + BYTES_PER_SECOND, int(60 + self._max_seconds))
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *("-I", "-S", str(CHILD), *map(str, limits)),
            *_command(executable, source, target, self._max_bytes),
            stdin=DEVNULL,
            stdout=DEVNULL,
            stderr=PIPE,
            env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
            start_new_session=True,
        )

    async def _watch(self, process: Process, target: Path, talk: Talk, progress: Progress) -> bool:
        """Until the process ends (True) or has written nothing for too long (False)."""
        clock = asyncio.get_running_loop().time
        size, grown = 0, clock()
        ending = asyncio.ensure_future(process.wait())
        while not (await asyncio.wait({ending}, timeout=POLL))[0]:
            if (now := _size(target)) != size:
                size, grown = now, clock()
                progress(talk.part_done(size))
            elif clock() - grown > self._stall_seconds:
                _kill(process)
                await ending
                return False
        return True

    def _judge(self, status: int, target: Path, talk: Talk) -> Audio:
        """Exit status 0 does not mean whole, and another one does not mean useless."""
        samples = _size(target) // SAMPLE_BYTES
        if status == CANNOT_RUN:
            raise ConfigError(f"ffmpeg cannot be run: {talk.reason}", hint="run: spool doctor")
        if talk.disk_full:
            raise StorageFull("no space left for the decoded sound")
        if samples > self._max_seconds * SAMPLE_RATE or status == -signal.SIGXFSZ:
            raise MediaTooLong(f"longer than {self._max_seconds:g} s")
        if status < 0:
            raise _killed_by(-status)
        if samples == 0 or (status != 0 and samples < SALVAGE):
            raise talk.verdict()
        return Audio(path=target, samples=samples, declared_seconds=talk.declared)

    @property
    def _max_bytes(self) -> int:
        """One second over the limit, so that too long can be told from just long enough."""
        return int((self._max_seconds + 1) * SAMPLE_RATE) * SAMPLE_BYTES


def _command(executable: str, source: Path, target: Path, max_bytes: int) -> list[str]:
    """No shell; `file:` before absolute paths, so that no name reads as option or protocol."""
    seconds = max_bytes / BYTES_PER_SECOND
    return [
        *(executable, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+info"),
        *("-max_alloc", str(MAX_BLOCK), "-filter_threads", "1"),
        *("-protocol_whitelist", "file,pipe", "-format_whitelist", DEMUXERS),
        *("-max_streams", str(MAX_STREAMS), "-threads", "1", "-vn", "-sn", "-dn"),
        *("-i", f"file:{source.absolute()}", "-map", "0:a:0", "-map_metadata", "-1"),
        *("-af", FILTER, "-ac", "1", "-ar", str(SAMPLE_RATE), "-c:a", "pcm_s16le"),
        *("-t", f"{seconds:.3f}", "-fs", str(max_bytes), "-f", "s16le"),
        *("-y", f"file:{target.absolute()}"),
    ]


def _find_executable() -> str:
    import imageio_ffmpeg

    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        raise ConfigError(f"no ffmpeg: {error}", hint="run: spool doctor") from error


def _require_content(source: Path) -> None:
    """A pipe or a device would block ffmpeg, or never end."""
    try:
        found = source.stat()
    except OSError as error:
        raise refused(error, "the medium cannot be read") from error
    if not stat.S_ISREG(found.st_mode):
        raise MediaUnreadable("not a regular file")
    if found.st_size == 0:
        raise MediaEmpty("the file is empty")


def _empty(target: Path) -> None:
    """What another extractor left there must not pass for what ffmpeg decoded."""
    try:
        target.open("wb").close()
    except OSError as error:
        raise refused(error, "the sound cannot be stored") from error


def _killed_by(number: int) -> SpoolError:
    """A crash is the medium's doing; a SIGKILL or SIGTERM came from outside (memory, operator)."""
    if number in (signal.SIGKILL, signal.SIGTERM):
        return EngineCrashed(f"ffmpeg was killed by signal {number}", exit_status=-number)
    return MediaUnreadable(f"ffmpeg died of signal {number} over this file")


def _size(target: Path) -> int:
    try:
        return target.stat().st_size
    except FileNotFoundError:  # the job was deleted meanwhile
        return 0


def _kill(process: Process) -> None:
    """The whole group, by SIGKILL: a blocked ffmpeg ignores SIGTERM."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


async def _end(process: Process) -> None:
    if process.returncode is None:
        _kill(process)
        await asyncio.shield(process.wait())
