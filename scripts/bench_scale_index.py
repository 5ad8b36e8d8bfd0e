"""The index by itself, in this process: media put in, and moments searched for."""

import asyncio
import base64
import tempfile
import time
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np

from app.adapters.lance_index import LanceIndex
from app.domain.media_types import MediaType
from app.domain.search import Moment, SearchQuery
from app.ports import Vector
from scripts.bench_report import percentile, say
from scripts.bench_rows import MODEL, rows, texts_asked

MEDIA, MOMENTS = 20, 50  # put in one after the other, so many moments each
SIZES = (2_000, 20_000, 60_000)  # rows
SEARCHES = 40
AT_ONCE = 10_000  # rows


def of_index(found: dict[str, float]) -> Mapping[int, float]:
    """Seconds of a hybrid search, its vector known, by rows: the median."""
    with tempfile.TemporaryDirectory(prefix="spool-bench-") as folder:
        return asyncio.run(_of_index(folder, found))


async def _of_index(folder: str, found: dict[str, float]) -> Mapping[int, float]:
    index = LanceIndex(folder, dimensions=384, model=MODEL)
    await index.open()
    took: dict[int, float] = {}
    try:
        found["index"] = await _kept(index)
        for before, size in zip((0, *SIZES), SIZES, strict=False):
            await _filled(index, before, size)
            took[size] = await _searched(index)
            say(f"scale: {size} moments, hybrid: {took[size] * 1000:.0f} ms")
    finally:
        await index.aclose()
    return took


async def _kept(index: LanceIndex) -> float:
    """Seconds for each medium."""
    took = []
    for number in range(MEDIA):
        moments, vectors = _made(10**9 + number * MOMENTS, MOMENTS)
        began = time.perf_counter()
        await index.replace_asset(moments[0].asset_id, moments, vectors)
        took.append(time.perf_counter() - began)
    return percentile(took, 50)


async def _filled(index: LanceIndex, before: int, size: int) -> None:
    for first in range(before, size, AT_ONCE):
        await index.upsert(*_made(first, min(AT_ONCE, size - first)))
    await index.build()


async def _searched(index: LanceIndex) -> float:
    texts, took = texts_asked(), []
    _, vectors = _made(0, SEARCHES)
    for number, vector in enumerate(vectors):
        query = SearchQuery(text=texts[number % len(texts)])
        began = time.perf_counter()
        assert await index.search(query, vector)
        took.append(time.perf_counter() - began)
    return percentile(took, 50)


def _made(first: int, number: int) -> tuple[list[Moment], Sequence[Vector]]:
    made = list(rows(first, number))
    return [_moment(row) for row in made], [_vector(row) for row in made]


def _moment(row: Mapping[str, Any]) -> Moment:
    return Moment(
        moment_id=row["id"],
        media_type=MediaType.AUDIO,
        **{name: row[name] for name in ("asset_id", "title", "text", "start", "end")},
    )


def _vector(row: Mapping[str, Any]) -> Vector:
    return cast(Vector, np.frombuffer(base64.b64decode(row["vector"]), "<f4"))
