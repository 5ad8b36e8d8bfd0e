"""Other people's tools on the weights that our engines use, each in a fresh process of its own."""

import importlib.util
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from scripts.bench_report import say
from scripts.bench_settings import SLOTS
from scripts.bench_watch import Watch

#: A file in, its words out.
Hear = Callable[[str], str]


@dataclass(frozen=True, kw_only=True)
class Peer:
    #: Of `MAKERS`.
    kind: str
    #: Folder or file; openai-whisper knows its models by name.
    weights: str
    threads: int = SLOTS
    batch: int = 0
    #: None: as its makers chose.
    beam: int | None = None


@dataclass(frozen=True, kw_only=True)
class Run:
    """One whole file by one of all."""

    #: By the clock, from the file to its words; nothing is loaded meanwhile.
    seconds: float
    cpu_seconds: float
    #: The most bytes of memory (RSS).
    memory: int
    text: str


def run(peer: Peer, warm: Path, sound: Path) -> Run:
    """Loaded, and warm by having heard `warm`, before the clock starts.

    Raises OSError when its process ends early; that has said why.
    """
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(peer, str(warm), str(sound), theirs))
    process.start()
    theirs.close()
    try:
        ours.recv()
        with Watch(process.pid or 0) as watch:
            ours.send("go")
            seconds, text = ours.recv()
    except EOFError as error:
        raise OSError(f"{peer.kind} ended before it was done") from error
    finally:
        ours.close()
        process.join()
    return Run(seconds=seconds, cpu_seconds=watch.cpu, memory=watch.peak, text=text)


def fastest(choices: list[Peer], warm: Path, sound: Path) -> Peer:
    """Each is tried once."""
    took = {}
    for peer in choices:
        took[peer] = run(peer, warm, sound).seconds
        setting = f"batch {peer.batch}" if peer.batch else f"threads {peer.threads}"
        say(f"asr, choosing: {peer.kind}, {setting}: {took[peer]:.1f} s")
    return min(choices, key=lambda peer: took[peer])


def batches(peer: Peer) -> list[Peer]:
    return [replace(peer, batch=batch) for batch in (2, 4, 8, 16, 32)]


def threads(peer: Peer) -> list[Peer]:
    return [replace(peer, threads=number) for number in range(1, SLOTS + 1)]


def installed(kind: str) -> bool:
    module = {"openai_whisper": "whisper"}.get(kind, kind)
    return importlib.util.find_spec(module) is not None


def _serve(peer: Peer, warm: str, sound: str, told: Connection) -> None:
    """Runs in a process of its own."""
    hear = MAKERS[peer.kind](peer)
    hear(warm)
    told.send("warm")
    told.recv()
    began = time.monotonic()
    text = hear(sound)
    told.send((time.monotonic() - began, text))


def _batched(peer: Peer) -> Hear:
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    pipeline = BatchedInferencePipeline(
        WhisperModel(peer.weights, device="cpu", compute_type="int8", cpu_threads=peer.threads)
    )
    beam = {} if peer.beam is None else {"beam_size": peer.beam}

    def hear(path: str) -> str:
        segments, _ = pipeline.transcribe(path, batch_size=peer.batch, **beam)
        return " ".join(segment.text for segment in segments)

    return hear


def _sequential(peer: Peer) -> Hear:
    from faster_whisper import WhisperModel

    model = WhisperModel(peer.weights, device="cpu", compute_type="int8", cpu_threads=peer.threads)

    def hear(path: str) -> str:
        segments, _ = model.transcribe(path)
        return " ".join(segment.text for segment in segments)

    return hear


def _pywhispercpp(peer: Peer) -> Hear:
    from pywhispercpp.model import Model

    model = Model(
        peer.weights,
        n_threads=peer.threads,
        print_progress=False,
        redirect_whispercpp_logs_to=None,
    )

    def hear(path: str) -> str:
        return " ".join(segment.text for segment in model.transcribe(path))

    return hear


def _openai_whisper(peer: Peer) -> Hear:
    import soundfile
    import torch
    import whisper

    torch.set_num_threads(peer.threads)
    model = whisper.load_model(peer.weights, device="cpu")

    def hear(path: str) -> str:
        sound, _ = soundfile.read(path, dtype="float32")  # else it asks for an ffmpeg on the PATH
        return str(model.transcribe(sound, fp16=False)["text"])

    return hear


MAKERS: dict[str, Callable[[Peer], Hear]] = {
    "batched": _batched,
    "sequential": _sequential,
    "pywhispercpp": _pywhispercpp,
    "openai_whisper": _openai_whisper,
}
