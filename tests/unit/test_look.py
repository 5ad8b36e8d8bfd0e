"""A picture on its way along the line: what is kept, what is found by, and what a failure costs."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from app.adapters.markdown_texts import MarkdownTexts
from app.domain.assets import Asset, AssetChanges
from app.domain.errors import EngineError, MediaTooLarge, Unavailable
from app.domain.jobs import Job, JobOptions, JobStatus, Stage, thumbnail_key, upload_key
from app.domain.media_types import MediaType
from app.domain.pictures import Bitmap, Sight
from app.domain.result import result_of
from app.domain.search import Moment
from app.ports import Vector
from app.services.jobs import JobService
from tests.contracts.jobs import claimed_job, new_id
from tests.contracts.test_transcript_store import transcript
from tests.unit.scripted import killed
from tests.unit.workbench import Workbench, opened

Vectors = Sequence[Vector | None]
IMAGE = JobOptions(media_type=MediaType.IMAGE, title="My cup", labels=("home",))
FRAME = JobOptions(
    media_type=MediaType.KEYFRAME, asset_id="talk#t=12.5", parent_id="talk", at=12.5, title="Talk"
)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        yield bench


async def taken_in(bench: Workbench, options: JobOptions) -> Job:
    job_id = new_id()
    bench.scratch.path(upload_key(job_id, "cup.png")).write_bytes(b"a picture")
    return await bench.take_in(job_id, "cup.png", options)


async def looked_at(bench: Workbench, options: JobOptions = IMAGE) -> tuple[Job, Asset]:
    job = await taken_in(bench, options)
    await bench.worker().run_once()
    asset = await bench.assets.of_job(job.job_id)
    assert asset is not None
    return await bench.now(job), asset


def codes(job: Job) -> list[str]:
    return [warning.code for warning in job.warnings]


async def test_a_picture_is_kept_with_all_that_was_found_in_it(bench: Workbench) -> None:
    job, asset = await looked_at(bench)
    assert (job.status, codes(job)) == (JobStatus.COMPLETED, [])
    assert asset.picture and asset.picture.text == "Quarterly plan"
    assert (asset.picture.width, asset.picture.height) == (64, 48)
    assert [tag.label for tag in asset.picture.tags] == ["espresso"]
    assert asset.picture.visual == pytest.approx((0.6, 0.8))
    assert asset.picture.visual_model == "fake"
    assert bench.scratch.path(thumbnail_key(job.job_id)).read_bytes() == b"small"
    document = result_of(job, asset, None, MarkdownTexts().read)
    assert (document["text"], document["title"]) == ("Quarterly plan", "My cup")
    assert set(job.timings) == {Stage.MEDIA_EXTRACTION.value, Stage.EMBEDDING.value}


async def test_it_is_found_by_what_it_shows_and_by_what_stands_in_it(bench: Workbench) -> None:
    _, asset = await looked_at(bench)
    (shown, _), (read, _) = bench.index.kept[asset.asset_id]
    assert (shown.text, shown.thumbnail) == ("espresso", True)
    assert shown.visual == pytest.approx((0.6, 0.8))
    assert (read.text, read.visual, read.labels) == ("Quarterly plan", None, ("home",))


async def test_a_key_frame_is_found_at_its_second_of_the_video(bench: Workbench) -> None:
    _, asset = await looked_at(bench, FRAME)
    assert asset.asset_id == "talk#t=12.5"
    for moment, _ in bench.index.kept[asset.asset_id]:
        assert (moment.start, moment.parent_id) == (12.5, "talk")
        assert moment.media_type is MediaType.KEYFRAME


@pytest.mark.parametrize(
    ("verb", "error", "code"),
    [
        ("read", EngineError("no reading today"), "ocr.failed"),
        ("read", Unavailable("not installed"), "ocr.unavailable"),
        ("read", ZeroDivisionError("a fault"), "ocr.failed"),
        ("see", EngineError("no seeing today"), "visual.failed"),
        ("see", Unavailable("no model"), "visual.unavailable"),
    ],
)
async def test_a_look_that_fails_is_a_warning_and_can_be_had_again(
    bench: Workbench, verb: str, error: Exception, code: str
) -> None:
    bench.gallery.troubles[verb] = error
    job, asset = await looked_at(bench)
    assert (job.status, codes(job)) == (JobStatus.COMPLETED, [code])
    assert asset.picture is not None
    bench.gallery.troubles.clear()
    again = await retried(bench, job)
    assert (again.status, codes(again)) == (JobStatus.COMPLETED, [])
    whole = await bench.assets.of_job(job.job_id)
    assert whole and whole.picture and whole.picture.lines and whole.picture.visual
    assert bench.gallery.asked.count("shrink") == 1
    assert len(bench.index.kept[asset.asset_id]) == 2


async def test_a_correction_outlives_another_look(bench: Workbench) -> None:
    bench.gallery.troubles["see"] = EngineError("no seeing today")
    job, asset = await looked_at(bench)
    await bench.assets.edit(asset.asset_id, AssetChanges(title="Hers", text="Another plan"))
    bench.gallery.troubles.clear()
    await retried(bench, job)
    after = await bench.assets.get(asset.asset_id)
    assert after and after.picture
    assert (after.title, after.picture.text) == ("Hers", "Another plan")
    assert after.picture.visual == pytest.approx((0.6, 0.8))


class Meanwhile:
    """An owner who corrects a picture while it is looked at: once."""

    def __init__(self, bench: Workbench, changes: AssetChanges) -> None:
        self.bench, self.changes, self.done = bench, changes, False

    async def correct(self) -> None:
        if not self.done:
            self.done = True
            [asset] = (await self.bench.assets.list()).assets
            await self.bench.assets.edit(asset.asset_id, self.changes)

    async def see(self, bitmap: Bitmap) -> Sight:
        await self.correct()
        return self.bench.gallery.sight

    async def describe(self, bitmap: Bitmap) -> str:
        await self.correct()
        return self.bench.gallery.description


async def test_a_correction_during_another_look_is_not_lost(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.gallery.troubles["see"] = EngineError("no seeing today")
    job, asset = await looked_at(bench)
    changes = AssetChanges(title="Hers", labels=("hers",), text="Another plan")
    monkeypatch.setattr(bench.gallery, "see", Meanwhile(bench, changes).see)
    await retried(bench, job)
    after = await bench.assets.get(asset.asset_id)
    assert after and after.picture
    assert (after.title, after.labels) == ("Hers", ("hers",))
    assert after.picture.text == "Another plan"
    assert after.picture.visual == pytest.approx((0.6, 0.8))
    assert bench.index.kept[asset.asset_id][-1][0].text == "Another plan"


async def test_a_text_that_its_owner_cleared_is_not_read_again(bench: Workbench) -> None:
    bench.gallery.troubles["see"] = EngineError("no seeing today")
    job, asset = await looked_at(bench)
    await bench.assets.edit(asset.asset_id, AssetChanges(text=""))
    bench.gallery.troubles.clear()
    await retried(bench, job)
    after = await bench.assets.get(asset.asset_id)
    assert after and after.picture and after.picture.visual and after.picture.text == ""
    assert bench.gallery.asked.count("read") == 1


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (AssetChanges(description="Mine"), ("My cup", "Mine")),
        (AssetChanges(title="Hers"), ("Hers", "A cup on a table.")),
    ],
)
async def test_what_its_owner_says_while_a_model_thinks_stands(
    bench: Workbench,
    monkeypatch: pytest.MonkeyPatch,
    changes: AssetChanges,
    expected: tuple[str, str],
) -> None:
    bench.gallery.describes = True
    monkeypatch.setattr(bench.gallery, "describe", Meanwhile(bench, changes).describe)
    _, asset = await looked_at(bench)
    assert (asset.title, asset.description) == expected


async def test_a_source_that_is_gone_takes_nothing_of_a_kept_picture_away(
    bench: Workbench,
) -> None:
    bench.gallery.troubles["see"] = EngineError("no seeing today")
    job, asset = await looked_at(bench)
    bench.scratch.path(job.input_path).unlink()
    again = await retried(bench, job)
    assert again.status is JobStatus.COMPLETED
    assert await bench.assets.get(asset.asset_id)


async def test_a_picture_that_cannot_be_opened_fails_its_job_for_good(bench: Workbench) -> None:
    bench.gallery.troubles["develop"] = MediaTooLarge("too many pixels")
    job = await taken_in(bench, IMAGE)
    await bench.worker().run_once()
    job = await bench.now(job)
    assert (job.status, job.error_code) == (JobStatus.FAILED, "media.too_large")
    assert not job.dead_letter and not await bench.assets.of_job(job.job_id)


async def test_a_picture_that_cannot_be_opened_any_more_keeps_what_was_found(
    bench: Workbench,
) -> None:
    bench.gallery.troubles["see"] = EngineError("no seeing today")
    job, _ = await looked_at(bench)
    bench.gallery.troubles["develop"] = MediaTooLarge("too many pixels by now")
    again = await retried(bench, job)
    assert (again.status, codes(again)) == (JobStatus.COMPLETED, ["visual.failed"])
    kept = await bench.assets.of_job(job.job_id)
    assert kept and kept.picture and kept.picture.lines and not kept.picture.visual


async def test_a_replay_after_a_death_looks_for_nothing_twice(bench: Workbench) -> None:
    """As if the service had died right behind `picture.kept`."""
    bench.index.trouble = EngineError("the index is not there yet")
    job, asset = await looked_at(bench)
    assert codes(job) == ["index.failed"]
    bench.index.trouble = None
    await retried(bench, job)
    assert bench.gallery.asked == ["develop", "shrink", "read", "see"]
    assert len(bench.index.kept[asset.asset_id]) == 2


async def test_somebody_is_asked_what_it_shows_when_the_rest_is_already_found(
    bench: Workbench,
) -> None:
    bench.gallery.describes = True
    _, asset = await looked_at(bench)
    assert bench.gallery.asked == ["develop", "shrink", "read", "see", "describe"], "decoded once"
    assert asset.description == "A cup on a table."
    (shown, _), _ = bench.index.kept[asset.asset_id]
    assert shown.text == "A cup on a table.\nespresso"
    assert await bench.assets.unindexed(bench.index.generation, 9) == []


async def test_what_is_said_in_a_recording_that_takes_a_pictures_name_meanwhile_is_found(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.gallery.describes = True
    write = bench.index.replace_asset

    async def write_late(name: str, moments: Sequence[Moment], vectors: Vectors) -> None:
        await write(name, moments, vectors)
        if "A cup on a table." in moments[0].text:
            job = await claimed_job(bench.store, options=JobOptions(asset_id=name))
            await bench.transcripts.save(job, transcript("A teapot speaks."))

    monkeypatch.setattr(bench.index, "replace_asset", write_late)
    await taken_in(bench, IMAGE.evolve(asset_id="cup"))
    await bench.worker().run_once()
    assert "A teapot speaks." in bench.index.kept["cup"][0][0].text


async def test_what_has_a_description_is_not_described_again(bench: Workbench) -> None:
    bench.gallery.describes = True
    _, asset = await looked_at(bench, IMAGE.evolve(description="Mine"))
    assert (asset.description, "describe" in bench.gallery.asked) == ("Mine", False)


async def test_key_frames_are_described_only_where_that_is_wished(bench: Workbench) -> None:
    """A film has thousands of them, and each is a call."""
    bench.gallery.describes = True
    _, asset = await looked_at(bench, FRAME)
    assert (asset.description, "describe" in bench.gallery.asked) == ("", False)
    bench.gallery.describes_frames = True
    _, asset = await looked_at(bench, FRAME)
    assert asset.description == "A cup on a table."


async def test_that_reading_is_not_installed_is_not_said_of_each_key_frame(
    bench: Workbench,
) -> None:
    bench.gallery.troubles["read"] = Unavailable("rapidocr is not installed")
    job, asset = await looked_at(bench, FRAME)
    assert (job.status, codes(job)) == (JobStatus.COMPLETED, [])
    assert asset.picture and asset.picture.visual and not asset.picture.read


async def test_a_describer_that_fails_costs_nothing_else(bench: Workbench) -> None:
    bench.gallery.describes = True
    bench.gallery.troubles["describe"] = EngineError("it sleeps")
    job, asset = await looked_at(bench)
    assert (job.status, codes(job)) == (JobStatus.COMPLETED, ["description.failed"])
    assert len(bench.index.kept[asset.asset_id]) == 2
    bench.gallery.troubles.clear()
    assert codes(await retried(bench, job)) == []
    described = await bench.assets.get(asset.asset_id)
    assert described and described.description == "A cup on a table."


async def retried(bench: Workbench, job: Job) -> Job:
    service: JobService = bench.service(bench.worker())
    await service.retry(job.job_id)
    await bench.worker().run_once()
    return await bench.now(job)


async def test_a_service_that_died_over_a_picture_got_further_when_it_was_kept(
    bench: Workbench,
) -> None:
    """Else a picture would count the deaths of later steps as its own."""
    job = await taken_in(bench, IMAGE)
    worker = await killed(bench, job, times=2)
    assert (await bench.now(job)).suspect
    await worker.run_once()
    after = await bench.now(job)
    assert (after.status, after.deaths) == (JobStatus.COMPLETED, 0)
