"""A medium is heard while it is still being decoded, and nothing depends on how fast it came."""

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
import soundfile

from app.adapters.confined.cage import Cage
from app.adapters.engines.faster_whisper import FasterWhisperEngine
from app.adapters.process_pool import ProcessPool
from app.adapters.silero import SileroDetector
from app.adapters.soundfile_audio import SoundfileExtractor
from app.adapters.weights.shelf import ModelShelf
from app.domain.decoding import DecodingOptions
from app.domain.errors import EngineError, MediaTooLong, MediaUnreadable, SpoolError
from app.domain.jobs import Job, JobOptions, JobStatus, SourceKind, Stage
from app.domain.media import BYTES_PER_SECOND, SAMPLE_RATE, Audio, AudioWindow
from app.domain.models import ModelKind
from app.domain.transcript import LanguageDetection, Transcript, WindowTranscript
from app.pipeline.fingerprint import SAMPLE, outline_of
from app.pipeline.recording import Recording
from app.pipeline.report import JobReport, Stopping
from app.ports import Growth, Sound
from app.services.engines import EngineShelf
from tests import caged
from tests.contracts.jobs import claim, new_id
from tests.fakes import FakeEngine, MemoryJournal
from tests.unit.scripted import stopped
from tests.unit.workbench import Ears, Workbench, opened, until

T = TypeVar("T")


class Paced:
    """Gives `first` seconds of sound, and once it is let go on the rest of `whole`, or `error`."""

    def __init__(
        self,
        first: int,
        whole: int,
        *,
        name: str = "paced",
        error: Exception | None = None,
        declared: float | None = None,
    ) -> None:
        self.name, self._first, self._whole = name, first, whole
        self._error, self._declared = error, declared
        self.go_on = asyncio.Event()
        self.at_work = self.ended = 0

    def accepts(self, source: Path) -> bool:
        return True

    async def extract(self, source: Path, target: Path, growth: Growth) -> Audio:
        self.at_work += 1
        try:
            growth(self._write(target, self._first))
            await self.go_on.wait()
            if self._error:
                raise self._error
            self.ended += 1
            return self._write(target, self._whole)
        finally:
            self.at_work -= 1

    def _write(self, target: Path, seconds: int) -> Audio:
        target.write_bytes(bytes(seconds * BYTES_PER_SECOND))
        samples = seconds * SAMPLE_RATE
        return Audio(path=target, samples=samples, declared_seconds=self._declared)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        bench.engine = FakeEngine(concurrency=2)
        yield bench


async def a_job(bench: Workbench, path: Path | None = None) -> Job:
    if path is None:
        path = bench.folder / "talk.bin"
        path.write_bytes(b"some medium")
    job = await bench.store.add(
        job_id=new_id(),
        source=SourceKind.PATH,
        source_name="talk.wav",
        input_path=str(path),
        options=JobOptions(),
    )
    return await claim(bench.store, job)


async def run(bench: Workbench, job: Job, report: JobReport | None = None) -> Transcript:
    report = report or JobReport(bench.store, job)
    try:
        async with asyncio.timeout(30):
            transcript = (await bench.pipeline().run(job, report)).transcript
        assert transcript is not None
        return transcript
    finally:
        await report.aclose()


async def settled() -> None:
    """All who can go on have gone on."""
    for _ in range(50):
        await asyncio.sleep(0)


def said(windows: int) -> str:
    return " ".join(f"window {number}" for number in range(windows))


async def test_windows_are_heard_before_the_medium_is_decoded_to_its_end(
    bench: Workbench,
) -> None:
    paced = Paced(40, 60)
    bench.extractors = (paced,)
    job = await a_job(bench)
    running = asyncio.create_task(run(bench, job))
    await until(lambda: bench.engine.heard == list(range(8)))
    now = await bench.now(job)
    assert (paced.at_work, paced.ended, now.stage) == (1, 0, Stage.TRANSCRIBING)
    assert now.duration is None
    paced.go_on.set()
    transcript = await running
    assert (transcript.text, transcript.duration) == (said(12), 60.0)
    assert (await bench.now(job)).duration == 60.0
    assert bench.engine.heard == list(range(12))


