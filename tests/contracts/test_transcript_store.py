"""What every `TranscriptStore` owes to its callers."""

from dataclasses import replace

import pytest

from app.domain.assets import AssetChanges
from app.domain.errors import Conflict, StorageError
from app.domain.jobs import SUSPECT_DEATHS, JobOptions
from app.domain.transcript import (
    Chapter,
    LanguageDetection,
    LanguageGuess,
    Repair,
    Segment,
    Topic,
    Transcript,
    WindowTranscript,
)
from tests.contracts.conftest import SteppedClock, Stores
from tests.contracts.jobs import add_job, claim, claimed_job, stored
from tests.contracts.test_window_journal import heard, window

DETECTION = LanguageDetection(
    language="de",
    confidence=0.9,
    alternatives=(LanguageGuess(language="nl", confidence=0.05),),
)


def transcript(text: str, detection: LanguageDetection | None = DETECTION) -> Transcript:
    return Transcript(
        segments=(
            Segment(start=0.0, end=1.5, text=text),
            *heard(2).segments,
        ),
        language_detection=detection,
        duration=4.25,
        provider="whisper_cpp",
        model="base",
    )


@pytest.mark.parametrize("detection", [DETECTION, None])
async def test_a_saved_transcript_comes_back_as_it_was(
    stores: Stores, detection: LanguageDetection | None
) -> None:
    job = await claimed_job(stores.jobs)
    await stores.transcripts.save(job, transcript("hello", detection))
    assert await stores.transcripts.load(job.job_id) == transcript("hello", detection)


async def test_what_was_heard_again_is_kept_with_the_transcript(stores: Stores) -> None:
    job = await claimed_job(stores.jobs)
    repair = Repair(start=0.25, end=19.5, reason="skipped_speech", way="parts")
    told = replace(transcript("hello"), repairs=(repair, replace(repair, way="none")))
    await stores.transcripts.save(job, told)
    assert await stores.transcripts.load(job.job_id) == told


async def test_a_transcript_without_a_word_is_a_transcript(stores: Stores) -> None:
    job = await claimed_job(stores.jobs)
    empty = Transcript(
        segments=(), language_detection=None, duration=3.0, provider="openai", model="m"
    )
    await stores.transcripts.save(job, empty)
    assert await stores.transcripts.load(job.job_id) == empty


async def test_saving_again_replaces(stores: Stores) -> None:
    job = await claimed_job(stores.jobs)
    await stores.transcripts.save(job, transcript("first"))
    await stores.transcripts.save(job, transcript("second"))
    assert await stores.transcripts.load(job.job_id) == transcript("second")


async def test_topics_are_kept_with_the_transcript_once_they_are_noted(stores: Stores) -> None:
    job, other = await claimed_job(stores.jobs), await claimed_job(stores.jobs)
    topics = (Topic(topic="Grüße, 東京", score=0.75), Topic(topic="ja", score=0.5))
    await stores.transcripts.note_topics(job.job_id, topics)  # there is no transcript yet
    for each in (job, other):
        await stores.transcripts.save(each, transcript("hello"))
    assert await stores.transcripts.load(job.job_id) == transcript("hello")
    await stores.transcripts.note_topics(job.job_id, topics)
    assert await stores.transcripts.load(job.job_id) == replace(transcript("hello"), topics=topics)
    assert await stores.transcripts.load(other.job_id) == transcript("hello")
    await stores.transcripts.note_topics(other.job_id, ())
    assert await stores.transcripts.load(other.job_id) == replace(transcript("hello"), topics=())
    await stores.transcripts.note_topics("no id", topics)


async def test_chapters_are_kept_with_the_transcript_once_they_are_noted(stores: Stores) -> None:
    job = await claimed_job(stores.jobs)
    chapters = (Chapter(start=0.0, end=1.5, title="Grüße"), Chapter(start=1.5, end=4.0, title=""))
    await stores.transcripts.note_chapters(job.job_id, chapters)  # there is no transcript yet
    await stores.transcripts.save(job, transcript("hello"))
    assert await stores.transcripts.load(job.job_id) == transcript("hello")
    for found in (chapters, ()):
        await stores.transcripts.note_chapters(job.job_id, found)
        known = replace(transcript("hello"), chapters=found)
        assert await stores.transcripts.load(job.job_id) == known
    await stores.transcripts.note_chapters("no id", chapters)


