"""Memory of extraction: each kind of file in a fresh process, with its ffmpeg counted apart."""

import asyncio
import contextlib
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import psutil

from app.adapters.confined.cage import Cage
from app.adapters.ffmpeg.extractor import FfmpegExtractor
from app.adapters.soundfile_audio import SoundfileExtractor
from app.domain.media import SAMPLE_BYTES
from app.ports import MediaExtractor
from scripts.bench_report import MiB, Report, say
from scripts.bench_server import forget_peak, peak, resident

SECONDS = 3600
TARGET = 64.0  # MiB
TIMES_RAW = 2.0
LOOK = 0.01  # seconds between two looks at ffmpeg
PICTURE = ("-f", "lavfi", "-i", "color=size=160x120:rate=1")
#: Extractor and encoding of each kind of file.
FILES: dict[str, tuple[str, tuple[str, ...]]] = {
    "hour.wav": ("soundfile", ("-ar", "44100", "-ac", "2", "-c:a", "pcm_s16le")),
    "hour.mp3": ("soundfile", ("-ar", "44100", "-ac", "2", "-c:a", "libmp3lame")),
    "hour.mp4": ("ffmpeg", ("-ar", "44100", "-ac", "2", "-c:v", "mpeg4", "-c:a", "aac")),
    "hour.webm": ("ffmpeg", ("-ar", "48000", "-ac", "2", "-c:v", "libvpx", "-c:a", "libopus")),
}


@dataclass(frozen=True, kw_only=True)
class Cost:
    #: Bytes on top of what the process held before its first extraction, libraries included.
    own: int
    #: Bytes of the ffmpeg process; 0 when there was none.
    child: int
    #: Bytes of raw sound that came out.
    raw: int
    seconds: float


def measure(report: Report) -> None:
    with tempfile.TemporaryDirectory(prefix="spool-bench-") as folder:
        for name, (extractor, encoding) in FILES.items():
            source = Path(folder, name)
            _make(source, encoding)
            say(f"extract: {name} made, {source.stat().st_size / MiB:.0f} MiB")
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
                cost = fresh.submit(cost_of, extractor, source).result()
            source.unlink()
            _tell(report, f"{name} by {extractor}", cost)
    report.notes += [
        f"{SECONDS} s of real speech repeated; a new process each: its peak (VmHWM) less what it "
        "held before. numpy, libsndfile and soxr are loaded on the way, and count",
        "ffmpeg's peak is its own VmHWM, looked at every 10 ms; its binary's pages are in it",
    ]


def cost_of(name: str, source: Path) -> Cost:
    """Runs in a fresh process."""
    extractor: MediaExtractor = {"soundfile": SoundfileExtractor, "ffmpeg": FfmpegExtractor}[name](
        2.0 * SECONDS, confinement=Cage()
    )
    target = source.with_suffix(".s16le")
    before = resident(os.getpid())
    forget_peak(os.getpid())
    began = time.monotonic()
    with _children() as largest:
        audio = asyncio.run(extractor.extract(source, target, lambda _: None))
    seconds = time.monotonic() - began
    target.unlink()
    return Cost(
        own=peak(os.getpid()) - before,
        child=max(largest),
        raw=audio.samples * SAMPLE_BYTES,
        seconds=seconds,
    )


@contextlib.contextmanager
def _children() -> Iterator[list[int]]:
    """The list holds the peaks of child processes that were seen."""
    peaks = [0]
    over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(peaks, over))
    watcher.start()
    try:
        yield peaks
    finally:
        over.set()
        watcher.join()


def _watch(peaks: list[int], over: threading.Event) -> None:
    this = psutil.Process()
    while not over.wait(LOOK):
        for child in this.children():
            with contextlib.suppress(OSError, psutil.Error):
                peaks.append(peak(child.pid))


def _make(target: Path, encoding: tuple[str, ...]) -> None:
    from scripts.bench_speech import passage  # brings numpy: not before the fresh process
    from tests.media import run_ffmpeg

    picture = PICTURE if "-c:v" in encoding else ()
    sound = ("-stream_loop", "-1", "-i", passage())
    run_ffmpeg([*sound, *picture, "-t", str(SECONDS), *encoding, "-threads", "2", target])


def _tell(report: Report, what: str, cost: Cost) -> None:
    whole = cost.own + cost.child
    report.below(TARGET, f"{what}: this process and ffmpeg", whole / MiB, "MiB")
    report.fact("  of it ffmpeg", cost.child / MiB, "MiB")
    report.below(TIMES_RAW, "  beside the raw sound", whole / cost.raw, "x")
    report.fact("  seconds of audio per second", SECONDS / cost.seconds, "x")
    report.detail[what] = vars(cost)
