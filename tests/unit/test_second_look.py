"""A change of the visual model, or its late arrival, reaches the pictures that are there."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.adapters.sql.jobs import SqlJobStore
from app.domain.assets import Asset, AssetChanges
from app.domain.errors import EngineError
from app.domain.jobs import Job
from app.domain.pictures import Sight
from app.services.second_look import SecondLook
from tests.unit.test_look import FRAME, IMAGE, looked_at
from tests.unit.workbench import Workbench, opened

NEW = Sight(model="newer", vector=(1.0, 0.0, 0.0))


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        yield bench


def second_look(bench: Workbench, model: str = "newer") -> SecondLook:
    pipeline = bench.pipeline()
    return SecondLook(
        assets=bench.assets,
        store=bench.store,
        scratch=bench.scratch,
        fetcher=pipeline.fetcher,
        in_place=pipeline.in_place,
        darkroom=bench.gallery,
        eyes=bench.gallery,
        model=model,
    )


async def known(bench: Workbench, asset: Asset) -> Asset:
    found = await bench.assets.get(asset.asset_id)
    assert found is not None and found.picture is not None
    return found


async def test_pictures_that_another_model_saw_are_seen_by_the_new_one_once(
    bench: Workbench,
) -> None:
    both = [(await looked_at(bench, options))[1] for options in (IMAGE, FRAME)]
    bench.gallery.sight = NEW
    look = second_look(bench)
    assert (await look.run_once(), await look.run_once()) == (2, 0)
    for asset in both:
        now = await known(bench, asset)
        assert now.picture and asset.picture
        assert (now.picture.visual, now.picture.visual_model) == (NEW.vector, "newer")
        assert (now.picture.tags, now.picture.lines) == ((), asset.picture.lines)
        assert now.revision == asset.revision + 1
        assert now.asset_id in await bench.assets.unindexed(bench.index.generation, 9)


async def test_a_picture_that_the_model_came_too_late_for_is_seen_when_it_comes(
    bench: Workbench,
) -> None:
    bench.gallery.troubles["see"] = EngineError("not there yet")
    _, asset = await looked_at(bench)
    bench.gallery.troubles.clear()
    assert await second_look(bench, "fake").run_once() == 1
    now = await known(bench, asset)
    assert now.picture and now.picture.visual == pytest.approx((0.6, 0.8))


async def test_what_the_model_has_seen_is_left_alone(bench: Workbench) -> None:
    await looked_at(bench)
    assert await second_look(bench, "fake").run_once() == 0
    assert bench.gallery.asked.count("see") == 1


async def test_what_another_instance_saw_meanwhile_is_not_looked_at_again(
    bench: Workbench,
) -> None:
    """With a new model each instance looked at all pictures."""
    await looked_at(bench)
    bench.gallery.sight = NEW
    look = second_look(bench)
    [asset] = await bench.assets.unseen("newer", 9)
    assert await look.run_once() == 1
    seen = bench.gallery.asked.count("see")
    assert not await look._looked(asset)
    assert bench.gallery.asked.count("see") == seen


async def test_what_lies_on_the_machine_of_another_instance_is_looked_at_there(
    bench: Workbench,
) -> None:
    """It was told to be gone, picture by picture, at each start."""

    class There(SqlJobStore):
        async def get(self, job_id: str) -> Job | None:
            job = await super().get(job_id)
            return job and replace(job, home="there")

    await looked_at(bench)
    bench.gallery.sight = NEW
    look = replace(second_look(bench), store=There(bench.store._database), home="here")
    assert await look.run_once() == 0
    assert await replace(look, home="there").run_once() == 1


async def test_one_that_cannot_be_seen_keeps_none_of_the_others(bench: Workbench) -> None:
    job, gone = await looked_at(bench)
    _, there = await looked_at(bench, FRAME)
    bench.scratch.path(job.input_path).unlink()
    bench.gallery.sight = NEW
    assert await second_look(bench).run_once() == 1
    left, seen = await known(bench, gone), await known(bench, there)
    assert left.picture and seen.picture
    assert (left.picture.visual_model, seen.picture.visual_model) == ("fake", "newer")


async def test_a_correction_in_between_is_not_undone(bench: Workbench) -> None:
    _, asset = await looked_at(bench)
    await bench.assets.edit(asset.asset_id, AssetChanges(text="Another plan"))
    assert not await bench.assets.note_sight(asset, NEW)
    now = await known(bench, asset)
    assert now.picture and now.picture.text == "Another plan"
    assert await bench.assets.note_sight(now, NEW)
    after = await known(bench, asset)
    assert after.picture and now.picture
    assert after.picture == replace(now.picture, visual=NEW.vector, visual_model="newer", tags=())


async def test_a_store_that_fails_ends_nothing_else(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> list[Asset]:
        raise EngineError("no database today")

    monkeypatch.setattr(bench.assets, "unseen", broken)
    await second_look(bench).run()


async def test_many_are_seen_page_by_page(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.second_look.PAGE", 1)
    for number in range(3):
        await looked_at(bench, IMAGE.evolve(asset_id=f"photo-{number}"))
    bench.gallery.sight = NEW
    assert await second_look(bench).run_once() == 3
