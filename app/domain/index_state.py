"""How the index is."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class IndexState:
    rows: int
    #: On disk, with what compaction has not dropped yet; of an object store, of live rows only.
    bytes: int
    #: Files of rows.
    fragments: int
    #: Rows that no full-text index knows yet: they are found, but by reading each.
    unindexed: int
    #: Columns whose vectors have an index; the others are searched by reading all, which is exact.
    vector_indexes: tuple[str, ...]
    #: Names the table.
    generation: str
    #: Whether the table of an earlier model still answers, by keyword.
    renewing: bool
