"""Stems of English words by Snowball, which the full-text index makes, too."""

from functools import lru_cache

#: Letters. Longer words the index leaves out.
LONGEST = 40


def english_stem(word: str) -> str:
    """Of a word in small letters."""
    return _stem(word) if len(word) <= LONGEST else word


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str:
    """A stemmer is at one word at a time, and is made in no time: every thread has its own."""
    import snowballstemmer

    stem: str = snowballstemmer.stemmer("english").stemWord(word)
    return stem