async def test_a_short_medium_is_decoded_to_its_end_first(bench: Workbench) -> None:
    paced = Paced(20, 25)
    bench.extractors = (paced,)
    job = await a_job(bench)
    running = asyncio.create_task(run(bench, job))
    await until(lambda: paced.at_work == 1)
    assert (await bench.now(job)).stage is Stage.MEDIA_EXTRACTION
    paced.go_on.set()
    assert (await running).text == said(5)


async def test_what_was_heard_of_an_extractor_that_fails_midway_is_dropped(
    bench: Workbench,
) -> None:
    fails, reads = Paced(50, 0, error=MediaUnreadable("bytes unread")), Paced(35, 35, name="next")
    reads.go_on.set()
    bench.extractors = (fails, reads)
    job = await a_job(bench)
    running = asyncio.create_task(run(bench, job))
    await until(lambda: len(bench.engine.heard) == 10)
    fails.go_on.set()
    transcript = await running
    assert (transcript.text, transcript.duration) == (said(7), 35.0)
    assert bench.engine.heard == [*range(10), *range(7)]
    stages = list((await bench.now(job)).timings)
    assert stages[:2] == ["media_extraction", "transcribing"], "no stage is entered twice"


@pytest.mark.parametrize("error", [MediaTooLong("too long"), MediaUnreadable("broken")], ids=str)
async def test_a_medium_that_fails_midway_fails_its_job(
    bench: Workbench, error: SpoolError
) -> None:
    bench.engine.hold.clear()
    paced = Paced(40, 60, error=error)
    bench.extractors = (paced,)
    job = await a_job(bench)
    running = asyncio.create_task(run(bench, job))
    await until(lambda: bench.engine.at_work == 2)
    paced.go_on.set()
    await until(lambda: paced.at_work == 0)
    bench.engine.hold.set()
    with pytest.raises(type(error), match=error.message):
        await running
    assert (bench.engine.at_work, bench.engine.heard) == (0, [0, 1])
    assert bench.pcm_files() == []


class Uncancelled(FakeEngine):
    """Counts the calls that were cancelled: each would cost a worker, and it its model."""

    def __init__(self) -> None:
        super().__init__(concurrency=2)
        self.cancelled = 0
        self.asked_language = asyncio.Event()

    async def detect_language(self, window: AudioWindow) -> LanguageDetection | None:
        self.asked_language.set()
        return await self._counted(self._found())

    async def transcribe(
        self, windows: Sequence[AudioWindow], options: DecodingOptions
    ) -> Sequence[WindowTranscript | None]:
        return await self._counted(super().transcribe(windows, options))

    async def _found(self) -> LanguageDetection | None:
        await self.hold.wait()
        return self.detection

    async def _counted(self, call: Coroutine[Any, Any, T]) -> T:
        try:
            return await call
        except asyncio.CancelledError:
            self.cancelled += 1
            raise


@pytest.mark.parametrize("at", ["language", "windows"])
async def test_a_decoder_that_gives_up_cancels_no_call_of_the_engine(
    bench: Workbench, at: str
) -> None:
    engine = bench.engine = Uncancelled()
    if at == "language":
        engine.hold.clear()
    fails, reads = Paced(50, 0, error=MediaUnreadable("bytes unread")), Paced(35, 35, name="next")
    reads.go_on.set()
    bench.extractors = (fails, reads)
    running = asyncio.create_task(run(bench, await a_job(bench)))
    await engine.asked_language.wait()
    if at == "windows":
        engine.hold.clear()
        await until(lambda: engine.at_work == 2)
    fails.go_on.set()
    await until(lambda: engine.asked_to_give_way > 0)
    await settled()
    assert reads.at_work == 0, "who may still have the sound open would see other sound in it"
    engine.hold.set()
    transcript = await running
    assert (transcript.text, transcript.duration) == (said(7), 35.0)
    assert engine.cancelled == 0 and engine.asked_to_give_way > 0
    assert len(engine.heard) < 7 + 10, "what waited in line was not heard"


