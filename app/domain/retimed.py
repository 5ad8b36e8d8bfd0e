"""When the words of a segment are said whose text was corrected."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import chain, pairwise, takewhile
from unicodedata import category, east_asian_width

from app.domain.transcript import Segment, Word

#: Old and new words that may differ, each: comparing them takes up to the cube of it, and the
#: database waits meanwhile. A segment of speech, half a minute at most, has some hundred words.
MOST = 100

#: Old words from number to number, and the new ones in place of them.
Change = tuple[int, int, int, int]


def retimed(segment: Segment, text: str) -> tuple[Word, ...]:
    """Words that spell `text`: those that are said already keep their times, others get a share.

    None where the segment has none, and where too much of it is new to find what is not.
    """
    old = tuple(chain.from_iterable(_parts(word) for word in segment.words))
    new = tuple(_pieces(text))
    before, after = [_plain(word.text) for word in old], [_plain(piece) for piece in new]
    head = _alike(before, after)
    tail = _alike(reversed(before[head:]), reversed(after[head:]))
    last, end = len(old) - tail, len(new) - tail
    if not old or max(last, end) - head > MOST:
        return ()
    words = [_said(word, piece) for word, piece in zip(old[:head], new[:head], strict=True)]
    for here, until, there, to in _changes(before[head:last], after[head:end]):
        part = slice(head + here, head + until)
        words += _changed(segment, old, part, new[head + there : head + to])
    words += [_said(word, piece) for word, piece in zip(old[last:], new[end:], strict=True)]
    return tuple(_in_order(words, segment))


def _parts(word: Word) -> Iterator[Word]:
    """As `_pieces` would have it: an engine may tell several letters of Chinese as one word."""
    pieces = tuple(_pieces(word.text))
    if len(pieces) == 1:
        return iter((word,))
    return _shared(pieces, word.start, word.end, word.probability)


def _pieces(text: str) -> Iterator[str]:
    """Words; letters of scripts that put no space between words stand alone, as engines do it."""
    for word in text.split():
        ends = [place for place, letter in enumerate(word, 1) if east_asian_width(letter) in "WF"]
        for first, last in pairwise(sorted({0, *ends, len(word)})):
            yield word[first:last]


def _plain(word: str) -> str:
    """What makes it the same word, however it is written in its sentence."""
    word = word.strip().casefold()
    letters = "".join(letter for letter in word if category(letter)[0] != "P")
    return letters or word


def _alike(one: Iterable[str], other: Iterable[str]) -> int:
    """How many are the same before the first that differ."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _changes(before: Sequence[str], after: Sequence[str]) -> Iterator[Change]:
    """In order; words that are the same, one by one."""
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for kind, here, until, there, to in matcher.get_opcodes():
        if kind != "equal":
            yield here, until, there, to
            continue
        for number in range(until - here):
            yield here + number, here + number + 1, there + number, there + number + 1


def _changed(
    segment: Segment, old: Sequence[Word], part: slice, new: Sequence[str]
) -> Iterator[Word]:
    replaced = old[part]
    if len(replaced) == len(new) == 1 and _plain(replaced[0].text) == _plain(new[0]):
        return iter((_said(replaced[0], new[0]),))
    if replaced:
        return _shared(new, replaced[0].start, replaced[-1].end)
    start = old[part.start - 1].end if part.start else segment.start
    end = old[part.stop].start if part.stop < len(old) else segment.end
    return _shared(new, start, end)


def _said(word: Word, text: str) -> Word:
    return replace(word, text=text)


def _shared(
    pieces: Sequence[str], start: float, end: float, probability: float | None = None
) -> Iterator[Word]:
    """Each letter takes as long as any other; no time at all where there is none."""
    pace = max(0.0, end - start) / max(1, sum(map(len, pieces)))
    letters = 0
    for piece in pieces:
        begin, letters = start + letters * pace, letters + len(piece)
        yield Word(start=begin, end=start + letters * pace, text=piece, probability=probability)


def _in_order(words: Iterable[Word], segment: Segment) -> Iterator[Word]:
    """Within the segment, and none before the one in front of it."""
    begin = segment.start
    for word in words:
        begin = min(max(begin, word.start), segment.end)
        yield replace(word, start=begin, end=min(max(begin, word.end), segment.end))
