"""The one table of the index: its columns, moments to rows and back, and what to filter by."""

import json
from array import array
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import uuid4

from app.adapters.lance_index.fusion import Ranked
from app.domain.errors import InvalidRequest
from app.domain.marking import STOP_WORDS
from app.domain.media_types import MediaType
from app.domain.records import record_name
from app.domain.search import Moment, SearchHit, SearchQuery
from app.ports import Vector

TABLE = "moments"
#: Raised when rows are written differently: an index of another version is built anew.
VERSION = "2"
_GENERATION = b"generation"

#: Past any date: milliseconds since the epoch, either way.
FAR = 2**53

#: Columns that a hit is made of.
SHOWN = [
    "moment_id",
    "asset_id",
    "parent_id",
    "media_type",
    "title",
    "text",
    "start",
    "end",
    "anchor",
    "link",
    "thumbnail",
    "times",
    "record",
]
#: Columns with vectors.
VECTORS = ("vector", "visual")
#: What looks at pictures where nothing else is chosen, and numbers in what it tells of one.
VISUAL_MODEL, VISUAL_DIMENSIONS = "efficientnet-lite0", 1280
_VISUAL_MODEL = b"visual"


def schema(
    dimensions: int,
    model: str,
    visual_dimensions: int = VISUAL_DIMENSIONS,
    visual_model: str = VISUAL_MODEL,
) -> Any:
    """Empty index of two vector spaces: the models' names live in the table, for `fits`."""
    import pyarrow as pa

    text, flag = pa.string(), pa.bool_()
    fields = [
        ("moment_id", text),
        ("asset_id", text),
        ("parent_id", text),
        ("media_type", text),
        ("title", text),
        ("text", text),
        ("start", pa.float64()),
        ("end", pa.float64()),
        ("anchor", text),
        ("link", text),
        ("thumbnail", flag),
        ("labels", pa.list_(text)),
        ("label_keys", text),
        ("created_at", pa.int64()),
        # characters and seconds, in turn
        ("times", pa.list_(pa.float64())),
        ("record", flag),
        # which write it came with: what an asset had before has another one
        ("stamp", text),
    ]
    vectors = [
        pa.field("vector", pa.list_(pa.float32(), dimensions)),
        pa.field("visual", pa.list_(pa.float32(), visual_dimensions)),
    ]
    whole = [pa.field(name, kind, nullable=False) for name, kind in fields] + vectors
    told = {"model": model, _VISUAL_MODEL: visual_model, "version": VERSION}
    return pa.schema(whole, metadata=told)


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


def serves(found: Any, wanted: Any) -> bool:
    """Whether words can be searched for in the table, though its vectors are of another model."""
    metadata = found.metadata or {}
    same = metadata.get(b"version") == VERSION.encode() and _GENERATION in metadata
    return same and [f.name for f in found] == [f.name for f in wanted]


def full_text() -> Any:
    """ICU finds words in Chinese, Japanese and Thai too, and splits at apostrophes and dots.

    LanceDB's own list of empty words drops "ask" and "c" as well.
    """
    from lancedb.index import FTS

    return FTS(base_tokenizer="icu/split", language="English", custom_stop_words=sorted(STOP_WORDS))


def rows(
    moments: Sequence[Moment], vectors: Sequence[Vector | None], wanted: Any, stamp: str = ""
) -> Any:
    """An Arrow table. A moment that is given twice is kept as it was given last.

    Without a picture's vector that is of another model, words find the picture.
    """
    import pyarrow as pa

    latest = {m.moment_id: (m, v) for m, v in zip(moments, vectors, strict=True)}
    kept = [moment for moment, _ in latest.values()]
    columns = {
        "moment_id": [storable(m.moment_id) for m in kept],
        "asset_id": [storable(m.asset_id) for m in kept],
        "parent_id": [storable(m.parent_id) for m in kept],
        "media_type": [m.media_type.value for m in kept],
        "title": [storable(m.title) for m in kept],
        "text": [storable(m.text) for m in kept],
        "start": [m.start for m in kept],
        "end": [m.end for m in kept],
        "anchor": [storable(m.anchor) for m in kept],
        "link": [storable(m.link) for m in kept],
        "thumbnail": [m.thumbnail for m in kept],
        "labels": [[storable(label) for label in m.labels] for m in kept],
        "label_keys": ["".join(label_key(label) for label in m.labels) for m in kept],
        "created_at": [m.created_at for m in kept],
        "times": [[float(n) for point in m.times for n in point] for m in kept],
        "record": [m.record for m in kept],
        "stamp": [stamp] * len(kept),
        "vector": _vectors([vector for _, vector in latest.values()], _length(wanted, "vector")),
        "visual": _visuals(kept, wanted),
    }
    return pa.table(columns, schema=wanted.remove_metadata())


