"""How ffmpeg is called: it meets one opened file, and never a name, a URL or a playlist."""

import os
import shutil
import signal

from app.domain.errors import ConfigError, EngineCrashed, MediaUnreadable, SpoolError

#: Containers that hold their own sound. Not in it, on purpose: whatever opens other files or
#: addresses (hls, dash, concat, sdp, rtsp, imf, image2, avisynth, lavfi) and music trackers.
DEMUXERS = (
    "aac,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,avi,caf,dts,dtshd,dv,eac3,flac,flv,gsm,gxf,h264,hevc,"
    "ircam,loas,m4v,matroska,mlp,mov,mp3,mpc,mpc8,mpeg,mpegts,mpegvideo,mxf,nut,ogg,oma,rm,sox,"
    "tak,truehd,tta,voc,w64,wav,wsaud,wtv,wv,xwma"
)
MAX_BLOCK = 256 * 1024 * 1024  # bytes in one allocation
MAX_STREAMS = 128
MAX_PIXELS = 2**26  # of a frame: twice those of 8K
#: Seconds between two looks at what it does.
POLL = 0.25


def reading(executable: str, *choice: str) -> list[str]:
    """How a command begins that reads its standard input; `choice` are options of the input."""
    return [
        *(executable, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+info"),
        *("-max_alloc", str(MAX_BLOCK), "-filter_threads", "1"),
        *("-protocol_whitelist", "fd", "-format_whitelist", DEMUXERS),
        *("-max_streams", str(MAX_STREAMS), "-max_pixels", str(MAX_PIXELS), "-threads", "1"),
        *(*choice, "-i", "fd:"),
    ]


def find_executable() -> str:
    import imageio_ffmpeg

    try:
        found = str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        raise ConfigError(f"no ffmpeg: {error}", hint="run: spool doctor") from error
    return shutil.which(found) or found


def read_so_far(source: int) -> int:
    """Where in the file a process is that shares this descriptor with us."""
    return os.lseek(source, 0, os.SEEK_CUR)


def killed_by(number: int) -> SpoolError:
    """A crash is the medium's doing; a SIGKILL or SIGTERM came from outside (memory, operator)."""
    if number in (signal.SIGKILL, signal.SIGTERM):
        return EngineCrashed(f"ffmpeg was killed by signal {number}", exit_status=-number)
    return MediaUnreadable(f"ffmpeg died of signal {number} over this file")


def too_much_work(seconds: float, size: int) -> MediaUnreadable:
    return MediaUnreadable(f"ffmpeg worked for {seconds:.0f} s on {size} bytes and was not done")
