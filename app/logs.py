"""Log lines: text for people, JSON lines by setting; both carry job_id, stage and attempt."""

import os
import sys
from typing import TYPE_CHECKING

from loguru import logger

if TYPE_CHECKING:
    from loguru import Record

BOUND = ("job_id", "stage", "attempt")


def configure(level: str, *, json_lines: bool) -> None:
    """One sink on stderr. Worker processes configure themselves from the environment."""
    os.environ["LOGURU_LEVEL"] = level  # read by loguru in each worker as it starts
    logger.remove()
    if json_lines:
        logger.add(sys.stderr, level=level, serialize=True)
    else:
        logger.add(sys.stderr, level=level, format=_text)


def _text(record: "Record") -> str:
    """Time, level, what happened, and the job that it happened to."""
    bound = " ".join(f"{name}={{extra[{name}]}}" for name in BOUND if record["extra"].get(name))
    tail = f" <dim>{bound}</dim>" if bound else ""
    return f"{{time:HH:mm:ss.SSS}} <level>{{level: <7}}</level> {{message}}{tail}\n{{exception}}"
