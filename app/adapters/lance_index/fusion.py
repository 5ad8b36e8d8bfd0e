"""Several rankings into one."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.search import MatchReason

#: Of reciprocal-rank fusion: how little the very first ranks outweigh the next ones.
RRF_K = 60

#: Moment ids with their scores, best first.
Ranking = Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Ranked:
    moment_id: str
    score: float
    why: tuple[MatchReason, ...]


def fuse(rankings: Mapping[MatchReason, Ranking]) -> list[Ranked]:
    """Best first. One ranking keeps its scores; of several, only the ranks count.

    Ranks are comparable where a cosine and a BM25 score are not.
    """
    scores: defaultdict[str, float] = defaultdict(float)
    why: defaultdict[str, list[MatchReason]] = defaultdict(list)
    for reason, ranking in rankings.items():
        for rank, (moment_id, score) in enumerate(ranking.items(), start=1):
            scores[moment_id] += score if len(rankings) == 1 else 1 / (RRF_K + rank)
            why[moment_id].append(reason)
    found = (Ranked(moment_id=id, score=scores[id], why=tuple(why[id])) for id in scores)
    return sorted(found, key=lambda ranked: (-ranked.score, ranked.moment_id))
