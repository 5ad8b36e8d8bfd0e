"""A whole job over HTTP beside the engines' own tools, turn by turn on the same speech."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.adapters.weights.shelf import ModelShelf
from app.domain.models import ModelKind
from scripts import bench_asr_table, bench_ours, bench_peers
from scripts.bench_peers import Peer, Run
from scripts.bench_report import Report, say
from scripts.bench_server import models_folder
from scripts.bench_settings import (
    MODELS,
    ROUNDS,
    SLOTS,
    keep_to_the_cores,
    slow_seconds,
    speech_seconds,
)
from scripts.bench_speech import Speech, nobody, speech

#: Of ours. The first is heard beside the fast, the second beside the slow.
PROVIDERS = ("faster_whisper", "whisper_cpp")
USUAL = 600.0  # seconds of speech
WARM = 15.0  # seconds that each hears before the clock starts
#: Seconds by which batch size and threads are chosen: of 32 windows at most, and of two.
CHOICE, SLOW_CHOICE = 600.0, 60.0
QUIET = 300.0  # seconds in which nobody speaks


@dataclass(frozen=True, kw_only=True)
class Sounds:
    warm: Path
    #: For the fast, and for the slow.
    whole: Speech
    part: Speech
    quiet: Path

    @property
    def folder(self) -> Path:
        return self.warm.parent


@dataclass(frozen=True, kw_only=True)
class Entrant:
    name: str
    speech: Speech
    run: Callable[[], Run]


def measure(report: Report) -> None:
    keep_to_the_cores()
    with tempfile.TemporaryDirectory(prefix="spool-bench-") as folder:
        sounds = _sounds(Path(folder))
        for model in MODELS:
            entrants = [*_ours(model, sounds), *_peers(model, sounds)]
            entrants += openai_whisper(report, model, sounds)
            runs = turns(model, entrants)
            heard = {entrant.name: entrant.speech for entrant in entrants}
            bench_asr_table.tell(report, model, heard, runs)
            _tell_invented(report, model, sounds)
    report.notes += [
        f"faster_whisper and all batched: {sounds.whole}",
        f"all others: {sounds.part}",
        f"ours: {SLOTS} worker processes of one thread, first byte sent to Completed told, a fresh "
        "service that has done one job; memory and processor time are those of service and workers",
        f"peers: a fresh process each, loaded and warm, int8 where it is CTranslate2, {SLOTS} "
        "threads where nothing else stands; the same weights as ours; openai-whisper has "
        "those that it fetches itself, as float32",
        f"{ROUNDS} turns, each in another order; medians; the ratio is that of each turn",
        "a ratio compares seconds on the same speech; word error rates by Whisper's normaliser",
    ]
    if not bench_peers.installed("openai_whisper"):
        report.notes.append("openai-whisper is not installed: not measured")


def turns(model: str, entrants: list[Entrant]) -> dict[str, list[Run]]:
    """By name. A busy minute shall strike all alike, so the order changes."""
    runs: dict[str, list[Run]] = {entrant.name: [] for entrant in entrants}
    for number in range(ROUNDS):
        for entrant in ordered(entrants, number):
            done = entrant.run()
            runs[entrant.name].append(done)
            say(f"asr {model}, turn {number + 1}: {entrant.name} {done.seconds:.1f} s")
    return runs


def ordered(entrants: list[Entrant], number: int) -> list[Entrant]:
    """Each turn begins with another one, and every second one goes backwards."""
    first = number % len(entrants)
    turned = entrants[first:] + entrants[:first]
    return turned[::-1] if number % 2 else turned


def weights(model: str, kind: ModelKind) -> str:
    """What our engine uses, fetched if need be."""
    return str(ModelShelf(models_folder()).find(model, kind).path)


def _sounds(folder: Path) -> Sounds:
    seconds = speech_seconds(USUAL)
    return Sounds(
        warm=speech(folder / "warm.wav", WARM).path,
        whole=speech(folder / "speech.wav", seconds),
        part=speech(folder / "part.wav", slow_seconds(seconds)),
        quiet=nobody(folder / "quiet.wav", QUIET),
    )


def _ours(model: str, sounds: Sounds) -> list[Entrant]:
    def entrant(provider: str, heard: Speech) -> Entrant:
        def run() -> Run:
            with bench_ours.warm_service(provider, model, sounds.warm) as server:
                return bench_ours.job(server, heard.path).run

        return Entrant(name=f"Spool, {provider}", speech=heard, run=run)

    return [
        entrant(provider, heard)
        for provider, heard in zip(PROVIDERS, (sounds.whole, sounds.part), strict=True)
    ]


def _peers(model: str, sounds: Sounds) -> list[Entrant]:
    folder, file = weights(model, ModelKind.WHISPER_CT2), weights(model, ModelKind.WHISPER_GGML)
    greedy = _batched(folder, sounds)
    plain = _threaded(Peer(kind="pywhispercpp", weights=file), sounds)
    size, threads = f"batch {greedy.batch}", f"{plain.threads} thread{'s'[: plain.threads > 1]}"
    beams = Peer(kind="batched", weights=folder, batch=greedy.batch)
    return [
        _peer(f"faster-whisper batched, {size}, greedy", greedy, sounds, sounds.whole),
        _peer(f"faster-whisper batched, {size}, beam 5", beams, sounds, sounds.whole),
        _peer("faster-whisper", Peer(kind="sequential", weights=folder), sounds, sounds.part),
        _peer(f"pywhispercpp, {threads}", plain, sounds, sounds.part),
    ]


def openai_whisper(report: Report, model: str, sounds: Sounds) -> list[Entrant]:
    """Tried before the turns: it fetches its weights itself, and may not get them."""
    if not bench_peers.installed("openai_whisper"):
        return []
    by_name = Peer(kind="openai_whisper", weights=model)
    try:
        bench_peers.run(by_name, sounds.warm, sounds.warm)
    except OSError as error:
        report.notes.append(f"{model}: openai-whisper is left out, for it does not run: {error}")
        return []
    return [_peer("openai-whisper", by_name, sounds, sounds.part)]


def _peer(name: str, peer: Peer, sounds: Sounds, heard: Speech) -> Entrant:
    return Entrant(
        name=name, speech=heard, run=lambda: bench_peers.run(peer, sounds.warm, heard.path)
    )


def _batched(folder: str, sounds: Sounds) -> Peer:
    """With the best batch size."""
    sound = speech(sounds.folder / "choice.wav", min(CHOICE, sounds.whole.seconds))
    choices = bench_peers.batches(Peer(kind="batched", weights=folder, beam=1))
    return bench_peers.fastest(choices, sounds.warm, sound.path)


def _threaded(peer: Peer, sounds: Sounds) -> Peer:
    """With the best number of threads."""
    sound = speech(sounds.folder / "choice.wav", min(SLOW_CHOICE, sounds.part.seconds))
    return bench_peers.fastest(bench_peers.threads(peer), sounds.warm, sound.path)


def _tell_invented(report: Report, model: str, sounds: Sounds) -> None:
    for provider in PROVIDERS:
        with bench_ours.warm_service(provider, model, sounds.warm) as server:
            text = bench_ours.job(server, sounds.quiet).text
        what = f"{model}: words by {provider} in {QUIET / 60:g} minutes of silence and noise"
        report.below(1, what, len(text.split()), "")
