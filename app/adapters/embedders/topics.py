"""Topics by KeyBERT on the sentence model that is loaded anyway, in its worker process."""

import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from app.adapters.embedders import phrases as of
from app.adapters.embedders.slot import PATIENCE, Packed, packed
from app.domain.engine_errors import engine_errors
from app.domain.errors import Unavailable
from app.domain.full_set import full_set
from app.domain.transcript import Topic
from app.ports import Embedder, WorkerPool

MOST = 8  # topics
#: 0..1: how near to the whole a topic must be, and how much it must differ from the others.
NEAR, DIVERSITY = 0.15, 0.6
#: What people say while they think, on top of scikit-learn's list.
FILLERS = frozenset(
    "ah er gonna got gotta hey hmm just kind know let like lot mean mr mrs ms oh okay ok really"
    " right say says said so sort thing things think uh um wanna want well yeah yes".split()
)


class KeybertTopics:
    """Implements `ports.TopicFinder`.

    Texts are embedded in the small batches of `embedder`, so that a search never waits for long.
    """

    def __init__(self, pool: WorkerPool, embedder: Embedder) -> None:
        """`pool`: the slot in which `embedder` works."""
        self._pool, self._embedder = pool, embedder

    async def find(self, texts: Sequence[str], language: str | None) -> Sequence[Topic]:
        """Of a very long transcript an even choice stands for the whole."""
        if not (find_spec("keybert") and find_spec("sklearn")):
            hint = f"install the full set: {full_set()}"
            raise Unavailable(
                f"keybert is not installed; {hint}", code="topics.unavailable", hint=hint
            )
        passages, phrases = await self._pool.run_within(PATIENCE, read, list(texts), language)
        if not phrases:
            return ()
        whole = packed(await self._embedder.embed(passages))
        parts = packed(await self._embedder.embed(phrases))
        found = await self._pool.run_within(PATIENCE, choose, phrases, parts, whole)
        return tuple(Topic(topic=topic, score=score) for topic, score in found)


def read(texts: list[str], language: str | None) -> tuple[list[str], list[str]]:
    """Runs in the worker: passages that stand for the whole, phrases that may name it."""
    with engine_errors():
        texts = of.thinned(texts)
        passages = of.passages(texts)
        return passages, of.phrases(texts, empty_words(language, texts, passages))


def choose(phrases: list[str], parts: Packed, whole: Packed) -> list[tuple[str, float]]:
    """Runs in the worker: the phrases nearest to the whole that differ among each other."""
    with engine_errors(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import numpy as np
        from keybert import KeyBERT
        from sklearn.feature_extraction.text import CountVectorizer

        vectors = np.frombuffer(parts, np.float32).reshape(len(phrases), -1)
        middle = np.frombuffer(whole, np.float32).reshape(-1, vectors.shape[1]).mean(axis=0)
        found = KeyBERT(_nobody()).extract_keywords(
            "\n".join(phrases),
            vectorizer=CountVectorizer(vocabulary=phrases, analyzer=str.splitlines),
            doc_embeddings=middle.reshape(1, -1),
            word_embeddings=vectors,
            use_mmr=True,
            diversity=DIVERSITY,
            top_n=2 * MOST,
        )
    near = {str(phrase): float(score) for phrase, score in found if score >= NEAR}
    return [(phrase, near[phrase]) for phrase in of.distinct(near)[:MOST]]


def _nobody() -> Any:
    """Vectors are there already: KeyBERT needs to load no model."""
    from keybert.backend import BaseEmbedder

    return BaseEmbedder()


def empty_words(language: str | None, texts: list[str], passages: list[str]) -> frozenset[str]:
    """Of English, also when the language is not known; of the others no list is at hand."""
    if language not in (None, "en"):
        return of.short(texts) | of.everywhere(passages)
    if not find_spec("sklearn"):
        return of.short(texts) | of.everywhere(passages) | FILLERS
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return frozenset(ENGLISH_STOP_WORDS) | FILLERS
