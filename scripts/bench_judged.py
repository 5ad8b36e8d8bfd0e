"""Whether what was found is what was looked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from scripts.bench_queries import Answer, Query

FIRST = 5  # hits that count as found
NEAR = 2.0  # seconds that a hit may begin beside the words


@dataclass(frozen=True, kw_only=True)
class Found:
    query: Query
    mode: str
    #: Share of the right media among the first hits.
    recall: float
    #: One by the place of the first right medium; 0 when it is not read so far.
    reciprocal: float
    #: Whether the first right hit opens at the right place; None where no place is known.
    placed: bool | None


def judge(query: Query, mode: str, hits: Sequence[Mapping[str, Any]]) -> Found:
    """Of hits that are grouped, best first."""
    right = {answer.medium: answer for answer in query.answers}
    places = [place for place, hit in enumerate(hits, start=1) if medium(hit) in right]
    first = hits[places[0] - 1] if places else None
    return Found(
        query=query,
        mode=mode,
        recall=sum(place <= FIRST for place in places) / len(right),
        reciprocal=1 / places[0] if places else 0.0,
        placed=None if first is None else _at_the_place(first, right[medium(first)]),
    )


def medium(hit: Mapping[str, Any]) -> str:
    return str(hit["parent_id"] or hit["asset_id"])


def _at_the_place(hit: Mapping[str, Any], answer: Answer) -> bool | None:
    if not answer.placed:
        return None
    if answer.at is not None:
        return bool(abs(hit["start"] - answer.at) <= NEAR)
    return str(hit["url"]).endswith(f"#{quote(answer.anchor)}")
