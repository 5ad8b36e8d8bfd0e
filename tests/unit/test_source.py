"""A medium that is held while it is read: one file, or a job that says so."""

from collections.abc import AsyncIterator, Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from app.adapters.beneath import files_beneath
from app.adapters.process_pool import ProcessPool
from app.domain.errors import MediaUnreadable, SourceChanged, SourceGone, SourceUnreachable
from app.domain.opening import OPEN_FILES
from app.domain.pictures import Size
from app.pipeline import source as held
from app.pipeline.source import HeldSource
from app.services.roots import Roots
from tests import caged
from tests.changes import CHANGES, made_old, replaced, taken_away
from tests.media import tone
from tests.pictures import halves

WORDS = b"as it was when the job began"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path.resolve() / "talk.wav"
    path.write_bytes(WORDS)
    return made_old(path)


@pytest.fixture
async def source(path: Path) -> AsyncIterator[HeldSource]:
    roots = Roots([path.parent], files_beneath())
    source = HeldSource("talk.wav", path, partial(roots.open, path), ours=False)
    yield source
    source.close()


async def test_what_stays_as_it_is_may_be_read_as_often_as_one_likes(source: HeldSource) -> None:
    for _ in range(2):
        async with source.reading() as path:
            assert path.read_bytes() == WORDS
    assert source.size == len(WORDS)


@pytest.mark.parametrize("change", CHANGES)
async def test_what_changes_under_its_reader_is_told_as_such(
    source: HeldSource, path: Path, change: str
) -> None:
    with pytest.raises(SourceChanged, match=r"^talk\.wav was .* while it was read$") as caught:
        async with source.reading():
            CHANGES[change](path)
    assert caught.value.code == "source.changed" and not caught.value.retryable


@pytest.mark.parametrize("change", CHANGES)
async def test_it_goes_before_what_a_decoder_makes_of_half_a_file(
    source: HeldSource, path: Path, change: str
) -> None:
    with pytest.raises(SourceChanged):
        async with source.reading():
            CHANGES[change](path)
            raise MediaUnreadable("the file ends too early")


async def test_what_is_unreadable_and_did_not_change_is_unreadable(source: HeldSource) -> None:
    with pytest.raises(MediaUnreadable):
        async with source.reading():
            raise MediaUnreadable("no sound")


@pytest.mark.parametrize("change", ["replaced", "taken_away", "became_a_link", "became_a_pipe"])
async def test_readers_get_the_very_file_whatever_lies_in_its_place(
    source: HeldSource, path: Path, change: str
) -> None:
    if not OPEN_FILES.is_dir():
        pytest.skip("no names of open files on this system")
    path.with_name("secret").write_bytes(b"secret")
    CHANGES[change](path)
    assert source.path.read_bytes() == WORDS
    assert source.path != path


async def test_a_process_of_ours_gets_the_very_file_too(tmp_path: Path) -> None:
    """What decodes a picture, and ffmpeg."""
    if not OPEN_FILES.is_dir():
        pytest.skip("no names of open files on this system")
    roots, pool = Roots([tmp_path], files_beneath()), ProcessPool(1)

    def swapped(path: Path) -> HeldSource:
        source = HeldSource(path.name, path, partial(roots.open, path), ours=False)
        CHANGES["became_a_folder"](path)
        return source

    with closing(swapped(halves(tmp_path / "a.png", size=(60, 40)))) as source:
        with closing(await caged.decoder(tmp_path, 10_000).decode(source.path)) as bitmap:
            assert bitmap.size == Size(width=60, height=40)
    with closing(swapped(tone(tmp_path / "a.wav", 1.0))) as source:
        audio = await caged.ffmpeg(9.0).extract(source.path, tmp_path / "pcm", lambda _: None)
        assert audio.seconds == pytest.approx(1.0)
    await pool.aclose()


async def test_without_names_of_open_files_the_place_is_read_and_looked_at_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held, "OPEN_FILES", path / "nothing")
    roots = Roots([path.parent], files_beneath())
    source = HeldSource("talk.wav", path, partial(roots.open, path), ours=False)
    try:
        with pytest.raises(SourceChanged):
            async with source.reading() as place:
                assert place == path
                replaced(path)
    finally:
        source.close()


async def test_a_file_of_ours_keeps_its_name_and_may_be_written_once_more(path: Path) -> None:
    """Its suffix tells decoders what it may be; a key-frame is taken in again, the same, while it
    is being looked at."""
    source = HeldSource("talk.wav", path, lambda: path.open("rb"), ours=True)
    async with source.reading() as place:
        replaced(path)
        assert place == path
    source.close()


async def test_a_disk_that_does_not_answer_is_no_change(path: Path) -> None:
    answers: list[Callable[[], object]] = [lambda: path.open("rb")]

    def opened() -> object:
        if answers:
            return answers.pop()()
        raise SourceUnreachable("the file cannot be opened: Stale file handle")

    source = HeldSource("talk.wav", path, opened, ours=False)  # type: ignore[arg-type]
    with pytest.raises(SourceUnreachable):
        async with source.reading():
            pass
    source.close()


async def test_what_cannot_be_opened_is_not_held(path: Path) -> None:
    taken_away(path)
    roots = Roots([path.parent], files_beneath())
    with pytest.raises(SourceGone):
        HeldSource("talk.wav", path, partial(roots.open, path), ours=False)


async def test_a_closed_one_holds_no_descriptor(source: HeldSource) -> None:
    source.close()
    assert not source.path.exists() or not OPEN_FILES.is_dir()