async def test_who_speaks_is_noted_without_touching_what_is_said(stores: Stores) -> None:
    job = await claimed_job(stores.jobs)
    number = len(transcript("hello").segments)
    labels = [None, *(f"Speaker {each}" for each in range(1, number))]
    await stores.transcripts.note_speakers(job.job_id, labels)  # there is no transcript yet
    await stores.transcripts.save(job, transcript("hello"))
    await stores.assets.edit(job.asset_id, AssetChanges(segments={0: "corrected"}))
    await stores.transcripts.note_speakers(job.job_id, labels)
    found = await stores.transcripts.load(job.job_id)
    assert found is not None
    assert [segment.speaker for segment in found.segments] == labels
    assert found.segments[0].text == "corrected"
    await stores.transcripts.note_speakers(job.job_id, [*labels, "one too many"])
    assert await stores.transcripts.load(job.job_id) == found
    await stores.transcripts.note_speakers("no id", labels)


async def test_a_transcript_saved_again_has_its_own_topics(stores: Stores) -> None:
    job = await claimed_job(stores.jobs)
    await stores.transcripts.save(job, transcript("first"))
    await stores.transcripts.note_topics(job.job_id, (Topic(topic="first", score=0.5),))
    await stores.transcripts.save(job, transcript("second"))
    assert await stores.transcripts.load(job.job_id) == transcript("second")


async def test_an_asset_taken_in_again_has_the_later_transcript_only(stores: Stores) -> None:
    options = JobOptions(asset_id="talk-7")
    first = await claimed_job(stores.jobs, options=options)
    second = await claimed_job(stores.jobs, options=options)
    other = await claimed_job(stores.jobs)
    await stores.transcripts.save(other, transcript("other"))
    await stores.transcripts.save(first, transcript("first"))
    await stores.transcripts.save(second, transcript("second"))
    assert await stores.transcripts.load(first.job_id) is None
    assert await stores.transcripts.load(second.job_id) == transcript("second")
    assert await stores.transcripts.load(other.job_id) == transcript("other")


async def test_a_stale_attempt_replaces_nothing(stores: Stores) -> None:
    stale = await claimed_job(stores.jobs)
    await stores.jobs.retry(stale, StorageError("why"))
    again = await claim(stores.jobs, stale)
    await stores.transcripts.save(again, transcript("good"))
    with pytest.raises(Conflict):
        await stores.transcripts.save(stale, transcript("stale"))
    assert await stores.transcripts.load(again.job_id) == transcript("good")


@pytest.mark.parametrize("job_id", ["0b79e0c2-6d0f-4f4e-9f3c-5f4f3c2d1e0a", "x", "\ud800"])
async def test_what_is_not_there_is_none(stores: Stores, job_id: str) -> None:
    assert await stores.transcripts.load(job_id) is None
    assert list(await stores.transcripts.partial(job_id)) == []


async def test_the_part_done_so_far_is_in_the_order_of_time(stores: Stores) -> None:
    job = await add_job(stores.jobs)
    for number in (2, 0):
        await stores.windows.record(job.job_id, "hash", window(number), heard(number))
    assert list(await stores.transcripts.partial(job.job_id)) == [heard(0), heard(2)]


async def test_the_part_done_so_far_is_of_the_newest_parameters(
    stores: Stores, clock: SteppedClock
) -> None:
    job = await add_job(stores.jobs)
    for params, text in (("z-old", "old"), ("a-new", "new")):
        clock.step(1)
        for number in range(2):
            await stores.windows.record(job.job_id, params, window(number), heard(number, text))
    found = await stores.transcripts.partial(job.job_id)
    assert list(found) == [heard(0, "new"), heard(1, "new")]


async def test_the_part_done_so_far_knows_silence(stores: Stores) -> None:
    job = await add_job(stores.jobs)
    silence = WindowTranscript(number=0, segments=())
    await stores.windows.record(job.job_id, "hash", window(0), silence)
    assert list(await stores.transcripts.partial(job.job_id)) == [silence]


async def test_it_tells_whether_there_is_one_without_reading_it(stores: Stores) -> None:
    job = await claimed_job(stores.jobs)
    assert not await stores.transcripts.has(job.job_id)
    await stores.transcripts.save(job, transcript("said"))
    assert await stores.transcripts.has(job.job_id)
    assert not await stores.transcripts.has("no id")


async def test_a_job_that_came_as_far_as_its_transcript_is_no_suspect(stores: Stores) -> None:
    job = await add_job(stores.jobs)
    for number in range(SUSPECT_DEATHS):
        await claim(stores.jobs, job, f"dead-{number}")
        await stores.jobs.sweep("alive")
    await stores.transcripts.save(await claim(stores.jobs, job), transcript("said"))
    assert (await stored(stores.jobs, job)).deaths == 0
