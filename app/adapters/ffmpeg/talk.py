"""What ffmpeg says on stderr, boiled down to what a job needs to know."""

import re
from asyncio.subprocess import Process

from app.domain.errors import MediaUnreadable, NoAudio, SpoolError


class Talk:
    """ffmpeg can talk without end: only a little is kept."""

    MAX_LINE = 500  # characters
    MAX_ERRORS = 20  # lines
    _line = re.compile(r"(?:\[[^]]* @ 0x[0-9a-f]+\] )*\[(info|warning|error|fatal|panic)\] (.*)")
    #: How demuxers complain of a file that is not whole.
    _broken = re.compile(r"File ended prematurely|stream \d+, offset 0x[0-9a-f]+: partial file")
    _duration = re.compile(r"  Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)")

    def __init__(self) -> None:
        self._errors: list[str] = []
        self._seconds: float | None = None
        self._estimated = False
        self.disk_full = False
        #: Whether the container ends where more of it should be.
        self.breaks_off = False

    async def listen(self, process: Process) -> None:
        assert process.stderr is not None
        rest = b""
        while chunk := await process.stderr.read(4096):
            *lines, rest = (rest + chunk).split(b"\n")
            rest = rest[: self.MAX_LINE]
            for line in lines:
                self.hear(line[: self.MAX_LINE].decode(errors="replace"))
        self.hear(rest.decode(errors="replace"))

    def hear(self, line: str) -> None:
        if not (match := self._line.match(line)):
            return
        level, text = match.groups()
        self._estimated |= text.startswith("Estimating duration from bitrate")
        self.disk_full |= "No space left on device" in text
        self.breaks_off |= level != "info" and self._broken.match(text) is not None
        if self._seconds is None and (found := self._duration.match(text)):
            hours, minutes, seconds = found.groups()
            self._seconds = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
        if level not in ("info", "warning") and len(self._errors) < self.MAX_ERRORS:
            self._errors.append(text)

    @property
    def declared(self) -> float | None:
        """Seconds the container claims; None when ffmpeg had to guess."""
        return None if self._estimated else self._seconds

    @property
    def reason(self) -> str:
        """The first complaint names the cause; what follows are its consequences."""
        text = self._errors[0] if self._errors else "no reason given"
        if text.startswith("Format not on whitelist"):
            return "not a kind of file that is read here"
        return text.replace("fd::", "the file:").replace("fd:", "the file").strip()

    def verdict(self) -> SpoolError:
        """Why there is no sound."""
        if any("matches no streams" in error for error in self._errors):
            return NoAudio("the medium has no audio stream")
        if not self._errors:
            return NoAudio("the audio stream is empty")
        return MediaUnreadable(f"no audio or video that can be read (ffmpeg: {self.reason})")
