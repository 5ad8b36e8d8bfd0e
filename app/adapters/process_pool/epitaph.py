"""Why a worker died, as far as its exit status, its last lines and the kernel tell."""

import signal
from pathlib import Path

from app.domain.errors import EngineCrashed, EngineOutOfMemory

VMSTAT = Path("/proc/vmstat")
#: What C++, the C library, ggml and onnxruntime say when an allocation fails.
OUT_OF_MEMORY = (
    "std::bad_alloc",
    "cannot allocate memory",
    "failed to allocate",
    "insufficient memory",
)


def crash(status: int | None, last_lines: str | None, *, oom_killed: bool) -> EngineCrashed:
    """`oom_killed`: the kernel killed some process for its memory while the task ran."""
    starved = any(words in (last_lines or "").lower() for words in OUT_OF_MEMORY)
    if starved or (oom_killed and status == -signal.SIGKILL):
        return out_of_memory(cause(status), status, last_lines)
    message = f"the worker process died ({cause(status)})"
    return EngineCrashed(message, exit_status=status, last_lines=last_lines)


def out_of_memory(why: str, status: int | None, last_lines: str | None) -> EngineOutOfMemory:
    message = "the worker process ran out of memory" + (f" ({why})" if why else "")
    return EngineOutOfMemory(message, exit_status=status, last_lines=last_lines)


def cause(status: int | None) -> str:
    if status is None:
        return "no exit status"
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"signal {-status}, {signal.Signals(-status).name}"
    except ValueError:  # real-time signals have no name
        return f"signal {-status}"


def oom_kills() -> int:
    """Processes that the kernel has killed for memory since it started; 0 where it cannot tell."""
    try:
        lines = VMSTAT.read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)
