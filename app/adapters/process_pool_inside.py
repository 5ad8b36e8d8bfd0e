"""What runs inside a worker process: how it settles in, and how it carries out a task.

It stands apart from the pool so that a worker starts without importing what only the service needs.
"""

import ctypes
import faulthandler
import logging
import os
import pickle
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeVar

from app.domain.errors import EngineError

T = TypeVar("T")

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
NICENESS = 10  # the web process answers first; on an idle machine nothing is lost by it
OOM_SCORE = Path("/proc/self/oom_score_adj")
OOM_MORE = 500  # half of the scale: the kernel takes any worker before the service
OOM_MOST = 1000
#: How libraries word a failed allocation that they raise as something else than MemoryError.
OUT_OF_MEMORY = ("bad_alloc", "cannot allocate memory", "failed to allocate")


#: Where this worker says that it takes up a task. A global: there is one in a process's life.
_begun: Connection | None = None


def settle_in(parent: int, memory_limit: int, log: str | None, begun: Connection) -> None:
    """Runs first in a new worker. `memory_limit`: bytes, 0 for none; `log`: file for prints."""
    global _begun
    _die_with(parent)
    _begun = begun
    _be_taken_first()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # sent to the whole group: the parent's to handle
    os.nice(NICENESS)
    os.environ["OMP_NUM_THREADS"] = "1"  # spinning threads on busy cores lose four times
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    _print_to(log)
    hush()
    _limit(resource.RLIMIT_CORE, 0)  # a core is as large as the model, and holds what was said
    if memory_limit:
        _limit(resource.RLIMIT_DATA, memory_limit)


def carry_out(task: Callable[[], T]) -> T:
    """The task, in such a way that whatever it raises can reach the service and harm nothing."""
    if _begun is not None:
        _begun.send_bytes(b"")
    try:
        return task()
    except BaseException as error:
        if any(_starved(each) for each in _with_causes(error)):
            raise MemoryError(str(error)) from error
        if isinstance(error, Exception) and _travels(error):
            raise
        raise EngineError(f"{type(error).__name__}: {error}") from error


def _die_with(parent: int) -> None:
    """By SIGKILL from the kernel, however the parent ends (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the line above took hold
        os._exit(1)


def _be_taken_first() -> None:
    try:
        score = min(OOM_MOST, int(OOM_SCORE.read_text()) + OOM_MORE)
        OOM_SCORE.write_text(str(score))
    except OSError:  # no Linux, or a guarded one
        return


def _print_to(log: str | None) -> None:
    """Native libraries print: stdout belongs to the command line, and last words are evidence."""
    if log is not None:
        try:
            file = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_APPEND, 0o600)
        except OSError:  # a full disk is no reason not to work
            pass
        else:
            os.dup2(file, 2)
            os.close(file)
    os.dup2(2, 1)
    sys.stdout = sys.stderr  # which does not hold lines back
    faulthandler.enable(all_threads=False)


def hush() -> None:
    """Libraries of models draw bars on the terminal and ask the hub about files that are here."""
    os.environ["HF_HUB_OFFLINE"] = os.environ["TRANSFORMERS_OFFLINE"] = "1"
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = os.environ["TQDM_DISABLE"] = "1"
    os.environ["TRANSFORMERS_VERBOSITY"] = "error"
    for name in ("sentence_transformers", "transformers", "torch"):
        logging.getLogger(name).setLevel(logging.ERROR)


def _limit(kind: int, value: int) -> None:
    """Lower a limit as far as the system allows; a missing one is no reason not to work."""
    _, hard = resource.getrlimit(kind)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    try:
        resource.setrlimit(kind, (value, value))
    except (ValueError, OSError):
        return


def _with_causes(error: BaseException) -> Iterator[BaseException]:
    each: BaseException | None = error
    for _ in range(10):  # chains may be circular
        if each is None:
            return
        yield each
        each = each.__cause__ or each.__context__


def _starved(error: BaseException) -> bool:
    return isinstance(error, MemoryError) or any(
        words in str(error).lower() for words in OUT_OF_MEMORY
    )


def _travels(error: Exception) -> bool:
    """Many a library's exception can be sent, but not be put together again.

    StopIteration could, but no future takes it.
    """
    if isinstance(error, StopIteration):
        return False
    try:
        return type(pickle.loads(pickle.dumps(error))) is type(error)
    except Exception:
        return False
