"""The slots in which pictures are read and looked at, and the place where they are decoded."""

import asyncio
import os
import resource
from pathlib import Path

import psutil

from app.adapters.confined.cage import Cage
from app.adapters.weights.shelf import ModelShelf
from app.bootstrap.seeing import MOST, Seeing, open_seeing
from app.config import load_settings


async def limits(seeing: Seeing) -> list[int]:
    pools = (seeing.pool, seeing.reading_pool)
    return [(await pool.run(resource.getrlimit, resource.RLIMIT_DATA))[0] for pool in pools]


async def test_a_picture_never_takes_all_memory_also_where_no_limit_is_set(
    tmp_path: Path,
) -> None:
    for chosen, expected in (
        ({}, [MOST, MOST]),
        ({"visual_model": "clip-ViT-B-32"}, [resource.RLIM_INFINITY, MOST]),
    ):
        settings = load_settings(
            storage={"data_dir": tmp_path}, pictures={"max_pixels": 1_000_000, **chosen}
        )
        async with open_seeing(settings, ModelShelf(tmp_path), Cage(), None) as seeing:
            assert await limits(seeing) == expected
            decoding = seeing.darkroom._decoder._bounds
            assert decoding.memory_bytes == (1 << 30) + 20 * 1_000_000


async def test_the_limit_that_is_set_holds_for_pictures_too(tmp_path: Path) -> None:
    settings = load_settings(storage={"data_dir": tmp_path}, workers={"memory_limit": 1 << 30})
    async with open_seeing(settings, ModelShelf(tmp_path), Cage(), None) as seeing:
        assert await limits(seeing) == [1 << 30] * 2


async def test_picture_workers_are_recycled(tmp_path: Path) -> None:
    """The runtime of OCR gives nothing back of what a picture of another shape once took."""
    settings = load_settings(storage={"data_dir": tmp_path}, workers={"recycle_after": 1})
    async with open_seeing(settings, ModelShelf(tmp_path), Cage(), None) as seeing:
        for pool in (seeing.pool, seeing.reading_pool):
            assert await pool.run(os.getpid) != await pool.run(os.getpid)


async def test_what_reads_pictures_gives_half_a_gigabyte_back_when_there_is_nothing_to_read(
    tmp_path: Path,
) -> None:
    settings = load_settings(storage={"data_dir": tmp_path}, transcription={"unload_after": 0.001})
    async with open_seeing(settings, ModelShelf(tmp_path), Cage(), None) as seeing:
        looking = await seeing.pool.run(os.getpid)
        reading = psutil.Process(await seeing.reading_pool.run(os.getpid))
        await asyncio.to_thread(reading.wait, 30)
        assert await seeing.reading_pool.run(os.getpid) != reading.pid
        assert await seeing.pool.run(os.getpid) == looking, "idle for longer, and still there"
