"""ffmpeg in a process of its own, contained rather than trusted: see `reading` and `child.py`.

It never meets a URL or a playlist.
"""

import asyncio
import os
import signal
import stat
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from app.domain.errors import (
    ConfigError,
    EngineCrashed,
    MediaEmpty,
    MediaUnreadable,
    SpoolError,
)
from app.domain.system_errors import refused

#: Containers that hold their own sound. Not in it, on purpose: whatever opens other files or
#: addresses (hls, dash, concat, sdp, rtsp, imf, image2, avisynth, lavfi) and music trackers.
DEMUXERS = (
    "aac,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,avi,caf,dts,dtshd,dv,eac3,flac,flv,gsm,gxf,h264,hevc,"
    "ircam,loas,m4v,matroska,mlp,mov,mp3,mpc,mpc8,mpeg,mpegts,mpegvideo,mxf,nut,ogg,oma,rm,sox,"
    "tak,truehd,tta,voc,w64,wav,wsaud,wtv,wv,xwma"
)
MAX_BLOCK = 256 * 1024 * 1024  # bytes in one allocation
MAX_STREAMS = 128
#: Kept from the service's environment: what a Python may need to start, and whose child it is.
ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SPOOL_DATA")
CHILD = Path(__file__).with_name("child.py")
CANNOT_RUN = 127


async def start(
    command: Sequence[str],
    *,
    file_bytes: int,
    cpu_seconds: int,
    niceness: int = 0,
    stdout: int = DEVNULL,
) -> Process:
    """`file_bytes`: of each file that it writes, at most. Its stderr is a pipe."""
    limits = (os.getpid(), file_bytes, cpu_seconds, niceness)
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-I", "-S", str(CHILD), *map(str, limits), *command),
        stdin=DEVNULL,
        stdout=stdout,
        stderr=PIPE,
        env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
        start_new_session=True,
    )


def reading(executable: str, source: Path, *choice: str) -> list[str]:
    """How a command begins; `choice` are options of the input.

    No shell; `file:` before absolute paths, so that no name reads as option or protocol.
    """
    return [
        *(executable, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+info"),
        *("-max_alloc", str(MAX_BLOCK), "-filter_threads", "1"),
        *("-protocol_whitelist", "file,pipe", "-format_whitelist", DEMUXERS),
        *("-max_streams", str(MAX_STREAMS), "-threads", "1", *choice),
        *("-i", f"file:{source.absolute()}"),
    ]


def find_executable() -> str:
    import imageio_ffmpeg

    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        raise ConfigError(f"no ffmpeg: {error}", hint="run: spool doctor") from error


def require_content(source: Path) -> None:
    """A pipe or a device would block ffmpeg, or never end."""
    try:
        found = source.stat()
    except OSError as error:
        raise refused(error, "the medium cannot be read") from error
    if not stat.S_ISREG(found.st_mode):
        raise MediaUnreadable("not a regular file")
    if found.st_size == 0:
        raise MediaEmpty("the file is empty")


def killed_by(number: int) -> SpoolError:
    """A crash is the medium's doing; a SIGKILL or SIGTERM came from outside (memory, operator)."""
    if number in (signal.SIGKILL, signal.SIGTERM):
        return EngineCrashed(f"ffmpeg was killed by signal {number}", exit_status=-number)
    return MediaUnreadable(f"ffmpeg died of signal {number} over this file")


def kill(process: Process) -> None:
    """The whole group, by SIGKILL: a blocked ffmpeg ignores SIGTERM."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


async def end(process: Process) -> None:
    if process.returncode is None:
        kill(process)
        await asyncio.shield(process.wait())