def _length(wanted: Any, column: str) -> int:
    return int(wanted.field(column).type.list_size)


def _visuals(kept: Sequence[Moment], wanted: Any) -> Any:
    """Two models may have vectors of one length, which mean nothing to each other."""
    dimensions, model = _length(wanted, "visual"), wanted.metadata[_VISUAL_MODEL].decode()
    ours = [m.visual if m.visual_model in ("", model) else None for m in kept]
    return _vectors([v if v and len(v) == dimensions else None for v in ours], dimensions)


def _vectors(vectors: Sequence[Vector | None], dimensions: int) -> Any:
    """Through the buffer of one array: number by number it takes seconds for an hour's moments."""
    import pyarrow as pa

    numbers = array("f")
    nothing = bytes(4 * dimensions)
    for vector in vectors:
        if vector is not None and len(vector) != dimensions:
            raise InvalidRequest(f"a vector has {len(vector)} numbers, the index {dimensions}")
        if vector is None:
            numbers.frombytes(nothing)
        else:
            numbers.extend(vector)
    flat = pa.Array.from_buffers(pa.float32(), len(numbers), [None, pa.py_buffer(numbers)])
    absent = pa.array([vector is None for vector in vectors], pa.bool_())
    return pa.FixedSizeListArray.from_arrays(flat, dimensions, mask=absent)


def hit(row: dict[str, Any], ranked: Ranked) -> SearchHit:
    numbers = row["times"]
    return SearchHit(
        asset_id=row["asset_id"],
        parent_id=row["parent_id"],
        media_type=MediaType(row["media_type"]),
        title=row["title"],
        text=row["text"],
        start=row["start"],
        end=row["end"],
        anchor=row["anchor"],
        link=row["link"],
        has_thumbnail=row["thumbnail"],
        record=record_name(row["moment_id"]) if row["record"] else "",
        times=tuple(zip(map(int, numbers[::2]), numbers[1::2], strict=True)),
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
        parts.append(_of_medium(query.asset_id))
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


def _of_medium(asset_id: str) -> Any:
    """With what was taken out of it; most have no parent, and say so by an empty text."""
    from lancedb.expr import col, lit

    if not asset_id:
        return of_asset(asset_id)
    return of_asset(asset_id) | (col("parent_id") == lit(storable(asset_id)))


def made_from(asset_id: str) -> Any:
    """Moments of the asset, but not those that were added by themselves under its name."""
    return of_asset(asset_id) & of_records(False)


def made_from_any(asset_ids: Iterable[str]) -> Any:
    """The same of several."""
    from lancedb.expr import col, lit

    theirs = col("asset_id").isin([lit(storable(asset_id)) for asset_id in asset_ids])
    return theirs & of_records(False)


def of_records(added: bool) -> Any:
    """Moments that were added by themselves, or those that were made from assets."""
    from lancedb.expr import col, lit

    return col("record") == lit(added)


def older(asset_id: str, stamp: str) -> Any:
    """What the asset had before that write."""
    from lancedb.expr import col, lit

    return made_from(asset_id) & (col("stamp") != lit(stamp))


def among(moment_ids: Iterable[str]) -> Any:
    from lancedb.expr import col, lit

    return col("moment_id").isin([lit(storable(moment_id)) for moment_id in moment_ids])


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
