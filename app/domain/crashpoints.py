"""Places where the service may be killed on purpose, to show that nothing is lost by it.

Each is passed by `reached(name)`, which does nothing unless the environment names the point:
`SPOOL_CRASH_AT=worker.claimed` kills the process (SIGKILL) when it gets there, `…:3` at the third
time. `tests/faults` and `scripts/chaos` go through them all.
"""

import os
import signal
from collections.abc import Mapping

VARIABLE = "SPOOL_CRASH_AT"

#: Every point there is, in the order in which a job comes by; then those of commands.
POINTS = (
    "migrate.before",
    "migrate.after",
    "recover.swept",
    "recover.queued",
    "file.written",
    "file.renamed",
    "upload.synced",
    "upload.counted",
    "upload.hashed",
    "upload.renamed",
    "submit.committed",
    "upload.finished",
    "worker.claimed",
    "extract.begun",
    "extract.done",
    "window.transcribed",
    "window.recorded",
    "transcript.saved",
    "keyframes.taken",
    "keyframe.kept",
    "keyframe.emitted",
    "keyframes.listed",
    "picture.begun",
    "picture.kept",
    "text.begun",
    "text.kept",
    "index.before",
    "index.written",
    "index.marked",
    "result.written",
    "job.succeeded",
    "job.failed",
    "job.retried",
    "job.cancelled",
    "delete.row",
    "delete.files",
    "asset.edited",
    "records.put",
    "records.written",
    "records.removed",
    "webhook.claimed",
    "webhook.sent",
    "webhook.marked",
    "backup.database",
    "backup.files",
    "restore.files",
    "restore.rows",
)


class CrashPoint:
    """`name` or `name:count`, as in the environment. Raises ValueError on an unknown name."""

    def __init__(self, asked: str) -> None:
        self._name, _, count = asked.partition(":")
        if self._name not in POINTS:
            raise ValueError(f"{VARIABLE}: no crash point {self._name!r}")
        self._left = int(count or 1)

    def reached(self, name: str) -> None:
        if name == self._name:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def _armed(environment: Mapping[str, str]) -> CrashPoint | None:
    asked = environment.get(VARIABLE)
    return CrashPoint(asked) if asked else None


_point = _armed(os.environ)


def reached(name: str) -> None:
    """Called as the service passes the point `name`."""
    if _point is not None:
        _point.reached(name)
