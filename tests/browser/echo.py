"""An engine that says what the job's prompt says, or fails with it."""

from collections.abc import Iterator

from app.domain.decoding import DecodingOptions
from app.domain.errors import EngineError
from app.domain.media import AudioWindow
from app.domain.transcript import Segment, WindowTranscript, Word
from tests.fakes import FakeEngine

#: Before the words of an error, in a prompt.
FAILS = "fail: "
SPEAKER = "S1"


class Echo(FakeEngine):
    def __init__(self) -> None:
        super().__init__("base")
        #: What fails does so until this is set.
        self.mended = False

    def _result(self, window: AudioWindow, options: DecodingOptions) -> WindowTranscript:
        told = options.prompt or f"window {window.number}"
        if told.startswith(FAILS) and not self.mended:
            raise EngineError(told.removeprefix(FAILS))
        said = Segment(
            start=window.start,
            end=window.end,
            text=told,
            words=tuple(_words(window, told)),
            speaker=SPEAKER,
        )
        return WindowTranscript(number=window.number, segments=(said,), language="en")


def _words(window: AudioWindow, text: str) -> Iterator[Word]:
    """Each as long as the others."""
    words = text.split()
    each = window.seconds / max(1, len(words))
    for number, word in enumerate(words):
        start = window.start + number * each
        yield Word(start=start, end=start + each, text=f" {word}", probability=0.9)
