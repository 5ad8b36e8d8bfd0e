"""Log lines: text for people, JSON lines by setting; both carry job_id, stage and attempt."""

import os
import sys
from typing import TYPE_CHECKING, Any

from loguru import logger

if TYPE_CHECKING:
    from loguru import Record

BOUND = ("job_id", "stage", "attempt")


def configure(level: str, *, json_lines: bool) -> None:
    """One sink on stderr. Worker processes configure themselves from the environment.

    Nothing diagnoses: the values of variables would stand in a traceback, keys among them.
    """
    os.environ["LOGURU_LEVEL"] = level  # read by loguru in each worker as it starts
    os.environ["LOGURU_DIAGNOSE"] = "NO"
    logger.remove()
    form: Any = {"serialize": True} if json_lines else {"format": _text}
    logger.add(sys.stderr, level=level, diagnose=False, **form)


def _text(record: "Record") -> str:
    """Time, level, what happened, and the job that it happened to."""
    bound = " ".join(f"{name}={{extra[{name}]}}" for name in BOUND if record["extra"].get(name))
    tail = f" <dim>{bound}</dim>" if bound else ""
    return f"{{time:HH:mm:ss.SSS}} <level>{{level: <7}}</level> {{message}}{tail}\n{{exception}}"
