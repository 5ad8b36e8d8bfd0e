"""What ffmpeg says as it picks frames: when each is, and how much changed just before it."""

import re

from app.adapters.ffmpeg.talk import Talk


class FrameTalk(Talk):
    #: Only what filters say begins so: nothing that stands in the medium can pass for it.
    _filter = r"\[Parsed_metadata_\d+ @ 0x[0-9a-f]+\] \[info\] "
    _time = re.compile(_filter + r"frame:\d+ +pts:\S+ +pts_time:(-?[0-9]{1,9}(?:\.[0-9]*)?)")
    _beat = re.compile(
        r"\[Parsed_showinfo_\d+ @ 0x[0-9a-f]+\] \[info\] n: *\d+ pts: *\S+ "
        r"pts_time:(-?[0-9]{1,9}(?:\.[0-9]*)?)"
    )
    #: What the medium tells of itself is further to the right.
    _input = re.compile(r"\[info\] Input #0")
    _stream = re.compile(r"\[info\]   Stream #\d+:\d+[^:]*: Video: (?!.*\(attached pic\))")
    _score = re.compile(_filter + r"lavfi\.scene_score=([0-9]+(?:\.[0-9]*)?)")

    def __init__(self, most: int) -> None:
        """`most`: frames that are listened to."""
        super().__init__()
        self._most = most
        #: Seconds, by frame.
        self.times: list[float] = []
        #: 0..1, by frame: how unlike the frame before it.
        self.scores: list[float] = []
        #: Seconds, of what is decoded at the beginning; told only where it is asked for.
        self.beats: list[float] = []
        #: As ffmpeg ended; -11 means signal 11.
        self.status = 0
        #: Whether it is a medium at all, and whether anything in it can be seen.
        self.opened = self.has_pictures = False

    def hear(self, line: str) -> None:
        if found := self._time.match(line):
            self._add(self.times, max(0.0, float(found[1])))
        elif found := self._score.match(line):
            self._add(self.scores, float(found[1]))
        elif found := self._beat.match(line):
            self._add(self.beats, float(found[1]))
        else:
            self.opened |= self._input.match(line) is not None
            self.has_pictures |= self._stream.match(line) is not None
            super().hear(line)

    def _add(self, numbers: list[float], number: float) -> None:
        """A medium may say so much that it looks like more frames than there are."""
        if len(numbers) < self._most:
            numbers.append(number)

    @property
    def seconds(self) -> float | None:
        """Of the medium, as well as ffmpeg knows."""
        return self._seconds
