"""An engine that says what the job's prompt says, or fails with it."""

from collections.abc import Iterator, Sequence

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
        #: What is said of all passages where the prompt is its name.
        self.talks: dict[str, Sequence[str]] = {}

    def _result(self, window: AudioWindow, options: DecodingOptions) -> WindowTranscript:
        told = options.prompt or f"window {window.number}"
        if told.startswith(FAILS) and not self.mended:
            raise EngineError(told.removeprefix(FAILS))
        said = tuple(_segments(window, self.talks.get(told, (told,))))
        return WindowTranscript(number=window.number, segments=said, language="en")


def _segments(window: AudioWindow, texts: Sequence[str]) -> Iterator[Segment]:
    """Each as long as the others, and so are its words."""
    each = window.seconds / len(texts)
    for number, text in enumerate(texts):
        start = window.start + number * each
        words = tuple(_words(start, each, text))
        yield Segment(start=start, end=start + each, text=text, words=words, speaker=SPEAKER)


def _words(begun: float, seconds: float, text: str) -> Iterator[Word]:
    words = text.split()
    each = seconds / max(1, len(words))
    for number, word in enumerate(words):
        start = begun + number * each
        yield Word(start=start, end=start + each, text=f" {word}", probability=0.9)
