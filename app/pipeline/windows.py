"""Where to cut: speech probabilities in, windows for the engine out.

Speech begins at `SPEECH` and ends below `SILENCE`. Neighbouring speech shares a window until a
silence of `JOIN` or until the window is full; a full window is cut at the pause with the most
silence in its later half, and speech without a pause where it is quietest.

The cuts depend on the probabilities alone, never on how they were divided into blocks: a
resumed job finds the same windows again.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from app.domain.media import FRAME, SAMPLE_RATE, AudioWindow, Span
from app.ports import Sound, SpeechDetector

FRAMES_PER_SECOND = SAMPLE_RATE / FRAME

SPEECH = 0.5  # probability at which speech begins
SILENCE = 0.35  # probability below which it ends
JOIN = round(3.0 * FRAMES_PER_SECOND)  # frames of silence that end a window
PAD = round(0.3 * FRAMES_PER_SECOND)  # frames kept around speech
#: Frames of speech that make a window worth hearing. Just under a spoken "yes"; what is shorter
#: and stands alone is a click.
ENOUGH = round(0.22 * FRAMES_PER_SECOND)
#: Frames left for the next window when speech is cut without a pause: engines invent text for
#: scraps.
LEFTOVER = round(1.0 * FRAMES_PER_SECOND)


@dataclass
class Draft:
    """A window that is still growing. All numbers are frames of the whole medium."""

    #: First frame, padding included.
    first: int
    #: Probabilities from `first` on.
    heard: list[float]
    #: One past the last frame of speech so far.
    spoken_until: int
    #: Frames of speech.
    speech: int = 0
    #: Silences between speech: (first, one past the last).
    pauses: list[tuple[int, int]] = field(default_factory=list)
    #: It begins in the middle of speech, and so is kept however short.
    mid_speech: bool = False

    @property
    def worth_hearing(self) -> bool:
        return self.mid_speech or self.speech >= ENOUGH

    def silence(self, pause: tuple[int, int]) -> float:
        """How much silence there is in a pause: both its length and its depth count."""
        first, last = pause
        return sum(1.0 - p for p in self.heard[first - self.first : last - self.first])


class WindowCutter:
    """Feed it block by block, then `finish`. Spans come out in order and never overlap."""

    def __init__(self, max_seconds: float = 28.0) -> None:
        """`max_seconds`: no window is longer; at least 5."""
        if max_seconds < 5:
            raise ValueError("a window needs at least 5 seconds")
        self._max = int(max_seconds * FRAMES_PER_SECOND)
        self._now = 0
        #: End of the last window: none may begin before.
        self._floor = 0
        self._speaking = False
        self._draft: Draft | None = None
        #: The last frames before speech, for the padding.
        self._recent: list[float] = []

    def feed(self, probabilities: Sequence[float]) -> list[Span]:
        """The windows that ended within these frames."""
        spans: list[Span] = []
        for probability in probabilities:
            spans += self._step(probability)
        return spans

    def finish(self, total_samples: int) -> list[Span]:
        """The windows that the end of the medium ends. The last is cut to its true length."""
        spans = [
            Span(first=span.first, last=min(span.last, total_samples))
            for span in self._close()
            if span.first < total_samples
        ]
        return spans

    def _step(self, probability: float) -> list[Span]:
        self._speaking = probability >= (SILENCE if self._speaking else SPEECH)
        draft = self._draft
        if self._speaking and draft is None:
            draft = self._draft = self._begin()
        if draft is None:
            self._recent = [*self._recent[1 - PAD :], probability]
        else:
            draft.heard.append(probability)
        self._now += 1
        if draft is None:
            return []
        if self._speaking:
            return self._speech(draft)
        return self._close() if self._now - draft.spoken_until >= JOIN else []

    def _begin(self) -> Draft:
        first = max(self._floor, self._now - len(self._recent))
        heard = self._recent[len(self._recent) - (self._now - first) :]
        self._recent = []
        return Draft(first=first, heard=heard, spoken_until=self._now)

    def _speech(self, draft: Draft) -> list[Span]:
        """The frame before `now` is speech: grow, and cut when that is too much."""
        before = self._now - 1
        if draft.speech and draft.spoken_until < before:
            draft.pauses.append((draft.spoken_until, before))
        draft.speech += 1
        draft.spoken_until = self._now
        spans = []
        while self._draft is not None and self._now - self._draft.first > self._max:
            spans += self._cut(self._draft)
        return spans

    def _cut(self, draft: Draft) -> list[Span]:
        half = draft.first + self._max // 2
        pauses = [pause for pause in draft.pauses if sum(pause) // 2 >= half]
        if pauses:
            first, last = max(pauses, key=draft.silence)
            middle = (first + last) // 2
            end, start = min(first + PAD, middle), max(last - PAD, middle)
        else:
            end = start = self._quietest(draft, half)
        self._draft = self._rest(draft, start, mid_speech=not pauses)
        return self._span(draft.first, min(end, draft.first + self._max))

    def _quietest(self, draft: Draft, half: int) -> int:
        frames = range(half, draft.first + self._max - LEFTOVER)
        return min(reversed(frames), key=lambda frame: draft.heard[frame - draft.first])

    def _rest(self, draft: Draft, start: int, *, mid_speech: bool) -> Draft:
        pauses = [pause for pause in draft.pauses if pause[0] > start]
        silent = sum(last - first for first, last in pauses)
        lead = max((last for first, last in draft.pauses if first <= start < last), default=start)
        return Draft(
            first=start,
            heard=draft.heard[start - draft.first :],
            spoken_until=draft.spoken_until,
            speech=draft.spoken_until - lead - silent,
            pauses=pauses,
            mid_speech=mid_speech,
        )

    def _close(self) -> list[Span]:
        draft, self._draft = self._draft, None
        self._speaking = False
        if draft is None:
            return []
        end = min(draft.spoken_until + PAD, draft.first + self._max, self._now)
        self._recent = draft.heard[max(0, len(draft.heard) - PAD) :]
        return self._span(draft.first, end) if draft.worth_hearing else []

    def _span(self, first: int, last: int) -> list[Span]:
        self._floor = last
        return [Span(first=first * FRAME, last=last * FRAME)]


async def windows(
    detector: SpeechDetector, sound: Sound, cutter: WindowCutter
) -> AsyncIterator[AudioWindow]:
    """The windows of `sound` in time order, each as soon as its end is known."""
    numbers = count()
    async for block in detector.probabilities(sound):
        for span in cutter.feed(block):
            yield _window(sound.path, next(numbers), span)
    for span in cutter.finish((await sound.whole()).samples):
        yield _window(sound.path, next(numbers), span)


def _window(path: Path, number: int, span: Span) -> AudioWindow:
    return AudioWindow(number=number, path=path, first_sample=span.first, samples=span.samples)
