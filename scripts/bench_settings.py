"""What the measures of speech take from the environment. Shorter ones are for a first look."""

import os


def _names(setting: str, usual: str) -> tuple[str, ...]:
    return tuple((os.environ.get(setting) or usual).split(","))


#: Whisper models by the names that the service gives them.
MODELS = _names("SPOOL_BENCH_MODELS", "tiny.en,base")
#: The engines of ours whose time and memory are measured with long files.
ENGINES = _names("SPOOL_BENCH_ENGINES", "faster_whisper")
#: Turns of all against all, one after the other.
ROUNDS = int(os.environ.get("SPOOL_BENCH_ROUNDS") or 3)
#: Worker processes of the service, and threads of each peer.
SLOTS = 2


def keep_to_the_cores() -> None:
    """All that is started from here on has as many cores as the service has workers, and no more.

    Where the system cannot say so, a larger machine gives help to those who take it.
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:SLOTS])


def speech_seconds(usual: float) -> float:
    """How much speech to measure with, where the measure itself would take `usual` seconds."""
    return float(os.environ.get("SPOOL_BENCH_SPEECH") or usual)


def slow_seconds(whole: float) -> float:
    """How much of `whole` seconds the slow get to hear: five minutes unless it is set."""
    return min(whole, float(os.environ.get("SPOOL_BENCH_SLOW") or 300))
