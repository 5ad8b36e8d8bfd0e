"""Several rankings into one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.domain.search import MatchReason

#: Of reciprocal-rank fusion: how little the very first ranks outweigh the next ones.
RRF_K = 60

#: Moment ids with their scores, best first.
Ranking = Mapping[str, float]


#: Of a medium that is one hit, how many moments are listed beside the best one.
LISTED = 5


@dataclass(frozen=True, kw_only=True)
class Ranked:
    moment_id: str
    score: float
    why: tuple[MatchReason, ...]


@dataclass(frozen=True, kw_only=True)
class Group:
    """All that was found of one medium."""

    best: Ranked
    others: tuple[Ranked, ...] = ()

    @property
    def listed(self) -> tuple[Ranked, ...]:
        return self.others[:LISTED]

    @property
    def more(self) -> int:
        """Those that are not listed."""
        return len(self.others) - len(self.listed)


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


def group(ranked: Iterable[Ranked], media: Mapping[str, str]) -> list[Group]:
    """By medium, the one with the best moment first. `media`: of each moment, its medium."""
    found: dict[str, list[Ranked]] = {}
    for each in ranked:
        found.setdefault(media[each.moment_id], []).append(each)
    return [Group(best=best, others=tuple(others)) for best, *others in found.values()]


def alone(ranked: Iterable[Ranked]) -> list[Group]:
    """Each by itself."""
    return [Group(best=each) for each in ranked]
