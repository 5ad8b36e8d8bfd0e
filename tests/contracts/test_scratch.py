"""What every `Scratch` owes to its callers."""

from collections.abc import AsyncIterator

import pytest

from app.domain.errors import Forbidden, NotFound
from tests.contracts.conftest import Shelf

KEY = "audio_jobs/x.wav"
PASSING = "pcm/x.s16le"


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def test_what_is_stored_can_be_brought_here_and_read_as_a_file(shelf: Shelf) -> None:
    await shelf.blobs.save_file(KEY, chunks(b"sound" * 100_000))
    place = await shelf.scratch.bring(KEY)
    assert place.read_bytes() == b"sound" * 100_000
    with shelf.scratch.open(place) as file:
        assert file.read(5) == b"sound"


async def test_what_is_not_stored_cannot_be_brought(shelf: Shelf) -> None:
    with pytest.raises(NotFound):
        await shelf.scratch.bring(KEY)
    with pytest.raises(NotFound):
        shelf.scratch.open(shelf.scratch.path(KEY))


async def test_a_tool_may_write_to_a_path_at_once(shelf: Shelf) -> None:
    place = shelf.scratch.path(PASSING)
    place.write_bytes(b"\0\1")
    with shelf.scratch.open(place) as file:
        assert file.read() == b"\0\1"


async def test_what_a_tool_wrote_is_stored_once_it_is_kept(shelf: Shelf) -> None:
    place = shelf.scratch.path(KEY)
    place.write_bytes(b"sound")
    await shelf.scratch.keep(KEY)
    assert place.read_bytes() == b"sound"
    shelf.scratch.let_go(place)
    assert await shelf.blobs.load_file(KEY) == b"sound"


async def test_what_is_let_go_stays_in_the_store(shelf: Shelf) -> None:
    await shelf.blobs.save_file(KEY, chunks(b"sound"))
    place = await shelf.scratch.bring(KEY)
    for _ in range(2):
        shelf.scratch.let_go(place)
    assert await shelf.blobs.load_file(KEY) == b"sound"


async def test_who_lets_go_of_it_takes_it_from_nobody_else(shelf: Shelf) -> None:
    await shelf.blobs.save_file(KEY, chunks(b"sound"))
    mine, theirs = await shelf.scratch.bring(KEY), await shelf.scratch.bring(KEY)
    shelf.scratch.let_go(mine)
    assert theirs.read_bytes() == b"sound"


async def test_what_was_never_kept_is_deleted(shelf: Shelf) -> None:
    place = shelf.scratch.path(PASSING)
    place.write_bytes(b"\0\1")
    assert await shelf.scratch.delete_file(PASSING) is True
    assert await shelf.scratch.delete_file(PASSING) is False
    assert not place.exists()


@pytest.mark.parametrize("key", ["", "../x", "/etc/passwd", "a//x"])
async def test_no_key_leads_out_of_it(shelf: Shelf, key: str) -> None:
    for call in (
        shelf.scratch.bring(key),
        shelf.scratch.keep(key),
        shelf.scratch.delete_file(key),
    ):
        with pytest.raises(Forbidden):
            await call
    with pytest.raises(Forbidden):
        shelf.scratch.path(key)
