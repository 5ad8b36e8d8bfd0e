"""What ffmpeg says as it picks frames: when each is, and how much changed just before it."""

import re
from collections.abc import Sequence

from app.adapters.ffmpeg.talk import Talk


class FrameTalk(Talk):
    #: Only what filters say begins so: nothing that stands in the medium can pass for it.
    _filter = r"\[Parsed_metadata_\d+ @ 0x[0-9a-f]+\] \[info\] "
    _time = re.compile(_filter + r"frame:\d+ +pts:\S+ +pts_time:(-?[0-9]{1,9}(?:\.[0-9]*)?)")
    _stream = re.compile(r" +Stream #.*: Video: (?!.*\(attached pic\))")
    _score = re.compile(_filter + r"lavfi\.scene_score=([0-9]+(?:\.[0-9]*)?)")

    def __init__(self, hidden: Sequence[str]) -> None:
        super().__init__(hidden)
        #: Seconds, by frame.
        self.times: list[float] = []
        #: 0..1, by frame: how unlike the frame before it.
        self.scores: list[float] = []
        #: As ffmpeg ended; -11 means signal 11.
        self.status = 0
        #: Whether it is a medium at all, and whether anything in it can be seen.
        self.opened = self.has_pictures = False

    def hear(self, line: str) -> None:
        if found := self._time.match(line):
            self.times.append(max(0.0, float(found[1])))
        elif found := self._score.match(line):
            self.scores.append(float(found[1]))
        else:
            self.opened |= "] Input #0" in line
            self.has_pictures |= self._stream.search(line) is not None
            super().hear(line)

    @property
    def seconds(self) -> float | None:
        """Of the medium, as well as ffmpeg knows."""
        return self._seconds