async def test_a_cancel_after_the_decoder_gave_up_waits_for_no_call(bench: Workbench) -> None:
    engine = bench.engine = Uncancelled()
    fails = Paced(50, 0, error=MediaUnreadable("bytes unread"))
    bench.extractors = (fails,)
    running = asyncio.create_task(run(bench, await a_job(bench)))
    await engine.asked_language.wait()
    engine.hold.clear()
    await until(lambda: engine.at_work == 2)
    fails.go_on.set()
    await until(lambda: fails.at_work == 0)
    await settled()
    running.cancel()
    await asyncio.wait({running})
    assert running.cancelled() and (engine.at_work, engine.cancelled) == (0, 2)


async def test_a_detector_under_way_is_not_cancelled_when_the_decoder_gives_up(
    bench: Workbench,
) -> None:
    class Slow(Ears):
        """Ponders over the fourth block, while the window of the third waits in line."""

        def __init__(self) -> None:
            self.at_work, self.go_on, self.cancelled = False, asyncio.Event(), False

        async def probabilities(self, sound: Sound) -> AsyncIterator[Sequence[float]]:
            blocks = 0
            async for block in super().probabilities(sound):
                blocks += 1
                if blocks == 4:
                    await self._pondered()
                yield block

        async def _pondered(self) -> None:
            self.at_work = True
            try:
                await self.go_on.wait()
            except asyncio.CancelledError:
                self.cancelled = True
                raise

    detector = Slow()
    engine = bench.engine
    engine.hold.clear()
    fails = Paced(50, 0, error=MediaUnreadable("bytes unread"))
    bench.extractors = (fails,)
    line = replace(bench.pipeline(), detector=detector)
    job = await a_job(bench)
    report = JobReport(bench.store, job)
    running = asyncio.create_task(line.run(job, report))
    await until(lambda: detector.at_work and engine.at_work == 2)
    fails.go_on.set()
    await until(lambda: fails.at_work == 0)
    await settled()
    engine.hold.set()
    detector.go_on.set()
    with pytest.raises(MediaUnreadable):
        await running
    await report.aclose()
    assert not detector.cancelled


async def test_what_was_heard_of_one_extractor_is_never_taken_for_what_the_next_gives(
    bench: Workbench,
) -> None:
    """Their windows may be cut alike, and hold other sound."""
    fails, reads = Paced(50, 0, error=MediaUnreadable("bytes unread")), Paced(50, 50, name="next")
    reads.go_on.set()
    bench.extractors = (fails, reads)
    running = asyncio.create_task(run(bench, await a_job(bench)))
    await until(lambda: len(bench.engine.heard) == 10)
    fails.go_on.set()
    await running
    assert sorted(bench.engine.heard) == sorted([*range(10), *range(10)])


async def test_an_engine_that_fails_midway_ends_the_decoding(bench: Workbench) -> None:
    bench.engine.failures = {3: [EngineError("no")]}
    paced = Paced(40, 60)
    bench.extractors = (paced,)
    with pytest.raises(EngineError, match="no"):
        await run(bench, await a_job(bench))
    assert (bench.engine.at_work, paced.at_work, paced.ended) == (0, 0, 0)


async def test_windows_heard_before_a_failure_are_found_again_however_the_sound_comes(
    bench: Workbench,
) -> None:
    bench.engine.failures = {5: [EngineError("no")]}
    bench.extractors = (Paced(40, 60),)
    job = await a_job(bench)
    with pytest.raises(EngineError):
        await run(bench, job)
    before = list(bench.engine.heard)
    assert before and 5 not in before
    again = Paced(31, 60)
    again.go_on.set()
    bench.extractors = (again,)
    assert (await run(bench, job)).text == said(12)
    assert sorted(bench.engine.heard) == list(range(12)), "each once"


