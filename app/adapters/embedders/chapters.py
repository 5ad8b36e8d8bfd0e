"""Chapters by the shifts of meaning between passages, on the sentence model that is loaded anyway.

The cuts are those for which passages are nearest to the middle of their chapter, all in all; each
chapter costs something, so that only a real shift is worth a cut.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from app.adapters.embedders import phrases as of
from app.adapters.embedders.slot import PATIENCE, Packed, packed
from app.adapters.embedders.topics import empty_words
from app.domain.engine_errors import engine_errors
from app.ports import Embedder, WorkerPool

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float32]

#: What a chapter costs, in squared distances. Measured on joined texts: at less than 1.1 half of
#: the cuts are in the midst of a subject, at more than 1.8 one shift in five is missed.
PRICE = 1.4
SHORTEST = 4  # passages
MOST = 50  # chapters; where there would be more, they cost more
DEARER = 1.05
#: Phrases of a chapter that may become its title: the most frequent ones.
CANDIDATES = 40
#: How much it counts against a title that it is as near to another chapter.
ELSEWHERE = 0.3

#: Numbers of the passages at which chapters begin, and at last the number of passages.
Bounds = list[int]


class PhraseChapters:
    """Implements `ports.ChapterFinder`.

    Texts are embedded in the small batches of `embedder`, so that a search never waits for long.
    """

    def __init__(self, pool: WorkerPool, embedder: Embedder) -> None:
        """`pool`: the slot in which `embedder` works."""
        self._pool, self._embedder = pool, embedder

    async def find(
        self, passages: Sequence[str], language: str | None
    ) -> Sequence[tuple[int, str]]:
        if not any(passage.strip() for passage in passages):
            return ()
        texts = list(passages)
        meanings = packed(await self._embedder.embed(texts))
        bounds = await self._pool.run_within(PATIENCE, cut, meanings, len(texts))
        named = await self._pool.run_within(PATIENCE, candidates, texts, bounds, language)
        every = [phrase for phrases in named for phrase in phrases]
        phrases = packed(await self._embedder.embed(every)) if every else b""
        titles = await self._pool.run_within(PATIENCE, entitled, meanings, bounds, named, phrases)
        chapters = zip(pairwise(bounds), titles, strict=True)
        return [(first, as_said(title, texts[first:last])) for (first, last), title in chapters]


def cut(meanings: Packed, number: int) -> Bounds:
    """Runs in the worker: where chapters begin, 0 first, and at last `number`."""
    with engine_errors():
        import numpy as np

        spreads = _spreads(np.frombuffer(meanings, np.float32).reshape(number, -1))
        price = PRICE
        while len(bounds := _best(spreads, price)) > MOST + 1:
            price *= DEARER
        return bounds


def candidates(texts: list[str], bounds: Bounds, language: str | None) -> list[list[str]]:
    """Runs in the worker: by chapter, phrases that may name it."""
    with engine_errors():
        empty = empty_words(language, texts, of.passages(texts))
        parts = [texts[first:last] for first, last in pairwise(bounds)]
        return [of.phrases(of.thinned(part), empty)[:CANDIDATES] for part in parts]


def entitled(
    meanings: Packed, bounds: Bounds, named: list[list[str]], phrases: Packed
) -> list[str]:
    """Runs in the worker: of each chapter's phrases the one nearest to it, and not to another."""
    with engine_errors():
        import numpy as np

        vectors = np.frombuffer(meanings, np.float32).reshape(bounds[-1], -1)
        rows = np.frombuffer(phrases, np.float32).reshape(-1, vectors.shape[1])
        near = rows @ _middles(vectors, bounds).T  # [phrases, chapters]
        titles: list[str] = []
        first = 0
        for number, each in enumerate(named):
            best = _by_nearness(each, near[first : first + len(each)], number)
            titles.append(next((phrase for phrase in best if phrase not in titles), ""))
            first += len(each)
        return titles


def as_said(phrase: str, texts: Sequence[str]) -> str:
    """Phrases are in lower case: with the capitals that they mostly have in the text."""
    words = r"(?:['\u2019]s)?\s+".join(map(re.escape, phrase.split()))
    found = re.findall(rf"\b{words}\b", " ".join(texts), re.IGNORECASE) if phrase else []
    said = max(sorted(set(found)), key=found.count) if found else phrase
    said = " ".join(said.split())
    return said[:1].upper() + said[1:]


def _spreads(vectors: "Floats") -> "Floats":
    """[number + 1, number + 1]: of the passages from the first index up to but not including the
    second, the squared distances from their middle, all together.
    """
    import numpy as np

    start = np.zeros((1, vectors.shape[1]))
    sums = np.concatenate([start, np.cumsum(vectors, axis=0, dtype=float)])
    products, edges = sums @ sums.T, np.arange(len(sums))
    squares = np.diag(products)
    lengths = edges[None, :] - edges[:, None]
    found: Floats = lengths - (squares[:, None] + squares - 2 * products) / np.maximum(lengths, 1)
    return found


def _best(spreads: "Floats", price: float) -> Bounds:
    """By dynamic programming: the best last cut before each passage, given the best ones so far."""
    import numpy as np

    number = len(spreads) - 1
    costs, cuts = np.full(number + 1, np.inf), np.zeros(number + 1, int)
    costs[0] = 0.0
    for last in range(1, number + 1):
        lengths = last - np.arange(last)
        total = costs[:last] + spreads[:last, last] + price
        total[(lengths < SHORTEST) & (lengths < number)] = np.inf
        cuts[last] = total.argmin()
        costs[last] = total.min()
    bounds = [number]
    while bounds[-1]:
        bounds.append(int(cuts[bounds[-1]]))
    return bounds[::-1]


def _middles(vectors: "Floats", bounds: Bounds) -> "Floats":
    """[chapters, dimensions], of length 1."""
    import numpy as np

    means = np.stack([vectors[first:last].mean(axis=0) for first, last in pairwise(bounds)])
    unit: Floats = means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
    return unit


def _by_nearness(phrases: list[str], near: "Floats", number: int) -> list[str]:
    """`near`: [phrases, chapters]; best first for the chapter `number`."""
    import numpy as np

    others = np.delete(near, number, axis=1)
    elsewhere = others.max(axis=1) if others.shape[1] else 0.0
    scores = near[:, number] - ELSEWHERE * elsewhere
    return [phrases[index] for index in np.argsort(-scores, kind="stable")]
