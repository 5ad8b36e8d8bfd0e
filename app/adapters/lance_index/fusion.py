"""Several rankings into one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from app.domain.search import MatchReason

#: Of reciprocal-rank fusion: how little the very first ranks outweigh the next ones.
RRF_K = 60

#: Moment ids with their scores, best first.
Ranking = Mapping[str, float]


#: Of a medium that is one hit, how many moments are listed beside the best one.
LISTED = 5


class Ranked(NamedTuple):
    """A tuple, for there are thousands in each search."""

    moment_id: str
    score: float
    why: tuple[MatchReason, ...]


class Group(NamedTuple):
    """All that was found of one medium."""

    best: Ranked
    others: Sequence[Ranked] = ()

    @property
    def listed(self) -> Sequence[Ranked]:
        return self.others[:LISTED]

    @property
    def more(self) -> int:
        """Those that are not listed."""
        return len(self.others) - len(self.listed)


def fuse(rankings: Mapping[MatchReason, Ranking]) -> list[Ranked]:
    """Best first. One ranking keeps its scores; of several, only the ranks count.

    Ranks are comparable where a cosine and a BM25 score are not.
    """
    scores: dict[str, float] = {}
    why: dict[str, tuple[MatchReason, ...]] = {}
    for reason, ranking in rankings.items():
        alone = (reason,)
        for rank, (id, score) in enumerate(ranking.items(), start=1):
            given = score if len(rankings) == 1 else 1 / (RRF_K + rank)
            scores[id] = scores.get(id, 0.0) + given
            why[id] = why[id] + alone if id in why else alone
    # of two that are the first of their rankings, the one with the word is surer
    word = MatchReason.KEYWORD
    order = sorted([(-score, word not in why[id], id) for id, score in scores.items()])
    return [Ranked(id, -score, why[id]) for score, _, id in order]


def group(ranked: Iterable[Ranked], media: Mapping[str, str]) -> Iterator[Group]:
    """By medium, the one with the best moment first. `media`: of each moment, its medium.

    One after the other, like those that stand alone: most are never asked for.
    """
    found: dict[str, list[Ranked]] = {}
    for each in ranked:
        found.setdefault(media[each.moment_id], []).append(each)
    return (Group(best, others) for best, *others in found.values())


def alone(ranked: Iterable[Ranked]) -> Iterator[Group]:
    """Each by itself."""
    return map(Group, ranked)