async def test_another_medium_of_the_same_length_is_heard_anew(bench: Workbench) -> None:
    bench.engine.failures = {5: [EngineError("no")]}
    bench.extractors = (Paced(40, 60),)
    job = await a_job(bench)
    with pytest.raises(EngineError):
        await run(bench, job)
    (bench.folder / "talk.bin").write_bytes(b"same length")
    bench.engine.heard.clear()
    whole = Paced(60, 60)
    whole.go_on.set()
    bench.extractors = (whole,)
    await run(bench, job)
    assert sorted(bench.engine.heard) == list(range(12))


async def test_a_cancel_midway_stops_both(bench: Workbench) -> None:
    bench.engine.hold.clear()
    paced = Paced(40, 60)
    bench.extractors = (paced,)
    worker = bench.worker()
    job = await bench.upload()
    task = asyncio.create_task(worker.run())
    await until(lambda: bench.engine.at_work == 2)
    async with asyncio.timeout(30):
        answer = await bench.service(worker).cancel(job.job_id)
    assert (answer.status, answer.stage) == (JobStatus.CANCELLED, Stage.TRANSCRIBING)
    assert (bench.engine.at_work, paced.at_work, paced.ended) == (0, 0, 0)
    assert bench.pcm_files() == []
    await stopped(task)


async def test_a_stop_midway_waits_for_windows_under_way_and_for_no_more_sound(
    bench: Workbench,
) -> None:
    bench.engine.hold.clear()
    paced = Paced(40, 60)
    bench.extractors = (paced,)
    job = await a_job(bench)
    pipeline, report = bench.pipeline(), JobReport(bench.store, job)
    running = asyncio.create_task(pipeline.run(job, report))
    await until(lambda: bench.engine.at_work == 2)
    pipeline.stopping.set()
    bench.engine.hold.set()
    with pytest.raises(Stopping):
        async with asyncio.timeout(30):
            await running
    await report.aclose()
    assert (paced.at_work, paced.ended) == (0, 0)
    assert bench.engine.heard == [0, 1]


@pytest.mark.parametrize("declared", [None, 10.0, 60.0, 600.0], ids=str)
async def test_progress_never_falls_whatever_length_is_declared(
    bench: Workbench, declared: float | None
) -> None:
    class Told(JobReport):
        def progress(self, fraction: float) -> None:
            super().progress(fraction)
            told.append(fraction)
            kept.append(self._progress)

    told: list[float] = []
    kept: list[float] = []
    paced = Paced(40, 60, declared=declared)
    bench.extractors = (paced,)
    job = await a_job(bench)
    running = asyncio.create_task(run(bench, job, Told(bench.store, job)))
    await until(lambda: len(bench.engine.heard) == 8)
    assert max(kept, default=0.0) < 0.95
    paced.go_on.set()
    await running
    assert kept == sorted(kept) and kept[-1] == pytest.approx(0.95, abs=0.07)
    assert all(0.0 <= fraction <= 1.0 for fraction in told)


