"""A whole job over HTTP beside one plain call of pywhispercpp, turn by turn on the same file."""

import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from app.adapters.weights.shelf import ModelShelf
from app.domain.models import ModelKind
from scripts.bench_report import Report, say
from scripts.bench_server import Server, models_folder, serving
from scripts.bench_speech import Speech, speech
from tests.media import word_error_rate

MODEL = "tiny.en"
SLOTS = 2
SECONDS = 180.0
ROUNDS = 4  # even: each goes first equally often
TARGET = 1.5
WORSE = 1.0  # points of word error rate that we may be worse by


def measure(report: Report) -> None:
    with tempfile.TemporaryDirectory(prefix="spool-bench-") as folder:
        clip = speech(Path(folder, "speech.wav"), SECONDS)
        model = plain_model()
        with serving(
            APP__TRANSCRIPTION__MODEL=MODEL, APP__TRANSCRIPTION__WORKERS=str(SLOTS)
        ) as server:
            server.await_ready()
            turns = [turn(number, server, model, clip) for number in range(ROUNDS)]
    _tell(report, clip, turns)


def turn(number: int, server: Server, model: Any, clip: Speech) -> dict[str, Any]:
    """One run of each. Who goes first changes, so that a busy minute strikes both alike."""
    found: dict[str, Any] = {}
    order = ("ours", "plain") if number % 2 == 0 else ("plain", "ours")
    for who in order:
        found |= _ours(server, clip) if who == "ours" else _plain(model, clip)
    found["ratio"] = found["plain_s"] / found["ours_s"]
    say(f"asr {number + 1}: job {found['ours_s']:.2f} s, pywhispercpp {found['plain_s']:.2f} s")
    return found


def plain_model() -> Any:
    """Loaded and warm, with pywhispercpp's own defaults but for the threads."""
    import numpy as np
    from pywhispercpp.model import Model

    found = ModelShelf(models_folder()).find(MODEL, ModelKind.WHISPER_GGML)
    model = Model(
        str(found.path), n_threads=SLOTS, print_progress=False, redirect_whispercpp_logs_to=None
    )
    model.transcribe(np.zeros(2 * 16_000, np.float32))
    return model


def _ours(server: Server, clip: Speech) -> dict[str, Any]:
    """From the first byte sent to Completed told."""
    busy, began = _cpu_seconds(server), time.monotonic()
    ticket = server.ask("/api/v1/ingest?filename=speech.wav", clip.path.read_bytes())
    job = server.await_end(ticket["job_id"])
    seconds = time.monotonic() - began
    if job["status"] != "Completed":
        raise OSError(f"the job ended as {job['status']}: {job['error']}")
    text = server.ask(job["result_url"])["transcript"]
    return {
        "ours_s": seconds,
        "ours_cpu_s": _cpu_seconds(server) - busy,
        "ours_wer": word_error_rate(clip.text, text),
        "ours_text": text,
        "stages_s": job["timings"],
    }


def _cpu_seconds(server: Server) -> float:
    """Of the service and its workers so far."""
    service = psutil.Process(server.process.pid)
    times = [process.cpu_times() for process in (service, *service.children(recursive=True))]
    return float(sum(time.user + time.system for time in times))


def _plain(model: Any, clip: Speech) -> dict[str, Any]:
    busy, began = time.process_time(), time.monotonic()
    segments = model.transcribe(str(clip.path))
    seconds = time.monotonic() - began
    text = " ".join(segment.text for segment in segments)
    return {
        "plain_s": seconds,
        "plain_cpu_s": time.process_time() - busy,
        "plain_wer": word_error_rate(clip.text, text),
        "plain_text": text,
    }


def _tell(report: Report, clip: Speech, turns: list[dict[str, Any]]) -> None:
    ours, plain = (median(turn[key] for turn in turns) for key in ("ours_s", "plain_s"))
    ratio = median(turn["ratio"] for turn in turns)
    ours_wer, plain_wer = (100 * turns[0][key] for key in ("ours_wer", "plain_wer"))
    report.fact("our job: seconds of audio per second", clip.seconds / ours, "x")
    report.fact("pywhispercpp: seconds of audio per second", clip.seconds / plain, "x")
    report.at_least(TARGET, "our job beside pywhispercpp, median of turns", ratio, "x")
    for who, name in (("ours", "our job"), ("plain", "pywhispercpp")):
        spent = median(turn[f"{who}_cpu_s"] for turn in turns)
        report.fact(f"{name}: seconds of processor time", spent, "s")
    report.fact("our word error rate", ours_wer, "%")
    report.fact("pywhispercpp's word error rate", plain_wer, "%")
    report.below(WORSE, "points of word error rate that we are worse by", ours_wer - plain_wer, "")
    for stage in turns[0]["stages_s"]:
        seconds = median(turn["stages_s"][stage] for turn in turns)
        report.fact(f"  of our job: {stage}", seconds, "s")
    report.detail |= {"seconds": clip.seconds, "text": clip.text, "turns": turns}
    report.notes += [
        f"{clip.seconds:.1f} s of speech, {clip.clips} clips ({clip.repeated} a second time)",
        f"{MODEL}; ours: {SLOTS} worker slots, first byte sent to Completed told, server warm; "
        f"pywhispercpp: its defaults, {SLOTS} threads, model loaded before",
        f"{ROUNDS} turns, who goes first changes; medians",
    ]
