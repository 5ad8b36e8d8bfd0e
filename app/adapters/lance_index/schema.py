"""The one table of the index: its columns, moments to rows and back, and what to filter by."""

import json
from array import array
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import uuid4

from app.adapters.lance_index.fusion import Ranked
from app.domain.errors import InvalidRequest
from app.domain.media_types import MediaType
from app.domain.search import Moment, SearchHit, SearchQuery
from app.ports import Vector

TABLE = "moments"
#: Raised when rows are written differently: an index of another version is built anew.
VERSION = "1"
_GENERATION = b"generation"

#: Past any date: milliseconds since the epoch, either way.
FAR = 2**53

#: Columns that a hit is made of.
SHOWN = ["moment_id", "asset_id", "media_type", "title", "text", "start", "end"]

# English words that say nothing alone. LanceDB's own list drops "ask" and "c" as well.
STOP_WORDS = """
a an and are as at be been but by did do does for from had has have he her hers him his i if in
into is it its me my no nor not of on or our ours out she so such than that the their theirs them
then there these they this those to too up us was we were what when where which who whom why will
with would you your yours d ll m re s t ve
""".split()


def schema(dimensions: int, model: str) -> Any:
    """Empty index of a vector space: the model's name lives in the table, for `fits`."""
    import pyarrow as pa

    text, strings = pa.string(), pa.list_(pa.string())
    fields = [
        pa.field("moment_id", text, nullable=False),
        pa.field("asset_id", text, nullable=False),
        pa.field("media_type", text, nullable=False),
        pa.field("title", text, nullable=False),
        pa.field("text", text, nullable=False),
        pa.field("start", pa.float64(), nullable=False),
        pa.field("end", pa.float64(), nullable=False),
        pa.field("labels", strings, nullable=False),
        pa.field("label_keys", text, nullable=False),
        pa.field("created_at", pa.int64(), nullable=False),
        pa.field("vector", pa.list_(pa.float32(), dimensions)),
    ]
    return pa.schema(fields, metadata={"model": model, "version": VERSION})


def begun(wanted: Any) -> Any:
    """The schema of a new table, which is a new generation of the index."""
    return wanted.with_metadata({**wanted.metadata, _GENERATION: uuid4().hex})


def generation(found: Any) -> str:
    return str(found.metadata[_GENERATION].decode())


def fits(found: Any, wanted: Any) -> bool:
    """Whether the table on disk holds the same columns, vector space and version."""
    metadata = dict(found.metadata or {})
    named = bool(metadata.pop(_GENERATION, None))
    return named and bool(found.with_metadata(metadata).equals(wanted, check_metadata=True))


def full_text() -> Any:
    """ICU finds words in Chinese, Japanese and Thai too, and splits at apostrophes and dots."""
    from lancedb.index import FTS

    return FTS(base_tokenizer="icu/split", language="English", custom_stop_words=STOP_WORDS)


def rows(moments: Sequence[Moment], vectors: Sequence[Vector | None], wanted: Any) -> Any:
    """An Arrow table. A moment that is given twice is kept as it was given last."""
    import pyarrow as pa

    latest = {m.moment_id: (m, v) for m, v in zip(moments, vectors, strict=True)}
    kept = [moment for moment, _ in latest.values()]
    dimensions = wanted.field("vector").type.list_size
    columns = {
        "moment_id": [storable(m.moment_id) for m in kept],
        "asset_id": [storable(m.asset_id) for m in kept],
        "media_type": [m.media_type.value for m in kept],
        "title": [storable(m.title) for m in kept],
        "text": [storable(m.text) for m in kept],
        "start": [m.start for m in kept],
        "end": [m.end for m in kept],
        "labels": [[storable(label) for label in m.labels] for m in kept],
        "label_keys": ["".join(label_key(label) for label in m.labels) for m in kept],
        "created_at": [m.created_at for m in kept],
        "vector": _vectors([vector for _, vector in latest.values()], dimensions),
    }
    return pa.table(columns, schema=wanted.remove_metadata())


def _vectors(vectors: Sequence[Vector | None], dimensions: int) -> Any:
    """Through the buffer of one array: number by number it takes seconds for an hour's moments."""
    import pyarrow as pa

    numbers = array("f")
    for vector in vectors:
        if vector is not None and len(vector) != dimensions:
            raise InvalidRequest(f"a vector has {len(vector)} numbers, the index {dimensions}")
        numbers.extend(vector if vector is not None else bytes(dimensions))
    flat = pa.Array.from_buffers(pa.float32(), len(numbers), [None, pa.py_buffer(numbers)])
    absent = pa.array([vector is None for vector in vectors], pa.bool_())
    return pa.FixedSizeListArray.from_arrays(flat, dimensions, mask=absent)


def hit(row: dict[str, Any], ranked: Ranked) -> SearchHit:
    return SearchHit(
        asset_id=row["asset_id"],
        media_type=MediaType(row["media_type"]),
        title=row["title"],
        text=row["text"],
        start=row["start"],
        end=row["end"],
        score=ranked.score,
        why=ranked.why,
    )


def condition(query: SearchQuery) -> Any | None:
    """What a row must meet, or None. Built from expressions, never from text: a quote in an
    f-string filter widens it to the whole table.
    """
    from lancedb.expr import col, lit

    parts = [col("label_keys").contains(lit(label_key(label))) for label in query.labels]
    if query.asset_id is not None:
        parts.append(of_asset(query.asset_id))
    if query.media_type is not None:
        parts.append(col("media_type") == lit(query.media_type.value))
    if query.since is not None:
        parts.append(col("created_at") >= lit(_near(query.since)))
    if query.until is not None:
        parts.append(col("created_at") <= lit(_near(query.until)))
    return _all(parts)


def _near(time: int) -> int:
    """DataFusion subtracts the ends of an interval in 64 bits, and fails when that overflows."""
    return max(-FAR, min(time, FAR))


def of_asset(asset_id: str) -> Any:
    from lancedb.expr import col, lit

    return col("asset_id") == lit(storable(asset_id))


def _all(parts: Iterable[Any]) -> Any | None:
    whole = None
    for part in parts:
        whole = part if whole is None else whole & part
    return whole


def label_key(label: str) -> str:
    """A label as it stands in `label_keys`. JSON holds no bare line break, so none can be faked.

    LanceDB's expressions know no list functions; a column of text can be searched.
    """
    return f"\n{json.dumps(label)}\n"


def storable(text: str) -> str:
    """UTF-8 has no lone surrogates, but file names and JSON have; they become `\\udc80`."""
    return text.encode("utf-8", "backslashreplace").decode()
