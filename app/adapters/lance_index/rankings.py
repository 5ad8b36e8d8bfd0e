"""What a query finds in the table: by meaning, by words, and by looks."""

import asyncio
import math
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from app.adapters.lance_index import schema as rows
from app.adapters.lance_index.fusion import Ranking
from app.domain.search import MatchReason, SearchMode, SearchQuery
from app.ports import Vector

#: Cosine below which two texts have nothing to do with each other. With MiniLM, a question and
#: the passage that answers it are at 0.30 to 0.73; 99.5 of 100 unrelated pairs stay under 0.25.
SIMILARITY_FLOOR = 0.25
#: How deep each ranking is read, and how deep where that leaves a page short: beside new rows
#: LanceDB reads the vector of each candidate.
CANDIDATES, ALL_CANDIDATES = 250, 1000
#: Characters of a query that are searched for.
QUERY_LENGTH = 2000
#: What a word in the title counts beside one in the text, which has a time.
TITLE_BOOST = 0.3
#: Parts of a vector index that are read, of some thousand vectors each: of 100,000 rows 10 of 24.
#: More where filters thin them.
PROBES, FILTERED_PROBES = 10, 128

#: Moment ids with their scores, and the medium of each.
Candidates: TypeAlias = tuple[Ranking, dict[str, str]]


@dataclass(frozen=True, kw_only=True)
class Rankings:
    by_reason: dict[MatchReason, Ranking]
    #: Of each moment: its asset, or the video that it is a frame of.
    media: dict[str, str]

    def behind(self, others: "Rankings") -> dict[MatchReason, Ranking]:
        """Without what is in the others."""
        return {
            reason: {id: score for id, score in ranking.items() if id not in others.media}
            for reason, ranking in self.by_reason.items()
        }

    def deeper(self, depth: int) -> bool:
        """Whether there may be more than was read."""
        return any(len(ranking) >= depth for ranking in self.by_reason.values())


async def rankings(table: Any, query: SearchQuery, vector: Vector | None, depth: int) -> Rankings:
    """By words only when there is no vector."""
    where = rows.condition(query)
    asked = dict(_asked(table, query, vector, where, depth))
    found = dict(zip(asked, await asyncio.gather(*asked.values()), strict=True))
    return Rankings(
        by_reason={reason: ranking for reason, (ranking, _) in found.items()},
        media={moment: medium for _, media in found.values() for moment, medium in media.items()},
    )


def _asked(
    table: Any, query: SearchQuery, vector: Vector | None, where: Any | None, depth: int
) -> Iterable[tuple[MatchReason, Coroutine[Any, Any, Candidates]]]:
    """In the order in which a hit tells why it matched."""
    mode = query.mode
    if vector is not None and query.text and mode is not SearchMode.KEYWORD:
        floor = SIMILARITY_FLOOR
        yield MatchReason.SEMANTIC, _near(table, "vector", vector, floor, where, depth)
    if query.text and (vector is None or mode is not SearchMode.SEMANTIC):
        yield MatchReason.KEYWORD, _by_words(table, query.text, where, depth)
    if query.visual is not None and (mode is not SearchMode.KEYWORD or not query.text):
        floor = query.visual_floor
        yield MatchReason.VISUAL, _near(table, "visual", query.visual, floor, where, depth)


async def _near(
    table: Any, column: str, vector: Vector, floor: float, where: Any | None, depth: int
) -> Candidates:
    search = table.query().nearest_to(list(vector)).column(column).distance_type("cosine")
    search = search.distance_range(upper_bound=1 - floor)
    search = search.nprobes(PROBES if where is None else FILTERED_PROBES)
    found, media = await _candidates(search, where, "_distance", depth)
    return _ranking(_cosines(found)), media


def _cosines(distances: Ranking) -> Ranking:
    """Without those of vectors so short that, in 32 bits, the distance is infinite."""
    return {id: 1 - distance for id, distance in distances.items() if math.isfinite(distance)}


async def _by_words(table: Any, text: str, where: Any | None, depth: int) -> Candidates:
    """BM25; any word matches."""
    from lancedb.query import FullTextOperator, MultiMatchQuery

    match = MultiMatchQuery(
        rows.storable(text[:QUERY_LENGTH]),
        ["text", "title"],
        boosts=[1.0, TITLE_BOOST],
        operator=FullTextOperator.OR,
    )
    search = table.query().nearest_to_text(match)
    found, media = await _candidates(search, where, "_score", depth)
    return _ranking(found), media


async def _candidates(search: Any, where: Any | None, score: str, depth: int) -> Candidates:
    if where is not None:
        search = search.where(where)
    chosen = search.select(["moment_id", "asset_id", "parent_id", score])
    found = (await chosen.limit(depth).to_arrow()).to_pydict()
    ids, parents, assets = found["moment_id"], found["parent_id"], found["asset_id"]
    media = {i: p or a for i, p, a in zip(ids, parents, assets, strict=True)}
    return dict(zip(ids, found[score], strict=True)), media


def _ranking(scores: Ranking) -> Ranking:
    """Best first, equals by id: LanceDB gives them in any order, and pages must not overlap."""
    return dict(sorted(scores.items(), key=lambda item: (-item[1], item[0])))
