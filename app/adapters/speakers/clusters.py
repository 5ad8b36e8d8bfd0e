"""Which voices belong together: agglomerative clustering with average linkage.

Runs in a worker. Of a long recording a bounded number of voices is clustered, and the rest goes
to the nearest cluster: the table of distances grows with the square of their number.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float32]
    Numbers: TypeAlias = NDArray[np.intp]

#: Voices that are clustered, drawn by lot: in a dialogue every other one may be the same.
MOST = 1000
#: Seconds below which a voice is too short to found a speaker of its own.
LONG_ENOUGH = 1.6
#: 1 - cosine. Measured between stretches of some seconds: the same speaker is seldom above 0.27,
#: two speakers are seldom below 0.30.
TOO_FAR = 0.30
#: Who speaks less than this many seconds, or in a long talk than this part of it, is taken for
#: somebody else: crosstalk and laughter are nobody. In a short clip this part is enough.
LEAST, LEAST_OF_LONG, ENOUGH_OF_SHORT = 4.0, 0.005, 0.1


def speakers(voices: "Floats", seconds: "Floats") -> list[int | None]:
    """The speaker of each voice, counted from 0 as they first speak; None where it is all zeros.

    `voices`: [voices, width], of length 1. `seconds`: how long each of them is.
    """
    import numpy as np

    heard = np.flatnonzero(voices.any(axis=1))
    if not len(heard):
        return [None] * len(voices)
    founders = _founders(heard, seconds)
    centres = _centres(voices[founders], seconds[founders])
    nearest = (voices @ centres.T).argmax(axis=1)
    known = set(heard.tolist())
    found = [int(each) if number in known else None for number, each in enumerate(nearest)]
    return _as_they_speak(found)


def _founders(heard: "Numbers", seconds: "Floats") -> "Numbers":
    """Numbers of the voices that speakers are made of."""
    import numpy as np

    long = heard[seconds[heard] >= LONG_ENOUGH]
    if not len(long):
        long = np.sort(heard[np.argsort(-seconds[heard], kind="stable")[:MOST]])
    if len(long) <= MOST:
        return long
    return np.sort(np.random.default_rng(0).choice(long, MOST, replace=False))


def _centres(voices: "Floats", seconds: "Floats") -> "Floats":
    """[speakers, width]: the middle of each cluster that speaks long enough."""
    import numpy as np

    labels = clustered(voices)
    spoken = {label: float(seconds[labels == label].sum()) for label in np.unique(labels)}
    whole = sum(spoken.values())
    least = min(max(LEAST, LEAST_OF_LONG * whole), ENOUGH_OF_SHORT * whole, max(spoken.values()))
    middles = [voices[labels == each].mean(axis=0) for each in spoken if spoken[each] >= least]
    centres = np.stack(middles)
    unit: Floats = centres / np.linalg.norm(centres, axis=1, keepdims=True)
    return unit


def clustered(voices: "Floats") -> "Numbers":
    """A label for each: the two nearest clusters become one, until all are too far apart."""
    import numpy as np

    labels, sizes = np.arange(len(voices)), np.ones(len(voices))
    distances = 1.0 - voices @ voices.T
    np.fill_diagonal(distances, np.inf)
    while True:
        one, other = divmod(int(distances.argmin()), len(voices))
        if not distances[one, other] <= TOO_FAR:
            return labels
        merged = sizes[one] * distances[one] + sizes[other] * distances[other]
        sizes[one] += sizes[other]
        distances[one] = distances[:, one] = merged / sizes[one]
        distances[other] = distances[:, other] = distances[one, one] = np.inf
        labels[labels == other] = one


def _as_they_speak(found: Iterable[int | None]) -> list[int | None]:
    order: dict[int, int] = {}
    return [None if each is None else order.setdefault(each, len(order)) for each in found]
