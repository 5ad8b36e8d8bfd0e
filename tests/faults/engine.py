"""An engine that says where each window is, and misbehaves when the job's prompt asks for it.

It works in the service's real worker processes. The prompt may hold `fault=KIND` (for ever) or
`fault=KIND:3` (the first three times, over all processes and restarts) and `slow=0.5` (seconds for
each window). What it does is noted in files, for it may be dead before anybody could ask it.
"""

import json
import os
import re
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from app.domain.decoding import DecodingOptions
from app.domain.errors import EngineError
from app.domain.media import AudioWindow
from app.domain.transcript import LanguageDetection, Segment, WindowTranscript
from app.ports import WorkerPool

COMPUTED = "computed.log"
TOO_MUCH = 8 << 30  # bytes; over every limit that the tests set
HANG = 3600.0  # seconds: for ever
FAULT = re.compile(r"fault=([a-z]+)(?::(\d+))?")
SLOW = re.compile(r"slow=([0-9.]+)")


class FaultEngine:
    """Implements `ports.TranscriptionEngine`."""

    provider = "whisper_cpp"
    batch_size = 1

    def __init__(self, pool: WorkerPool, *, model: str, notes: Path, bound: float) -> None:
        """`bound`: seconds after which a window is taken for stuck. The pool is its own."""
        self.model, self.concurrency = model, pool.slots
        self._pool, self._notes, self._bound = pool, str(notes), bound

    def context(self, window: AudioWindow) -> float:
        return window.seconds

    async def detect_language(self, window: AudioWindow) -> LanguageDetection:
        return LanguageDetection(language="en", confidence=0.9)

    async def transcribe(
        self, windows: Sequence[AudioWindow], options: DecodingOptions
    ) -> Sequence[WindowTranscript]:
        return [
            await self._pool.run_within(
                self._bound, hear, self._notes, window, options.prompt or ""
            )
            for window in windows
        ]

    def give_way(self) -> None:
        """A call holds one window: it ends soon enough."""

    async def aclose(self) -> None:
        await self._pool.aclose()


def hear(notes: str, window: AudioWindow, prompt: str) -> WindowTranscript:
    """Runs in a worker process. The same window always reads the same."""
    note_computed(Path(notes), window)
    if asked := SLOW.search(prompt):
        time.sleep(float(asked[1]))
    if (fault := FAULT.search(prompt)) and _is_due(Path(notes), window, fault):
        MISDEEDS[fault[1]]()
    text = f"Window {window.number} begins at sample {window.first_sample}."
    said = Segment(start=window.start, end=window.end, text=text)
    return WindowTranscript(number=window.number, segments=(said,))


def note_computed(notes: Path, window: AudioWindow) -> None:
    """One line, in one write: several processes append to the same file."""
    line = {
        "job_id": window.path.stem,
        "number": window.number,
        "first_sample": window.first_sample,
        "pid": os.getpid(),
        "began": time.time(),
    }
    _append(notes / COMPUTED, json.dumps(line).encode() + b"\n")


def computed(notes: Path) -> list[dict[str, Any]]:
    """Every window that was begun, in order."""
    file = notes / COMPUTED
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [json.loads(line) for line in lines]


def _is_due(notes: Path, window: AudioWindow, fault: "re.Match[str]") -> bool:
    """Counted on disk before it happens."""
    counted = notes / f"{window.path.stem}.{fault[1]}"
    _append(counted, b".")
    return fault[2] is None or counted.stat().st_size <= int(fault[2])


def _append(file: Path, line: bytes) -> None:
    descriptor = os.open(file, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    try:
        os.write(descriptor, line)
    finally:
        os.close(descriptor)


def _dies_by(number: signal.Signals) -> Callable[[], None]:
    return lambda: os.kill(os.getpid(), number)


def _exit() -> None:
    os._exit(3)


def _allocate() -> None:
    kept = bytearray(TOO_MUCH)
    kept[::4096] = b"x" * len(kept[::4096])


def _hang() -> None:
    time.sleep(HANG)


def _fail() -> None:
    raise EngineError("the engine failed, as it was asked to")


#: By name in the prompt.
MISDEEDS: dict[str, Callable[[], None]] = {
    "segv": _dies_by(signal.SIGSEGV),
    "abrt": _dies_by(signal.SIGABRT),
    "kill": _dies_by(signal.SIGKILL),
    "stop": _dies_by(signal.SIGSTOP),
    "exit": _exit,
    "oom": _allocate,
    "hang": _hang,
    "error": _fail,
}
