"""What a query finds in the table, by meaning and by words."""

import asyncio
from typing import Any

from app.adapters.lance_index import schema as rows
from app.adapters.lance_index.fusion import Ranking
from app.domain.search import MatchReason, SearchMode, SearchQuery
from app.ports import Vector

#: Cosine below which two texts have nothing to do with each other. With MiniLM, a question and
#: the passage that answers it are at 0.30 to 0.73; 99.5 of 100 unrelated pairs stay under 0.25.
SIMILARITY_FLOOR = 0.25
#: How deep each ranking is read. The same for every page, or the fused order would shift.
CANDIDATES = 1000
#: Characters of a query that are searched for.
QUERY_LENGTH = 2000
#: What a word in the title counts beside one in the text, which has a time.
TITLE_BOOST = 0.3


async def rankings(
    table: Any, query: SearchQuery, vector: Vector | None
) -> dict[MatchReason, Ranking]:
    """By words only when there is no vector."""
    where = rows.condition(query)
    if vector is None or query.mode is SearchMode.KEYWORD:
        return {MatchReason.KEYWORD: await _by_words(table, query.text, where)}
    if query.mode is SearchMode.SEMANTIC:
        return {MatchReason.SEMANTIC: await _by_meaning(table, vector, where)}
    meaning, words = await asyncio.gather(
        _by_meaning(table, vector, where), _by_words(table, query.text, where)
    )
    return {MatchReason.SEMANTIC: meaning, MatchReason.KEYWORD: words}


async def _by_meaning(table: Any, vector: Vector, where: Any | None) -> Ranking:
    search = table.query().nearest_to(list(vector)).distance_type("cosine")
    search = search.distance_range(upper_bound=1 - SIMILARITY_FLOOR)
    found = await _candidates(search, where, "_distance")
    return _ranking({moment_id: 1 - distance for moment_id, distance in found.items()})


async def _by_words(table: Any, text: str, where: Any | None) -> Ranking:
    """BM25; any word matches."""
    from lancedb.query import FullTextOperator, MultiMatchQuery

    match = MultiMatchQuery(
        rows.storable(text[:QUERY_LENGTH]),
        ["text", "title"],
        boosts=[1.0, TITLE_BOOST],
        operator=FullTextOperator.OR,
    )
    return _ranking(await _candidates(table.query().nearest_to_text(match), where, "_score"))


async def _candidates(search: Any, where: Any | None, score: str) -> dict[str, float]:
    if where is not None:
        search = search.where(where)
    found = await search.select(["moment_id", score]).limit(CANDIDATES).to_arrow()
    return dict(zip(found["moment_id"].to_pylist(), found[score].to_pylist(), strict=True))


def _ranking(scores: dict[str, float]) -> Ranking:
    """Best first, equals by id: LanceDB gives them in any order, and pages must not overlap."""
    return dict(sorted(scores.items(), key=lambda item: (-item[1], item[0])))
