"""What every `WatchNotes` owes to its callers."""

from dataclasses import replace

from app.domain.watched import FileState, WatchedFile
from tests.contracts.conftest import OpenStores, Stores

TALK = WatchedFile(
    path="/srv/talks/наука.mp4",
    state=FileState(size=5 << 40, modified=1_795_252_800_123_456_789),
    asset_id="talks/science",
)


async def test_what_is_noted_is_there_after_a_restart(open_stores: OpenStores) -> None:
    async with open_stores() as stores:
        assert await stores.watched.all() == {}
        await stores.watched.note(TALK)
    async with open_stores() as stores:
        assert await stores.watched.all() == {TALK.path: TALK}


async def test_a_later_note_on_a_path_replaces_the_earlier_one(stores: Stores) -> None:
    later = replace(TALK, state=FileState(size=1, modified=2))
    other = replace(TALK, path="/srv/talks/other.mp4")
    for file in (TALK, other, later):
        await stores.watched.note(file)
    assert await stores.watched.all() == {TALK.path: later, other.path: other}
