"""Media with more in them than anybody needs: jobs on them end at once, and as they should."""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from app.adapters import soundfile_audio
from app.adapters.pictures import decoding
from scripts.fuzz_containers import atoms
from tests.api.spool import Spool
from tests.media import run_ffmpeg, silence, zipped

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECONDS = 2.0
Trick = Callable[[bytes], bytes]


def with_a_thousand_tracks(whole: bytes) -> bytes:
    """The only track of an MP4, whose `moov` is its last box, a thousand times over."""
    boxes = {whole[slice(*box.name)]: box for box in atoms(whole)}
    movie, track = boxes[b"moov"], boxes[b"trak"]
    assert movie.end == len(whole)
    more = whole[track.start : track.end] * 999
    size = struct.pack(">I", movie.end - movie.start + len(more))
    return whole[: movie.start] + size + whole[movie.start + 4 :] + more


def with_an_archive_behind_it(whole: bytes) -> bytes:
    """Read from its end, it is an archive."""
    return whole + zipped(bytes(20_000_000))


def with_an_archive_in_it(whole: bytes) -> bytes:
    packed = zipped(bytes(20_000_000))
    return whole + struct.pack(">I4s", 8 + len(packed), b"free") + packed


async def ended(spool: Spool, content: bytes, name: str) -> dict[str, Any]:
    """At the first attempt."""
    job = await spool.ended(await spool.take_in(content, name))
    assert job["attempts"] == 1
    return job


async def heard(spool: Spool, content: bytes, name: str, seconds: float = SECONDS) -> set[str]:
    """To its end; what else is told of it, but for that nobody speaks."""
    job = await ended(spool, content, name)
    assert (job["status"], job["duration"]) == ("Completed", seconds), job["error"]
    return {warning["code"] for warning in job["warnings"]} - {"media.no_speech"}


@pytest.fixture
def sound(tmp_path: Path) -> bytes:
    """An MP4 of sound alone."""
    run_ffmpeg(["-i", silence(tmp_path / "s.wav", SECONDS), tmp_path / "s.m4a"])
    return (tmp_path / "s.m4a").read_bytes()


async def test_of_a_thousand_tracks_none_is_heard(spool: Spool, sound: bytes) -> None:
    assert await heard(spool, sound, "one.m4a") == set()
    job = await ended(spool, with_a_thousand_tracks(sound), "many.m4a")
    assert (job["status"], job["error"]["code"]) == ("Failed", "media.unreadable")
    assert "max_streams parameter (128)" in job["error"]["message"]


@pytest.mark.parametrize("trick", [with_an_archive_behind_it, with_an_archive_in_it])
async def test_an_archive_in_a_medium_is_let_be(spool: Spool, sound: bytes, trick: Trick) -> None:
    assert await heard(spool, trick(sound), "talk.m4a") == set()


@pytest.mark.parametrize("name", ["talk.wav", "a.png"])
async def test_a_decoder_that_dies_costs_its_job_one_attempt_and_nobody_else(
    spool: Spool, quiet: bytes, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with monkeypatch.context() as taken_over:
        for adapter in (soundfile_audio, decoding):
            taken_over.setattr(adapter, "CHILD", "tests.contracts.liar")
        job = await ended(spool, b"RIFF....WAVEa crash", name)
    assert (job["status"], job["error"]["code"]) == ("Failed", "media.unreadable")
    assert await heard(spool, quiet, "quiet.wav", 0.5) == set()


def bomb(path: Path, side: int) -> bytes:
    """A picture that is some kilobytes, and far more as it is looked at."""
    Image.new("1", (side, side)).save(path)
    return path.read_bytes()


def with_a_picture(folder: Path, picture: bytes, name: str, *how: str) -> bytes:
    """Silence, and a picture of which the container says that it is small."""
    small = folder / "small.png"
    Image.new("1", (16, 16)).save(small)
    small.write_bytes(small.read_bytes().ljust(len(picture), b"\0"))
    sound = silence(folder / "s.wav", SECONDS)
    both = ("-f", "image2", "-i", small, "-map", "0", "-map", "1", "-c:v", "copy")
    run_ffmpeg(["-i", sound, *both, *how, folder / name])
    whole = (folder / name).read_bytes()
    assert whole.count(small.read_bytes()) == 1
    return whole.replace(small.read_bytes(), picture)


@pytest.fixture(scope="module")
def cover(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return bomb(tmp_path_factory.mktemp("bomb") / "bomb.png", 30_000)


@pytest.mark.parametrize("name", ["song.mp3", "song.flac", "song.m4a", "song.mp4", "song.mkv"])
async def test_a_bomb_on_a_records_cover_is_not_looked_at(
    spool: Spool, tmp_path: Path, cover: bytes, name: str
) -> None:
    song = with_a_picture(tmp_path, cover, name, "-disposition:v:0", "attached_pic")
    told = await heard(spool, song, name)
    assert told == ({"keyframes.failed"} if name == "song.mkv" else set())


@pytest.mark.parametrize("side", [600, 12_000])
async def test_a_film_of_larger_pictures_than_anybody_films_is_heard_and_not_seen(
    spool: Spool, tmp_path: Path, side: int
) -> None:
    """ffmpeg itself would take it, up to 16,000."""
    film = with_a_picture(tmp_path, bomb(tmp_path / "bomb.png", side), "film.mkv")
    told = await heard(spool, film, "film.mkv") - {"keyframes.unread"}  # of a lean install
    assert told == ({"keyframes.failed"} if side == 12_000 else set())
