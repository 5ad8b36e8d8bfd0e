"""Words with their times, and how they become segments."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from app.adapters.engines.faster_whisper_heard import Stretch
from app.adapters.engines.faster_whisper_sound import Pause
from app.adapters.engines.spelling import Spelling

NEAR = 0.2  # seconds between a pause and where alignment puts the border of two words
#: Silences, in seconds, that end a segment: anywhere, after a comma, after what may be "Mr.".
BREAK = 0.8
CLAUSE_BREAK = 0.6
TITLE_BREAK = 0.3
TITLE = 3  # letters before a full stop that may be that of "Mrs."
LONGEST = 7.0  # seconds of a segment, as subtitles go

SENTENCE_ENDS = (".", "?", "!", "。", "？", "！", "…")  # noqa: RUF001
CLAUSE_ENDS = (",", ";", ":", "，", "、", "；", "：")  # noqa: RUF001
CLOSING = "\"'”’)]»」"  # noqa: RUF001

Line = list[Spelling]


def settle(words: Sequence[Spelling], pauses: Sequence[Pause], seconds: float) -> None:
    """Move the borders of words out of the pauses.

    Alignment knows where a word is, but gives the silence around it to one of the two neighbours.
    `seconds`: length of the window.
    """
    if not words:
        return
    if pause := _between(pauses, 0.0, words[0].start):
        words[0].start = min(pause[1], words[0].end)
    for word, following in pairwise(words):
        pause = _between(pauses, word.end, following.start)
        if pause and pause[0] > word.start:
            word.end = pause[0]
            following.start = min(pause[1], max(following.end, following.start))
        word.end = max(word.start, min(word.end, following.start))
    last = words[-1]
    if (pause := _between(pauses, last.end, seconds)) and pause[0] > last.start:
        last.end = pause[0]
    last.end = max(last.start, min(last.end, seconds))


def _between(pauses: Sequence[Pause], end: float, start: float) -> Pause | None:
    """The longest pause that touches the border of two words."""
    near = [pause for pause in pauses if pause[1] > end - NEAR and pause[0] < start + NEAR]
    return max(near, key=lambda pause: pause[1] - pause[0], default=None)


def unheard(words: Sequence[Spelling], pauses: Sequence[Pause], seconds: float) -> Stretch:
    """Where there is most sound without a word. `seconds`: length of the window."""
    borders = [0.0, *(time for word in words for time in (word.start, word.end)), seconds]
    gaps = zip(borders[::2], borders[1::2], strict=True)
    stretches = (Stretch(a, b, b - a - _quiet(pauses, a, b)) for a, b in gaps)
    return max(stretches, key=lambda stretch: stretch.sound)


def _quiet(pauses: Sequence[Pause], start: float, end: float) -> float:
    return sum(max(0.0, min(end, until) - max(start, begin)) for begin, until in pauses)


def lines(words: Sequence[Spelling]) -> Iterator[Line]:
    """Segments: cut at sentences and pauses, none longer than `LONGEST` if it has two words."""
    line: Line = []
    for number, word in enumerate(words):
        line.append(word)
        if number + 1 == len(words) or _ends_here(word, words[number + 1]):
            yield from _shortened(line)
            line = []


def _ends_here(word: Spelling, following: Spelling) -> bool:
    silence = following.start - word.end
    if _ends(word, SENTENCE_ENDS):
        title = len(word.text.strip(" .")) <= TITLE and _ends(word, (".",))
        return silence >= TITLE_BREAK or not title
    return silence >= (CLAUSE_BREAK if _ends(word, CLAUSE_ENDS) else BREAK)


def _shortened(line: Line) -> Iterator[Line]:
    if len(line) < 2 or line[-1].end - line[0].start <= LONGEST:
        yield line
        return
    cut = max(range(1, len(line)), key=lambda number: _fitness(line, number))
    yield from _shortened(line[:cut])
    yield from _shortened(line[cut:])


def _fitness(line: Line, number: int) -> float:
    """How well the line is cut before this word: after a clause, at a pause, near the middle."""
    before, after = line[number - 1], line[number]
    first, last = line[0].start, line[-1].end
    off_middle = abs(after.start - (first + last) / 2) / (last - first)  # 0..0.5
    mark = 1.5 if _ends(before, SENTENCE_ENDS) else 1.0 if _ends(before, CLAUSE_ENDS) else 0.0
    return mark + min(after.start - before.end, 1.0) - 3 * off_middle


def _ends(word: Spelling, marks: tuple[str, ...]) -> bool:
    return word.text.rstrip().rstrip(CLOSING).endswith(marks)
