"""Which words of a passage a query meant, and where in time they are."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from html import escape

#: English words that say nothing alone: neither searched for nor marked.
STOP_WORDS = frozenset(
    """
a an and are as at be been but by did do does for from had has have he her hers him his i if in
into is it its me my no nor not of on or our ours out she so such than that the their theirs them
then there these they this those to too up us was we were what when where which who whom why will
with would you your yours d ll m re s t ve
""".split()
)
#: Characters of a snippet.
SNIPPET = 240
#: Characters in which words that belong together stand.
NEIGHBOURS = 80
#: People hardly speak slower than so many characters a second: what takes longer holds a pause.
SLOWEST = 12.0
#: Seconds: words that come later than this in a passage are gone to by themselves. Two are
#: promised, and where in a passage they are said is an estimate.
NEAR = 1.0
#: Seconds before the words at which that begins.
LEAD = 0.3

Span = tuple[int, int]
#: Gives what the forms of a word have in common, of one in small letters without accents.
Stem = Callable[[str], str]

#: Scripts that put no space between words stand letter by letter.
_WORD = re.compile(
    r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|"
    r"(?:(?![\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff_])\w)+"
)
LONGEST_KEPT = 40  # letters of a word whose plain form is kept in mind


def as_written(word: str) -> str:
    return word


def spans(text: str, query: str, stem: Stem) -> list[Span]:
    """Where words of the query stand in the text, in any of their forms, in order."""
    wanted = {_stem(word, stem) for word, _ in _words(query)} - STOP_WORDS
    begins = {each[:1] for each in wanted}  # as all their forms do: most words are none of them
    return list(
        _joined(
            span
            for word, span in _words(text)
            if _plain(word)[:1] in begins and _stem(word, stem) in wanted
        )
    )


def focus(found: Sequence[Span], text: str, stem: Stem) -> int | None:
    """The place in the text from which most different words of the query stand together."""
    if not found:
        return None

    stems = [_stem(text[first:last], stem) for first, last in found]
    near, last, best, place = Counter[str](), 0, 0, found[0][0]
    for number, (start, _) in enumerate(found):
        while last < len(found) and found[last][0] < start + NEIGHBOURS:
            near[stems[last]] += 1
            last += 1
        if len(near) > best:
            best, place = len(near), start
        near[stems[number]] -= 1
        near += Counter()  # without those that are gone
    return place


def snippet(text: str, found: Sequence[Span], place: int | None) -> str:
    """HTML: part of the text about the place, with the spans in <mark>."""
    first, last = _window(text, place or 0)
    parts, position = ["…" if first else ""], first
    for begin, end in found:
        if begin >= first and end <= last:
            parts += [escape(text[position:begin]), "<mark>", escape(text[begin:end]), "</mark>"]
            position = end
    parts += [escape(text[position:last]), "…" if last < len(text) else ""]
    return "".join(parts)


def time_at(
    place: int, text: str, start: float, end: float, times: Sequence[tuple[int, float]]
) -> float:
    """When the words at that place are said, `start` when that is not much later than it."""
    points = [point for point in times if 0 <= point[0] <= len(text)] or [(0, start)]
    before = [point for point in points if point[0] <= place] or [(0, start)]
    after = [point for point in points if point[0] > place] or [(len(text), end)]
    (from_place, from_time), (to_place, to_time) = before[-1], after[0]
    share = (place - from_place) / max(to_place - from_place, 1)
    steady = from_time + share * (to_time - from_time)
    time = min(steady, from_time + (place - from_place) / SLOWEST) - LEAD
    return time if start + NEAR < time + LEAD <= end else start


def _window(text: str, place: int) -> Span:
    """Whole words, a third of it before the place."""
    if len(text) <= SNIPPET:
        return 0, len(text)
    first = max(0, min(place - SNIPPET // 3, len(text) - SNIPPET))
    last = first + SNIPPET
    if first:
        first = _gap(text, first, place)
    if last < len(text):
        last = max(text.rfind(" ", place, last), place) if " " in text[place:last] else last
    return first, last


def _gap(text: str, first: int, place: int) -> int:
    after = text.find(" ", first, place)
    return first if after < 0 else after + 1


def _words(text: str) -> Iterator[tuple[str, Span]]:
    for match in _WORD.finditer(text):
        yield match.group(), match.span()


def _joined(found: Iterable[Span]) -> Iterator[Span]:
    """Those that touch each other are one."""
    whole: Span | None = None
    for span in found:
        if whole is not None and span[0] == whole[1]:
            whole = (whole[0], span[1])
            continue
        if whole is not None:
            yield whole
        whole = span
    if whole is not None:
        yield whole


def _stem(word: str, stem: Stem) -> str:
    """As the index has it: without case and accents, and by what its forms have in common."""
    plain = _plain(word)
    return plain if plain in STOP_WORDS else stem(plain)


def _plain(word: str) -> str:
    return _kept(word) if len(word) <= LONGEST_KEPT else _folded(word)


@lru_cache(maxsize=20_000)
def _kept(word: str) -> str:
    """The same few thousand words stand in nearly all texts."""
    return _folded(word)


def _folded(word: str) -> str:
    return "".join(
        letter
        for letter in unicodedata.normalize("NFKD", word.casefold())
        if not unicodedata.combining(letter)
    )
