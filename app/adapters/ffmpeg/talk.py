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
    _duration = re.compile(r"  Duration: (\d{1,6}):(\d\d):(\d\d(?:\.\d+)?)")
    _track = re.compile(r"  Stream #\d+:\d+[^:]*: (\w+)")
    #: As Matroska tells it of each track.
    _its_duration = re.compile(r"      DURATION +: (\d{1,6}):(\d\d):(\d\d(?:\.\d{1,9})?)")

    def __init__(self) -> None:
        self._errors: list[str] = []
        self._seconds: float | None = None
        self._estimated = False
        #: Of the first track of sound; whether that is told of now; whether it was.
        self._of_sound: float | None = None
        self._in_sound = self._past_sound = False
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
            self._seconds = _clock(found)
        self._hear_of_sound(text)
        if level not in ("info", "warning") and len(self._errors) < self.MAX_ERRORS:
            self._errors.append(text)

    def _hear_of_sound(self, text: str) -> None:
        if track := self._track.match(text):
            is_sound = track[1] == "Audio"
            self._in_sound = is_sound and not self._past_sound
            self._past_sound |= is_sound
        elif self._in_sound and (found := self._its_duration.match(text)):
            self._of_sound = _clock(found)

    @property
    def declared(self) -> float | None:
        """Seconds the container claims, of its sound where it tells of that, too; None when ffmpeg
        had to guess."""
        whole = None if self._estimated else self._seconds
        return min(filter(None, (whole, self._of_sound)), default=None)

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


def _clock(found: re.Match[str]) -> float:
    hours, minutes, seconds = found.groups()
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
