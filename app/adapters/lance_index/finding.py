"""A page of what a search finds, in one table: ranked, grouped by medium, and read whole."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from app.adapters.lance_index import schema as rows
from app.adapters.lance_index.fusion import Group, Ranked, alone, fuse, group
from app.adapters.lance_index.opening import Opened
from app.adapters.lance_index.rankings import ALL_CANDIDATES, CANDIDATES, rankings
from app.domain.search import SearchHit, SearchMode, SearchQuery
from app.ports import Vector


async def find(opened: Opened, query: SearchQuery, vector: Vector | None) -> Sequence[SearchHit]:
    table = opened.table
    if opened.before is not None:
        table, vector = opened.before.table, None
        query = replace(query, mode=SearchMode.KEYWORD, visual=None)
    ranked, media = await _ranked(table, query, vector)
    groups = group(ranked, media) if query.grouped else alone(ranked)
    return await _page(table, islice(groups, query.offset, None), query.limit)


async def _ranked(
    table: Any, query: SearchQuery, vector: Vector | None
) -> tuple[list[Ranked], dict[str, str]]:
    """Best first, and the medium of each. What lies deeper is read where the page would be short,
    and stands behind: so the order is the same for every page.
    """
    first = await rankings(table, query, vector, CANDIDATES)
    ranked = fuse(first.by_reason)
    hits = set(first.media.values()) if query.grouped else first.media
    if len(hits) >= query.offset + query.limit or not first.deeper(CANDIDATES):
        return ranked, first.media
    whole = await rankings(table, query, vector, ALL_CANDIDATES)
    return ranked + fuse(whole.behind(first)), whole.media | first.media


async def _page(table: Any, groups: Iterator[Group], limit: int) -> list[SearchHit]:
    """For what went away since it was ranked, the next come: a page is short only at the end."""
    page: list[SearchHit] = []
    while found := list(islice(groups, limit - len(page))):
        page += await _hits(table, found)
    return page


async def _hits(table: Any, page: Sequence[Group]) -> list[SearchHit]:
    """Of those that are still there."""
    wanted = [each for found in page for each in (found.best, *found.listed)]
    if not wanted:
        return []
    search = table.query().where(rows.among(each.moment_id for each in wanted))
    found = await search.select(rows.SHOWN).limit(len(wanted)).to_list()
    by_id = {row["moment_id"]: row for row in found}
    return [hit for each in page if (hit := _hit(each, by_id)) is not None]


def _hit(found: Group, by_id: Mapping[str, dict[str, Any]]) -> SearchHit | None:
    here = [each for each in (found.best, *found.listed) if each.moment_id in by_id]
    if not here:
        return None
    best, *others = (_shown(by_id, each) for each in here)
    return replace(best, moments=tuple(others), more=found.more)


def _shown(by_id: Mapping[str, dict[str, Any]], ranked: Ranked) -> SearchHit:
    return rows.hit(by_id[ranked.moment_id], ranked)
