"""Log lines: text for people, JSON lines by setting; both carry job_id, stage and attempt, and
whose key it was that did what only few may do.

Strangers have a say in them: whatever they are called, each is one line, which can be printed and
is not too long, and no key stands in it. The lines of a traceback are indented.
"""

import json
import os
import sys
import traceback
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any, cast

from loguru import logger

from app.domain.redaction import long_enough, one_line

if TYPE_CHECKING:
    from loguru import Message, Record

BOUND = ("job_id", "stage", "attempt", "by")
MOST = 4000  # characters of a message
MOST_BOUND = 500  # characters of what is bound to it
MOST_LINES = 60  # of each end of a traceback
INDENT = "    "


def configure(level: str, *, json_lines: bool, secrets: Collection[str | None] = ()) -> None:
    """One sink on stderr. Worker processes configure themselves from the environment.

    `secrets` stand in no line. Nothing diagnoses: the values of variables would stand in a
    traceback, keys among them.
    """
    os.environ["LOGURU_LEVEL"] = level  # read by loguru in each worker as it starts
    os.environ["LOGURU_DIAGNOSE"] = "NO"
    lines = Lines(secrets)
    logger.remove()
    logger.configure(patcher=lines.clean)
    if json_lines:
        logger.add(lines.write_json, level=level, diagnose=False, format="{message}")
    else:
        logger.add(sys.stderr, level=level, diagnose=False, format=lines.text)


class Lines:
    def __init__(self, secrets: Collection[str | None]) -> None:
        self._secrets = long_enough(secrets)

    def clean(self, record: "Record") -> None:
        """Before any sink sees it."""
        record["message"] = self._line(record["message"], MOST)
        for name, value in record["extra"].items():
            if isinstance(value, str):
                record["extra"][name] = self._line(value, MOST_BOUND)

    def text(self, record: "Record") -> str:
        """Time, level, what happened, and to which job, or by whose key."""
        bound = " ".join(f"{name}={{extra[{name}]}}" for name in BOUND if record["extra"].get(name))
        tail = f" <dim>{bound}</dim>" if bound else ""
        trace = "".join(f"{line}\n" for line in self._trace(record))
        cast(dict[str, Any], record)["trace"] = trace  # in the format itself, `<` would be a colour
        return f"{{time:HH:mm:ss.SSS}} <level>{{level: <7}}</level> {{message}}{tail}\n{{trace}}"

    def write_json(self, message: "Message") -> None:
        """As loguru words it; in ASCII, so that nothing in it moves a terminal."""
        told = self._document(message.record)
        print(json.dumps(told, default=self._told), file=sys.stderr, flush=True)

    def _document(self, record: "Record") -> dict[str, Any]:
        raised = record["exception"]
        fault = raised and {
            "type": raised.type and raised.type.__name__,
            "value": self._told(raised.value),
            "traceback": raised.traceback is not None,
        }
        text = "\n".join([record["message"], *self._trace(record)])
        return {"text": text, "record": _fields(record) | {"exception": fault}}

    def _trace(self, record: "Record") -> Iterator[str]:
        if record["exception"] is None:
            return
        whole = "".join(traceback.format_exception(record["exception"].value)).splitlines()
        left_out = len(whole) - 2 * MOST_LINES
        if left_out > 0:
            whole[MOST_LINES:-MOST_LINES] = [f"… {left_out} lines more …"]
        for line in whole:
            yield INDENT + self._line(line, MOST)

    def _told(self, value: object) -> str:
        return self._line(str(value), MOST_BOUND)

    def _line(self, text: str, most: int) -> str:
        return one_line(text, most, self._secrets)


def _fields(record: "Record") -> dict[str, Any]:
    told = {name: record[name] for name in ("extra", "function", "line", "message", "module")}
    return told | {
        "elapsed": {"repr": record["elapsed"], "seconds": record["elapsed"].total_seconds()},
        "file": {"name": record["file"].name, "path": record["file"].path},
        "level": {"name": record["level"].name, "no": record["level"].no},
        "name": record["name"],
        "process": {"id": record["process"].id, "name": record["process"].name},
        "thread": {"id": record["thread"].id, "name": record["thread"].name},
        "time": {"repr": record["time"], "timestamp": record["time"].timestamp()},
    }
