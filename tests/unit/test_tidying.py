"""While the service runs, files that no job needs go once they are a day old."""

import os
import uuid
from datetime import timedelta
from pathlib import Path

import pytest

from app.domain.errors import StorageError
from app.domain.jobs import pcm_key, result_key, upload_key
from app.services.sweep import YOUNG
from app.services.tidying import INTERVAL, Tidying
from tests.unit.test_sweep import NOW, House, of_nobody


@pytest.fixture
async def house(tmp_path: Path) -> House:
    """After its first start."""
    house = House(root=tmp_path / "data")
    await house.start()
    return house


async def put(house: House, key: str, age: timedelta) -> str:
    await house.put(key)
    written = (NOW - age).timestamp()
    os.utime(house.root / key, (written, written))
    return key


OLD, FRESH = YOUNG + timedelta(seconds=2), YOUNG - timedelta(seconds=2)


async def test_orphans_go_and_what_is_young_or_a_jobs_stays(house: House) -> None:
    job = await house.submit()
    kept = {upload_key(job, "x.mp4")}
    kept |= {await put(house, key(job), OLD) for key in (result_key, pcm_key)}
    kept |= {await put(house, key, FRESH) for key in of_nobody()}
    growing, whole = str(uuid.uuid4()), str(uuid.uuid4())
    house.rows.growing, house.rows.hashed = {growing, whole}, {whole}
    kept.add(await put(house, f"uploads/{growing}", OLD))
    kept.add(await put(house, upload_key(whole, "x.wav"), OLD))
    orphans = [await put(house, key, OLD) for key in of_nobody()]
    orphans.append(await put(house, pcm_key(str(uuid.uuid4())), OLD))
    orphans.append(await put(house, f"uploads/{uuid.uuid4()}", OLD))
    assert sorted(await house.sweep().orphans()) == sorted(orphans)
    assert house.keys() == kept | set(orphans), "to look changes nothing"
    assert await house.sweep().tidy() == len(orphans)
    assert house.keys() == kept
    assert await house.sweep().tidy() == 0


async def test_nothing_goes_while_the_database_may_be_older_than_the_files(house: House) -> None:
    await house.submit()
    orphan = await put(house, of_nobody()[0], OLD)
    house.rows.jobs.clear()  # a backup was put in its place
    assert await house.sweep().orphans() == []
    assert await house.sweep().tidy() == 0
    assert orphan in house.keys()


async def test_an_upload_that_becomes_a_job_in_between_keeps_its_bytes(house: House) -> None:
    upload = str(uuid.uuid4())
    key = await put(house, upload_key(upload, "x.wav"), OLD)
    house.rows.hashed = {upload}
    hashed = house.rows.hashed_uploads

    async def just_before(ids: list[str]) -> set[str]:
        found = await hashed(ids)
        house.rows.jobs.add(upload)
        house.rows.hashed.clear()
        return found

    house.rows.hashed_uploads = just_before  # type: ignore[method-assign, assignment]
    assert await house.sweep().tidy() == 0
    assert await house.sweep().tidy() == 0
    assert key in house.keys()


async def test_it_goes_on_every_hour_also_after_a_failure(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[float] = []

    class Enough(Exception):
        pass

    async def sleep(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 3:
            raise Enough

    sweep = house.sweep()

    async def broken(*_: object) -> set[str]:
        monkeypatch.undo()
        raise StorageError("the disk is gone")

    orphan = await put(house, of_nobody()[0], OLD)
    monkeypatch.setattr(house.rows, "known", broken)
    with pytest.raises(Enough):
        await Tidying(sweep=sweep, sleep=sleep).run()
    assert looks == [INTERVAL] * 3
    assert orphan not in house.keys()
