"""Rows for a large index: vectors about those of real queries, and words as people spread them."""

import base64
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from scripts.bench_queries import queries
from scripts.bench_server import models_folder

MODEL = "all-MiniLM-L6-v2"
#: Different words of all rows; the n-th is used about 1/n times as often as the first.
WORDS = 30_000
#: Of a row's text: words that any row may have, and words of the query that it is about.
COMMON, OWN = 20, 2
#: How far vectors lie off that of their query: cosines of about 0.9 to 0.3.
LEAST, MOST = 0.5, 3.0
SYLLABLES = ("ba", "do", "fi", "gu", "ka", "le", "mo", "nu", "pa", "ri", "so", "tu", "ve", "za")


def rows(first: int, number: int) -> Iterator[dict[str, Any]]:
    """As `POST /bulk-add` takes them; the same at every call."""
    chance = np.random.default_rng(seed=first)
    texts, centres = texts_asked(), _centres()
    about = chance.integers(len(texts), size=number)
    off = chance.uniform(LEAST, MOST, (number, 1)) / centres.shape[1] ** 0.5
    vectors = centres[about] + off * chance.standard_normal((number, centres.shape[1]))
    words = np.searchsorted(_spread(), chance.random((number, COMMON)))
    for place in range(number):
        own = chance.choice(texts[about[place]].split(), OWN)
        yield {
            "id": f"row-{first + place}",
            "asset_id": f"medium-{(first + place) // 50}",
            "title": f"Medium {(first + place) // 50}",
            "text": " ".join([*own, *(word(int(n)) for n in words[place])]),
            "start": float(place % 50 * 6),
            "end": float(place % 50 * 6 + 6),
            "vector": base64.b64encode(vectors[place].astype("<f4").tobytes()).decode(),
        }


def lines(first: int, number: int) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows(first, number))


@cache
def texts_asked() -> list[str]:
    """English queries with some words in them."""
    asked = [query.text for name in ("corpus", "made") for query in queries(name)]
    return [text for text in asked if text.isascii() and " " in text]


@cache
def _spread() -> Any:
    """How likely a word is, or one before it."""
    shares = np.cumsum(1 / np.arange(1, WORDS + 1))
    return shares / shares[-1]


@cache
def word(number: int) -> str:
    """One that nobody says, and always the same."""
    spelled = ""
    while number or not spelled:
        number, rest = divmod(number, len(SYLLABLES))
        spelled += SYLLABLES[rest]
    return spelled


@cache
def _centres() -> Any:
    """Unit vectors of the queries."""
    from app.adapters.embedders.text_onnx import encode
    from app.adapters.weights.shelf import ModelShelf
    from app.domain.models import ModelKind

    folder = ModelShelf(models_folder()).find(MODEL, ModelKind.SENTENCE_ONNX).path
    dimensions, data = encode(str(folder), texts_asked())
    return np.frombuffer(data, np.float32).reshape(-1, dimensions)
