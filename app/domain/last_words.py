"""What a process says that has met a stranger's bytes: nothing of it is taken as given."""

import json
import signal
from asyncio import StreamReader
from collections.abc import Mapping
from typing import Any

MAX_WORDS = 200  # characters
#: How it ends when it was ended from outside, for want of memory or by an operator.
FROM_OUTSIDE = (-signal.SIGKILL, -signal.SIGTERM)


async def last_words(stream: StreamReader | None, most: int = MAX_WORDS) -> bytes:
    """The last `most` bytes, however much it says there."""
    assert stream is not None
    kept = b""
    while said := await stream.read(4096):
        kept = (kept + said)[-most:]
    return kept


def told(line: bytes) -> Mapping[str, Any]:
    """A line of JSON; empty where it is none."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def printable(words: str) -> str:
    """For people to read, and no longer than they would."""
    return "".join(each if each.isprintable() else " " for each in words[:MAX_WORDS])
