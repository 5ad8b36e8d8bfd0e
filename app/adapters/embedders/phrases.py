"""Which phrases of a text may name what it is about. Pure text: no model, no library."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain

#: Characters of text that are read: about twenty hours of talk. Longer ones are thinned out.
MAX_TEXT = 1_000_000
#: Phrases that are looked at: the most frequent ones, and of equals those that come first.
MAX_PHRASES = 400
MAX_WORDS = 3
MAX_PHRASE = 60  # characters
PASSAGE = 900  # characters: about what the sentence model reads of a text
#: Passages that stand for the whole, evenly spread.
MAX_PASSAGES = 48
#: In a language of which no list of empty words is at hand, shorter words count as such.
SHORT = 4
#: Letters before it belong to alphabets of which that is true: Latin, Greek, Cyrillic.
ALPHABETS = "\u0530"
#: Those shorter than this do, too, when they are in more than this part of the passages.
MIDDLING, EVERYWHERE = 7, 0.6
FEW = 8  # passages, with fewer of which that cannot be told

WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
#: What ends a phrase: anything but letters between two words, unless it is a space.
BREAK = re.compile(r"[^\w\s-]+|\d+|\n")
#: "don't", "we'll": no words to name anything by.
CONTRACTED = re.compile(r"\b\w+['\u2019](?:t|re|ve|ll|d|m)\b")
POSSESSIVE = re.compile(r"['\u2019]s\b")


def thinned(texts: Sequence[str], limit: int = MAX_TEXT) -> list[str]:
    """Every n-th text, so that all of them together have about `limit` characters at most."""
    step = -(-sum(map(len, texts)) // limit)
    return [text[:limit] for text in texts[:: max(step, 1)]]


def passages(texts: Iterable[str]) -> list[str]:
    """Texts put together to passages; of very many an even choice."""
    found, passage = [], ""
    for piece in chain.from_iterable(_pieces(text) for text in texts):
        if passage and len(passage) + len(piece) >= PASSAGE:
            found.append(passage)
            passage = ""
        passage = f"{passage} {piece}".strip()
    found += [passage] if passage else []
    step = len(found) / MAX_PASSAGES
    return found if step <= 1 else [found[int(step * number)] for number in range(MAX_PASSAGES)]


def phrases(texts: Iterable[str], empty_words: Collection[str]) -> list[str]:
    """In lower case. None begins, ends or is broken by a word of `empty_words`."""
    counted: Counter[str] = Counter()
    for text in texts:
        for words in _runs(text, empty_words):
            counted.update(_phrases_of(words))
    return [phrase for phrase, _ in counted.most_common(MAX_PHRASES)]


def everywhere(texts: Sequence[str]) -> frozenset[str]:
    """Words of little length in most of the passages: what "with" is, in whatever language."""
    if len(texts) < FEW:
        return frozenset()
    counted = Counter(word for text in texts for word in set(WORD.findall(text.lower())))
    most = EVERYWHERE * len(texts)
    return frozenset(w for w, times in counted.items() if times > most and len(w) < MIDDLING)


def short(texts: Iterable[str]) -> frozenset[str]:
    """Words that are too short to mean much, in whatever language."""
    words = (word for text in texts for word in WORD.findall(text.lower()))
    return frozenset(word for word in words if len(word) < SHORT and word[0] < ALPHABETS)


def distinct(phrases: Iterable[str]) -> list[str]:
    """Without those whose words are all in one before, or the other way round."""
    kept: list[str] = []
    for phrase in phrases:
        words = set(phrase.split())
        if not any(words <= set(each.split()) or words >= set(each.split()) for each in kept):
            kept.append(phrase)
    return kept


def _pieces(text: str) -> Iterator[str]:
    for first in range(0, len(text), PASSAGE):
        yield text[first : first + PASSAGE].strip()


def _runs(text: str, empty_words: Collection[str]) -> Iterator[list[str]]:
    """Words in a row with nothing between them."""
    plain = POSSESSIVE.sub("", CONTRACTED.sub(".", text.lower()))
    for part in BREAK.split(plain):
        run: list[str] = []
        for word in WORD.findall(part):
            if word in empty_words or len(word) < 2:
                yield run
                run = []
            else:
                run.append(word)
        yield run


def _phrases_of(words: list[str]) -> Iterator[str]:
    for first in range(len(words)):
        for last in range(first + 1, min(first + MAX_WORDS, len(words)) + 1):
            phrase = " ".join(words[first:last])
            if len(phrase) <= MAX_PHRASE:
                yield phrase
