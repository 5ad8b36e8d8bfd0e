"""What every `NewsStore` does."""

from typing import Any

from app.domain.assets import AssetChanges, Picture, TextLine, asset_of
from app.domain.errors import MediaUnreadable
from app.domain.jobs import Job, JobOptions
from app.domain.media_types import MediaType
from app.domain.news import News
from tests.contracts.conftest import SteppedClock, Stores
from tests.contracts.jobs import add_job, claimed_job
from tests.contracts.test_transcript_store import transcript


async def completed(stores: Stores, media_type: MediaType, words: str = "", **found: Any) -> Job:
    """Of speech, `words` are what was said."""
    options = JobOptions(media_type=media_type, title=f"some {media_type}")
    job = await claimed_job(stores.jobs, options=options)
    if words:
        await stores.transcripts.save(job, transcript(words))
    else:
        await stores.assets.settle(job, asset_of(job, **found))
    assert await stores.jobs.succeed(job, output_path="results/x.json")
    return job


async def latest(stores: Stores, limit: int = 50, letters: int = 300) -> list[News]:
    return list(await stores.news.latest(limit, letters))


async def test_without_an_end_there_is_no_news(stores: Stores) -> None:
    await add_job(stores.jobs)
    await claimed_job(stores.jobs)
    assert await latest(stores) == []


async def test_the_last_end_comes_first_whenever_it_began(
    stores: Stores, clock: SteppedClock
) -> None:
    first = await claimed_job(stores.jobs)
    clock.step(1)
    second = await claimed_job(stores.jobs)
    for job in (second, first):
        clock.step(1)
        assert await stores.jobs.succeed(job, output_path=None)
    found = await latest(stores)
    assert [news.job_id for news in found] == [first.job_id, second.job_id]
    assert (found[0].ended_at, found[0].title, found[0].failed) == (clock.now, "talk.mp4", False)
    assert found[0].words == ""
    assert await latest(stores, limit=1) == found[:1]


async def test_a_failure_is_told_with_its_reason(stores: Stores) -> None:
    job = await claimed_job(stores.jobs, options=JobOptions(asset_id="a/talk"))
    assert await stores.jobs.fail(job, MediaUnreadable("no decoder understands it"))
    [news] = await latest(stores)
    assert (news.failed, news.asset_id) == (True, "a/talk")
    assert news.words == "no decoder understands it"
    assert (await latest(stores, letters=10))[0].words == "no decoder"


async def test_what_was_cancelled_is_no_news(stores: Stores) -> None:
    job = await claimed_job(stores.jobs)
    assert await stores.jobs.cancel(job.job_id)
    assert await latest(stores) == []


async def test_key_frames_are_no_news(stores: Stores) -> None:
    await completed(stores, MediaType.KEYFRAME)
    assert await latest(stores) == []


async def test_of_each_kind_the_first_words_are_told(stores: Stores, clock: SteppedClock) -> None:
    lines = (TextLine(text="NO", score=0.9), TextLine(text="PARKING", score=0.9))
    asked: list[tuple[MediaType, dict[str, Any], str]] = [
        (MediaType.AUDIO, {"words": "Grüße, 東京 " + "x" * 400}, "Grüße, 東京 " + "x" * 290),
        (MediaType.TEXT, {"text": "# Apples\n\nThey fall."}, "# Apples\n\nThey fall."),
        (MediaType.IMAGE, {"picture": Picture(width=1, height=1, lines=lines)}, "NO\nPARKING"),
        (MediaType.IMAGE, {"description": "A quokka."}, "A quokka."),
        (MediaType.VIDEO, {}, ""),
    ]
    for media_type, found, told in asked:
        clock.step(1)
        job = await completed(stores, media_type, **found)
        newest = (await latest(stores))[0]
        assert (newest.job_id, newest.title) == (job.job_id, f"some {media_type}")
        assert newest.words[:300] == newest.words and newest.words.startswith(told)


async def test_the_title_is_that_of_the_asset_as_it_was_corrected(stores: Stores) -> None:
    job = await completed(stores, MediaType.TEXT, text="words")
    await stores.assets.edit(job.job_id, AssetChanges(title="Corrected", text="other words"))
    [news] = await latest(stores)
    assert (news.title, news.words) == ("Corrected", "other words")
