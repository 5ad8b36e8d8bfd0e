"""A bucket that takes what it is asked, and never answers: nobody who gives up waits for it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from app.adapters.object_store import ObjectStorage, open_store, sending
from tests.buckets import Buckets
from tests.stalling import StallingLine

KEY = "audio_jobs/x.wav"
SOON = 60  # seconds; a request may take 120


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "PATIENCE", 0.2)


async def chunks(number: int) -> AsyncIterator[bytes]:
    for _ in range(number):
        yield b"x" * 4_000_000


async def held(line: StallingLine, word: bytes) -> None:
    """Once a request that begins so waits for an answer."""
    while not any(block.startswith(word) for block in line.held):  # noqa: ASYNC110
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(("number", "word"), [(1, b"PUT"), (8, b"POST")], ids=["one", "in parts"])
async def test_a_save_that_is_cancelled_ends(s3_server: Buckets, number: int, word: bytes) -> None:
    """It took as long as its requests, which is up to 150 s; so did a stop of the service."""
    url = s3_server.made()
    with s3_server.stalling() as (options, line):
        storage = ObjectStorage(open_store(url, options))
        line.stall()
        saving = asyncio.create_task(storage.save_file(KEY, chunks(number)))
        async with asyncio.timeout(SOON):
            await held(line, word)
            saving.cancel()
            with pytest.raises(asyncio.CancelledError):
                await saving


async def test_a_save_that_is_cancelled_again_and_again_ends_as_well(s3_server: Buckets) -> None:
    url = s3_server.made()
    with s3_server.stalling() as (options, line):
        storage = ObjectStorage(open_store(url, options))
        line.stall()
        saving = asyncio.create_task(storage.save_file(KEY, chunks(1)))
        async with asyncio.timeout(SOON):
            await held(line, b"PUT")
            while not saving.done():
                saving.cancel()
                await asyncio.sleep(0.01)
        assert saving.cancelled()
