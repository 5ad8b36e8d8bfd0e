"""How much sound and work a medium may make of how many bytes.

A kilobyte can declare a day of silence, or keep a decoder busy for an hour: whoever takes media
from strangers pays by what they sent, not by what they say.
"""

#: Seconds of sound that any medium may hold, and bytes that each second beyond them needs, at
#: least. Silence takes 30 in the thriftiest of codecs.
ALWAYS, THIN = 1800.0, 20
#: CPU seconds that any medium may cost, and bytes for each further one.
GRACE, DENSE = 15.0, 50_000


def most_seconds(size: int, limit: float) -> float:
    """Of sound that `size` bytes may hold; `limit` is the most that is taken at all."""
    return min(limit, ALWAYS + size / THIN)


def most_work(size: int, granted: float) -> float:
    """CPU seconds that `size` bytes are worth; `granted` for what was decoded of them so far."""
    return GRACE + size / DENSE + granted
