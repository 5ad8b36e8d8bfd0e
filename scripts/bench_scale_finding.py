"""Search over very many rows: how long it takes when the index is in one table, or in many."""

import math
from collections.abc import Sequence
from statistics import NormalDist

from scripts.bench_scale_times import Times

#: To ask all tables over the network, and to merge what they found.
ASKED = 0.003  # seconds, assumed
SMALL, LARGE = 1e5, 1e6  # rows that were measured


def one_table(times: Times, rows: float) -> float:
    """Seconds, the median: a part that is the same for any size, and one that grows with it.

    Both are of two measured sizes; beyond the larger one it is a guess that it goes on so.
    """
    each = (times["search_1m"] - times["search_100k"]) / (LARGE - SMALL)
    return times["search_100k"] + each * (rows - SMALL)


def search(times: Times, rows: float, shards: int = 1, quantile: float = 0.5) -> float:
    """Seconds until the slowest of the tables has answered, each of which has its part.

    Answers spread as a lognormal does; of many at once one is always slow.
    """
    sigma = math.log(times["search_spread"]) / NormalDist().inv_cdf(0.95)
    slowest = NormalDist().inv_cdf(quantile ** (1.0 / shards))
    asked = ASKED if shards > 1 else 0.0
    return asked + one_table(times, rows / shards) * math.exp(sigma * slowest)


def shards_for(times: Times, rows: float, within: float, most: int = 100_000) -> int | None:
    """The fewest tables, of 1, 2, 4 …, whose 95th percentile is within so many seconds; None: no
    number of them is enough."""
    tried = [2**power for power in range(int(math.log2(most)) + 1)]
    return next((each for each in tried if search(times, rows, each, 0.95) <= within), None)


def table(times: Times, sizes: Sequence[float], shards: Sequence[int]) -> list[list[float]]:
    """Medians: a line for each number of shards."""
    return [[search(times, rows, each) for rows in sizes] for each in shards]