async def test_an_outline_tells_files_of_one_size_apart(tmp_path: Path) -> None:
    size = 5 * 1024 * 1024
    outlines = set()
    for place in (0, size // 2, size - 1):
        content = bytearray(size)
        content[place] = 1
        path = tmp_path / str(place)
        path.write_bytes(content)
        outlines.add(await outline_of(path))
    assert len(outlines) == 3


@pytest.mark.parametrize("size", [0, 1, SAMPLE, 2 * SAMPLE + 1])
async def test_an_outline_of_a_small_file_is_the_same_each_time(tmp_path: Path, size: int) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for path in (one, other):
        path.write_bytes(bytes(size))
    assert await outline_of(one) == await outline_of(other) != ""


async def test_a_pipe_that_nobody_writes_to_does_not_hold_the_job_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    async with asyncio.timeout(30):
        assert await outline_of(tmp_path / "pipe") == ""
        assert await outline_of(tmp_path / "gone") == ""


async def test_a_recording_is_waited_for_until_there_is_enough_or_no_more(tmp_path: Path) -> None:
    recording = Recording(tmp_path / "sound")
    enough = asyncio.create_task(recording.reached(100))
    all_of_it = asyncio.create_task(recording.whole())
    recording.grow(Audio(path=recording.path, samples=99, declared_seconds=2.0))
    for _ in range(3):
        await asyncio.sleep(0)
    assert not enough.done() and recording.seconds == 2.0
    assert await recording.reached(50) == 50
    whole = Audio(path=recording.path, samples=99, declared_seconds=2.0)
    recording.finish(whole)
    assert await enough == 99 and await all_of_it is whole
    assert recording.seconds == whole.seconds
    recording.grow(Audio(path=recording.path, samples=5))
    await asyncio.sleep(0)
    assert await recording.reached(100) == 99, "what is told late changes nothing"


class Held(SoundfileExtractor):
    """Tells what is behind its 45th second only once a window was recorded."""

    def __init__(self, recorded: asyncio.Event) -> None:
        super().__init__(600.0, confinement=Cage())
        self._recorded = recorded

    async def extract(self, source: Path, target: Path, growth: Growth) -> Audio:
        def held(so_far: Audio) -> None:
            if so_far.seconds < 47:
                growth(so_far)

        audio = await super().extract(source, target, held)
        async with asyncio.timeout(100):
            await self._recorded.wait()
        return audio


class Telling(MemoryJournal):
    """Tells when the first window is recorded."""

    def __init__(self) -> None:
        super().__init__()
        self.recorded = asyncio.Event()

    async def record(
        self, job_id: str, params_hash: str, window: AudioWindow, result: WindowTranscript
    ) -> None:
        await super().record(job_id, params_hash, window, result)
        self.recorded.set()


async def test_real_speech_is_heard_alike_whether_it_is_there_or_still_coming(
    bench: Workbench, jfk: Path, model_folder: Path
) -> None:
    samples, rate = soundfile.read(jfk, dtype="float32")
    path = bench.folder / "long.wav"
    soundfile.write(path, np.tile(np.concatenate([samples, np.zeros(4 * rate)]), 6), rate)
    speech = model_folder / "silero-vad.onnx"
    if not speech.is_file():
        pytest.skip("the speech detection model is not here")
    weights = ModelShelf(model_folder).find("tiny.en", ModelKind.WHISPER_CT2)
    pool, journal = ProcessPool(1), Telling()
    engine = FasterWhisperEngine(pool, model="tiny.en", model_path=weights.path)

    async def made(model: str) -> FasterWhisperEngine:
        return engine

    shelf = EngineShelf(
        {"faster_whisper": made},
        provider="faster_whisper",
        defaults={"faster_whisper": "tiny.en"},
        names=lambda _: ("tiny.en",),
    )
    transcripts = []
    for extractor in (Held(journal.recorded), caged.soundfile(600.0)):
        line = replace(
            bench.pipeline(),
            extractors=(extractor,),
            detector=SileroDetector(pool, speech),
            engines=shelf,
            journal=journal,
        )
        job = await a_job(bench, path)
        report = JobReport(bench.store, job)
        transcripts.append((await line.run(job, report)).transcript)
        await report.aclose()
    await pool.aclose()
    coming, whole = transcripts
    assert coming is not None and whole is not None
    assert [(each.start, each.text) for each in coming.segments] == [
        (each.start, each.text) for each in whole.segments
    ]
    assert coming.duration == whole.duration == pytest.approx(90.0)
    assert whole.text.count("ask what you can do for your country") == 6
