"""A transcript cut into passages that are searched for one by one.

A hit plays from the start of its passage. So passages are small: about a sentence, and
a short sentence takes in the next one only when that begins almost at the same time.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.domain.assets import Asset
from app.domain.media_types import MediaType
from app.domain.search import Moment
from app.domain.transcript import Segment, Transcript, Word
from app.pipeline.moment import moment
from app.pipeline.picture_moments import pictured
from app.pipeline.text_moments import written
from app.ports import PageReader

#: Characters in a passage: what a sentence embedding still holds together.
MAX_LENGTH = 250
#: Seconds of a passage that is put together; a single segment may be longer.
MAX_SECONDS = 8.0
#: A finished sentence is joined by the next one only when that begins this soon after its start.
NEAR_SECONDS = 2.0
#: Silence that ends a passage, even in mid-sentence.
PAUSE_SECONDS = 2.0
#: Seconds between two words whose times are kept.
STEADY_SECONDS = 1.0

SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？", "।", "؟")  # noqa: RUF001
CLOSERS = "\"'”’»)]」』"  # noqa: RUF001
#: Up to a space, or to the end of a sentence that needs none behind it.
_TOKEN = re.compile("(?=\\S)[^\\s。！？।؟]*+[。！？।؟]*+[\"'”’»)\\]」』]*+")  # noqa: RUF001


@dataclass(frozen=True, kw_only=True)
class Passage:
    start: float
    end: float
    text: str
    #: Where parts of it begin, in characters and in seconds; a second or more apart.
    times: tuple[tuple[int, float], ...] = ()

    @property
    def ends_sentence(self) -> bool:
        return ends_sentence(self.text)


def moments_of(asset: Asset, transcript: Transcript | None, texts: PageReader) -> list[Moment]:
    """Numbered from 0: the same asset always gives the same ids."""
    if transcript:
        return spoken(asset, transcript)
    if asset.media_type is MediaType.TEXT:
        return written(asset, texts)
    if asset.picture:
        return pictured(asset, asset.picture)
    return silent(asset) if asset.media_type is MediaType.VIDEO else []


def silent(asset: Asset) -> list[Moment]:
    """Found by its name and what is told of it; what a video shows, by its key-frames."""
    words = "\n".join(filter(None, (asset.title, asset.description)))
    return [moment(asset, 0, words, start=0.0, end=0.0)]


def spoken(asset: Asset, transcript: Transcript) -> list[Moment]:
    """In time order, behind what its owner tells of it; of music that is all there is."""
    pieces = (piece for segment in transcript.segments for piece in split(segment))
    passages = list(join(pieces))
    told = silent(asset) if asset.description.strip() or not passages else []
    return [*told, *(_moment(asset, *each) for each in enumerate(passages, len(told)))]


def _moment(asset: Asset, number: int, passage: Passage) -> Moment:
    times = passage.times if len(passage.times) > 1 else ()  # the first one is its start
    return moment(asset, number, passage.text, start=passage.start, end=passage.end, times=times)


def join(pieces: Iterable[Passage]) -> Iterator[Passage]:
    """Short neighbours into one passage."""
    passage: Passage | None = None
    for piece in pieces:
        if passage is None:
            passage = piece
        elif belongs(piece, passage):
            passage = _together(passage, piece)
        else:
            yield passage
            passage = piece
    if passage is not None:
        yield passage


def _together(passage: Passage, piece: Passage) -> Passage:
    further = len(passage.text) + 1
    return Passage(
        start=passage.start,
        end=max(passage.end, piece.end),
        text=f"{passage.text} {piece.text}",
        times=passage.times + tuple((place + further, time) for place, time in piece.times),
    )


def belongs(piece: Passage, passage: Passage) -> bool:
    """Whether `piece` goes on with `passage`."""
    if piece.start - passage.end > PAUSE_SECONDS:
        return False
    if len(passage.text) + len(piece.text) >= MAX_LENGTH:
        return False
    if piece.end - passage.start > MAX_SECONDS:
        return False
    return not passage.ends_sentence or piece.start - passage.start <= NEAR_SECONDS


def split(segment: Segment) -> Iterator[Passage]:
    """A long segment at its sentence ends, by the times of its words; else about there."""
    text = segment.text.strip()
    if not text:
        return
    long = segment.end - segment.start > MAX_SECONDS or len(text) > MAX_LENGTH
    words = segment.words
    places = _places(text, words) if words else None
    if long and not places:
        yield from _steadily(segment, text)
        return
    if not places or not long:
        times = _times(words, places or (), 0) or ((0, segment.start),)
        yield Passage(start=segment.start, end=segment.end, text=text, times=times)
        return
    for first, last in pairwise(_cuts(words)):
        begin = places[first] if first else 0
        until = places[last] if last < len(words) else len(text)
        start, end = words[first].start, words[last - 1].end
        times = _times(words[first:last], places[first:last], begin)
        text_of = text[begin:until].strip()
        yield Passage(start=start, end=max(start, end), text=text_of, times=times)


def _steadily(segment: Segment, text: str) -> Iterator[Passage]:
    """At sentence ends. No word tells its time: each letter takes as long as any other."""
    pace = (segment.end - segment.start) / len(text)
    ends = [found.end() for found in _TOKEN.finditer(text) if ends_sentence(found[0])]
    for first, last in pairwise(sorted({0, *ends, len(text)})):
        start = segment.start + first * pace
        end = min(segment.start + last * pace, segment.end)
        part = text[first:last].strip()
        yield Passage(start=start, end=max(start, end), text=part, times=((0, start),))


def _times(
    words: Sequence[Word], places: Sequence[int], begin: int
) -> tuple[tuple[int, float], ...]:
    """Of about one word a second: between two of them people speak steadily."""
    found: list[tuple[int, float]] = []
    for word, place in zip(words, places, strict=False):
        if not found or word.start - found[-1][1] >= STEADY_SECONDS:
            found.append((place - begin, word.start))
    return tuple(found)


def _places(text: str, words: tuple[Word, ...]) -> list[int] | None:
    """Where each word begins in the text; None when they do not spell it."""
    places, position = [], 0
    for word in words:
        position = text.find(word.text.strip(), position)
        if position < 0:
            return None
        places.append(position)
        position += len(word.text.strip())
    return places


def _cuts(words: tuple[Word, ...]) -> Iterator[int]:
    """Numbers of the words that begin a passage, and at last the number of words.

    Where no sentence ends for too long, the passage ends at the word that would make it too long.
    """
    first, letters = 0, 0
    yield 0
    for number, word in enumerate(words):
        too_long = word.end - words[first].start > MAX_SECONDS or letters > MAX_LENGTH
        if number > first and (too_long or ends_sentence(words[number - 1].text)):
            yield number
            first, letters = number, 0
        letters += len(word.text)
    yield len(words)


def ends_sentence(text: str) -> bool:
    return text.rstrip().rstrip(CLOSERS).endswith(SENTENCE_ENDS)
