"""FrameTaker over ffmpeg, on videos of every kind."""

import asyncio
import io
import os
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import psutil
import pytest
from PIL import Image

from app.adapters.ffmpeg import frame_graph, frames
from app.adapters.process_pool import ProcessPool
from app.domain.errors import (
    ConfigError,
    EngineCrashed,
    MediaEmpty,
    MediaError,
    MediaUnreadable,
    StorageFull,
)
from app.domain.keyframes import Reel
from tests import caged
from tests.herepool import HerePool
from tests.media import run_ffmpeg, silence
from tests.pipes import told

Script = Callable[[str], str]
WHITE = "color=white:size=640x360:rate=10"


def ignore(part: float) -> None:
    pass


def film(path: Path, *scenes: str, encoder: tuple[str, ...] = ()) -> Path:
    """Scenes of lavfi, one after the other."""
    inputs = [word for scene in scenes for word in ("-f", "lavfi", "-i", scene)]
    joined = "".join(f"[{number}]" for number in range(len(scenes)))
    graph = f"{joined}concat=n={len(scenes)}"
    run_ffmpeg([*inputs, "-filter_complex", graph, "-pix_fmt", "yuv420p", *encoder, path])
    return path


def colour(name: str, seconds: float) -> str:
    return f"color={name}:size=320x180:rate=10:duration={seconds:g}"


async def taken(source: Path, max_seconds: float = 3600.0) -> Reel:
    return await caged.ffmpeg_frames(HerePool(), max_seconds).take(
        source, source.with_name("reel.mpjpeg"), ignore
    )


def times(reel: Reel) -> list[float]:
    return [frame.at for frame in reel.frames]


def picture(reel: Reel, number: int) -> Image.Image:
    return Image.open(io.BytesIO(reel.jpeg(reel.frames[number]))).convert("RGB")


@pytest.fixture
def script(tmp_path: Path) -> Script:
    """A program of ours in place of ffmpeg."""

    def write(body: str) -> str:
        path = tmp_path / "fake-ffmpeg"
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return str(path)

    return write


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return film(tmp_path / "film.mp4", colour("red", 1), colour("blue", 1))


# ---- which frames


@pytest.mark.parametrize("name", ["film.mp4", "film.mkv", "film.webm", "film.avi"])
async def test_each_scene_is_taken_at_its_first_frame(tmp_path: Path, name: str) -> None:
    scenes = [colour("red", 2), colour("blue", 1.5), colour("white", 2), colour("black", 1)]
    reel = await taken(film(tmp_path / name, *scenes))
    assert times(reel) == [0.0, 2.0, 3.5, 5.5]
    assert reel.seconds == pytest.approx(6.5, abs=0.1)
    red, green, blue = picture(reel, 1).getpixel((160, 90))  # type: ignore[misc]
    assert blue > 200 and red < 50 and green < 50


async def test_what_moves_without_a_cut_is_taken_at_a_slow_rate(tmp_path: Path) -> None:
    moving = "mandelbrot=size=320x180:rate=5:end_scale=0.001,trim=duration=35"
    reel = await taken(film(tmp_path / "film.mp4", moving))
    assert times(reel) == [0.0, 10.0, 20.0, 30.0]


async def test_a_still_picture_is_taken_once(tmp_path: Path) -> None:
    reel = await taken(film(tmp_path / "film.mp4", colour("gray", 45)))
    assert times(reel) == [0.0]


async def test_a_scene_that_comes_again_is_not_taken_again(tmp_path: Path) -> None:
    scenes = [colour("red", 2), colour("blue", 2)] * 3
    assert times(await taken(film(tmp_path / "film.mp4", *scenes))) == [0.0, 2.0]


async def test_the_picture_after_a_flash_is_taken(tmp_path: Path) -> None:
    scenes = [colour("red", 2), colour("white", 0.1), colour("blue", 3)]
    reel = await taken(film(tmp_path / "film.mp4", *scenes))
    red, _, blue = picture(reel, -1).getpixel((160, 90))  # type: ignore[misc]
    assert blue > 200 and red < 50
    assert times(reel)[-1] <= 2.6


async def test_what_moves_after_a_flash_is_taken_too(tmp_path: Path) -> None:
    """Its first frame is shown a little later, when nothing is cut any more."""
    moving = "testsrc2=size=320x180:rate=10:duration=7,hue=H=2*PI*t/5"
    scenes = [colour("red", 2), colour("white", 0.3), moving, colour("blue", 3)]
    reel = await taken(film(tmp_path / "film.mp4", *scenes))
    assert times(reel) == [0.0, 2.0, 2.5, 9.3]


def test_what_comes_sooner_than_a_look_is_a_cut_whatever_it_scores() -> None:
    cuts = frame_graph.are_cuts([0.0, 2.0, 2.5, 4.5, 1002.03, 1004.02], [0.0, 0.9] + [0.0] * 4)
    assert cuts == [False, True, True, False, False, False]
    assert frame_graph.are_cuts([], []) == []


async def test_a_slide_on_which_a_line_is_added_is_another_one(tmp_path: Path) -> None:
    line = "drawbox=x=60:y=200:w=200:h=14:color=black:t=fill:enable='gte(t,5)'"
    slide = f"{WHITE}:duration=12,drawbox=x=60:y=60:w=300:h=14:color=black:t=fill,{line}"
    assert times(await taken(film(tmp_path / "talk.mp4", slide))) == [0.0, 6.0]


async def test_a_speaker_in_the_corner_neither_hides_a_line_nor_makes_slides(
    tmp_path: Path,
) -> None:
    line = "drawbox=x=60:y=200:w=200:h=14:color=black:t=fill:enable='gte(t,15)'"
    graph = f"[0]{line}[slide];[slide][1]overlay=x=480:y=260"
    speaker = "color=gray:size=16x10:rate=10:duration=40,noise=alls=100:allf=t,scale=160:100"
    inputs = [f"{WHITE}:duration=40", speaker]
    run_ffmpeg(
        [
            *(word for each in inputs for word in ("-f", "lavfi", "-i", each)),
            *("-filter_complex", graph, "-pix_fmt", "yuv420p", tmp_path / "talk.mp4"),
        ]
    )
    assert times(await taken(tmp_path / "talk.mp4")) == [0.0, 16.0]


async def test_what_moves_before_a_wall_is_taken_at_a_slower_rate(tmp_path: Path) -> None:
    film(tmp_path / "talk.mp4", "testsrc=size=320x180:rate=5:duration=65")
    found = times(await taken(tmp_path / "talk.mp4"))
    assert found[0] == 0.0
    assert all(after - before <= 32.0 for before, after in pairwise([*found, 65.0]))


async def test_of_a_long_video_only_frames_that_stand_by_themselves_are_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenes = [colour("red", 4), colour("blue", 4), colour("white", 4)]
    whole = film(tmp_path / "film.mp4", *scenes, encoder=("-g", "50"))
    monkeypatch.setattr(frames, "LONG", 5.0)
    monkeypatch.setattr(frames, "ALL", ("-nothing",))
    assert times(await taken(whole)) == [0.0, 4.0, 8.0]


async def test_of_a_long_video_that_is_longer_than_allowed_what_is_seen_must_be_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenes = [colour("red", 4), colour("blue", 4), colour("white", 30)]
    whole = film(tmp_path / "film.mp4", *scenes, encoder=("-g", "200"))
    monkeypatch.setattr(frames, "LONG", 5.0)
    monkeypatch.setattr(frames, "ALL", ("-nothing",))
    assert times(await taken(whole, max_seconds=10.0)) == [0.0, 4.0, 8.0]


async def test_of_a_long_video_that_has_few_of_these_all_frames_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenes = [colour("red", 15), colour("blue", 15)]
    still = ("-g", "1000", "-x264-params", "scenecut=0")
    whole = film(tmp_path / "film.mp4", *scenes, encoder=still)
    monkeypatch.setattr(frames, "LONG", 5.0)
    assert times(await taken(whole)) == [0.0, 15.0]


async def test_of_a_long_video_whose_encoder_goes_by_the_clock_every_cut_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenes = [colour("red", 7), colour("blue", 1), colour("white", 24)]
    clock = ("-g", "30", "-x264-params", "scenecut=0")
    whole = film(tmp_path / "film.mp4", *scenes, encoder=clock)
    monkeypatch.setattr(frames, "LONG", 5.0)
    assert times(await taken(whole)) == [0.0, 7.0, 8.0]


def test_an_encoder_that_goes_by_the_clock_is_told_from_one_that_sees_cuts() -> None:
    clock = [4.0 * number for number in range(100)]
    assert frame_graph.are_even(clock)
    assert frame_graph.are_even([at + 0.03 * (number % 2) for number, at in enumerate(clock)])
    assert not frame_graph.are_even(sorted([*clock, 13.0, 99.0, 201.0]))
    assert not frame_graph.are_even([at / 2 for at in clock]), "as often as slides are looked at"
    assert not frame_graph.are_even(clock[:5])


async def test_frames_that_are_too_many_end_the_look_and_it_says_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenes = [colour("red", 2), colour("blue", 2), colour("white", 2), colour("black", 2)]
    whole = film(tmp_path / "film.mp4", *scenes)
    assert (await taken(whole)).until is None
    monkeypatch.setattr(frame_graph, "MOST", 2)
    monkeypatch.setattr(frames, "MOST", 2)
    reel = await taken(whole)
    assert (times(reel), reel.until) == ([0.0, 2.0], 2.0)


async def test_a_video_longer_than_allowed_is_seen_as_far_as_that(tmp_path: Path) -> None:
    whole = film(tmp_path / "film.mp4", colour("red", 2), colour("blue", 2), colour("white", 2))
    reel = await taken(whole, max_seconds=3.0)
    assert (times(reel), reel.until) == ([0.0, 2.0], 3.0)


def test_where_the_length_is_unknown_the_gaps_grow_so_that_looks_last_for_a_day() -> None:
    def gap(told: str, at: float) -> float:
        return float(eval(told.replace("\\,", ","), {"max": max, "t": at}))

    blind, at, looks = frame_graph.gaps(None), 0.0, 0
    assert (gap(blind.cut, 60.0), gap(blind.look, 60.0)) == (0.5, 2.0)
    while at < 24 * 3600:
        at, looks = at + gap(blind.look, at), looks + 1
    assert looks < frame_graph.MOST
    film_of_four_hours = frame_graph.gaps(4 * 3600.0)
    assert 4 * 3600 / gap(film_of_four_hours.cut, 0.0) <= frame_graph.CUTS
    assert 4 * 3600 / gap(film_of_four_hours.look, 0.0) <= frame_graph.LOOKS
    assert frame_graph.CUTS + frame_graph.LOOKS < frame_graph.MOST


async def test_a_video_whose_length_nobody_tells_has_its_frames(tmp_path: Path) -> None:
    """As browsers record: their file is written as it goes, and its head stays as it was."""
    scenes = [colour("red", 3), colour("blue", 3)]
    live = ("-f", "webm", "-live", "1")
    reel = await taken(film(tmp_path / "live.webm", *scenes, encoder=live))
    assert (times(reel), reel.seconds, reel.until) == ([0.0, 3.0], None, None)


async def test_frames_are_compared_in_a_worker_that_ends_when_it_is_done(video: Path) -> None:
    pool = ProcessPool(1, name="frames")
    try:
        reel = await caged.ffmpeg_frames(pool, 60).take(video, video.with_name("reel"), ignore)
        assert times(reel) == [0.0, 1.0]
        first = await pool.run(os.getpid)
        await caged.ffmpeg_frames(pool, 60).take(video, video.with_name("reel"), ignore)
        assert await pool.run(os.getpid) not in (first, os.getpid())
    finally:
        await pool.aclose()


# ---- what they are


async def test_pictures_stand_upright(tmp_path: Path, video: Path) -> None:
    turned = tmp_path / "turned.mp4"
    run_ffmpeg(["-display_rotation", "90", "-i", video, "-c", "copy", turned])
    assert picture(await taken(turned), 0).size == (180, 320)


async def test_large_pictures_are_made_smaller_and_narrow_pixels_wide(tmp_path: Path) -> None:
    large = film(tmp_path / "large.mp4", "color=red:size=1920x1080:rate=5:duration=1")
    assert picture(await taken(large), 0).size == (1280, 720)
    narrow = film(tmp_path / "narrow.mkv", f"{colour('red', 1)},setsar=2/1")
    assert picture(await taken(narrow), 0).size == (640, 180)


async def test_a_shape_that_makes_no_sense_is_no_picture_of_a_mile(tmp_path: Path) -> None:
    thin = film(tmp_path / "thin.mkv", f"{colour('red', 1)},setsar=1000/1")
    assert picture(await taken(thin), 0).size == (1280, 6)
    tall = film(tmp_path / "tall.mkv", "color=red:size=16x8000:rate=5:duration=1")
    assert picture(await taken(tall), 0).size == (10, 5120)


async def test_progress_rises_to_the_end(video: Path) -> None:
    parts: list[float] = []
    await caged.ffmpeg_frames(HerePool(), 60).take(
        video, video.with_name("reel.mpjpeg"), parts.append
    )
    assert parts == sorted(parts) and parts[-1] == 1.0


async def test_nothing_but_the_reel_is_left(video: Path) -> None:
    await taken(video)
    assert sorted(path.name for path in video.parent.iterdir()) == ["film.mp4", "reel.mpjpeg"]


async def test_real_videos_have_key_frames(corpus: Path, tmp_path: Path) -> None:
    for name in ("friday.mp4", "climbing_portrait.mp4", "flower.webm"):
        reel = await caged.ffmpeg_frames(HerePool(), 60).take(
            corpus / "video" / name, tmp_path / "reel", ignore
        )
        assert reel.frames and reel.frames[0].at < 0.1
        assert picture(reel, 0).size[0] > 300


# ---- what is no video, or a bad one


async def test_sound_alone_has_no_key_frames(tmp_path: Path) -> None:
    run_ffmpeg(["-i", silence(tmp_path / "s.wav", 2.0), tmp_path / "sound.mp4"])
    assert (await taken(tmp_path / "sound.mp4")).frames == ()


async def test_the_picture_on_a_records_cover_is_no_key_frame(tmp_path: Path) -> None:
    run_ffmpeg(["-f", "lavfi", "-i", colour("red", 1), "-frames:v", "1", tmp_path / "cover.jpg"])
    sound = silence(tmp_path / "s.wav", 2.0)
    cover: list[str | Path] = [
        "-i",
        tmp_path / "cover.jpg",
        "-map",
        "0",
        "-map",
        "1",
        "-c:v",
        "copy",
    ]
    run_ffmpeg(["-i", sound, *cover, "-disposition:v:0", "attached_pic", tmp_path / "song.mp4"])
    assert (await taken(tmp_path / "song.mp4")).frames == ()


async def test_a_medium_that_says_it_has_pictures_has_none_by_that(tmp_path: Path) -> None:
    said = "[info]   Stream #0:1: Video: h264\n  Stream #0:2: Video: h264"
    tags = ("-metadata", f"title={said}", "-metadata", f"Stream #0:9: Video: x={said}")
    sound = tmp_path / "sound.mka"
    run_ffmpeg(["-i", silence(tmp_path / "s.wav", 2.0), *tags, sound])
    assert (await taken(sound)).frames == ()


async def test_a_cut_off_video_gives_what_is_there(tmp_path: Path) -> None:
    scenes = [colour("red", 2), colour("blue", 2), "testsrc2=size=320x180:rate=10:duration=20"]
    whole = film(tmp_path / "whole.mkv", *scenes).read_bytes()
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole[: len(whole) // 2])
    assert times(await taken(cut))[:3] == [0.0, 2.0, 4.0]


async def test_what_is_no_medium_is_unreadable_and_the_message_hides_our_paths(
    tmp_path: Path,
) -> None:
    page = tmp_path / "page.mp4"
    page.write_text("<html><body>404 Not Found</body></html>" * 50)
    with pytest.raises(MediaUnreadable) as caught:
        await taken(page)
    assert str(tmp_path) not in caught.value.message
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(MediaEmpty):
        await taken(tmp_path / "empty.mp4")
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(MediaUnreadable):
        await taken(tmp_path / "pipe.mp4")


async def test_a_playlist_never_reads_another_file(video: Path) -> None:
    for suffix, text in ((".m3u8", "#EXTM3U\n#EXTINF:1,\n{}\n"), (".mp4", "ffconcat\nfile {}\n")):
        source = video.with_name(f"evil{suffix}")
        source.write_text(text.format(video.name))
        with pytest.raises(MediaError):
            await taken(source)


async def test_every_broken_file_of_the_corpus_is_told_in_planned_words(
    corpus: Path, tmp_path: Path
) -> None:
    for source in sorted((corpus / "malformed").glob("*.mp4")):
        with suppress(MediaError):
            await caged.ffmpeg_frames(HerePool(), 60).take(source, tmp_path / "reel", ignore)


@pytest.mark.parametrize("name", ["-i", "file:x.mp4", "a%03d.mp4", "$(touch pwned)", "ü\n' \".mp4"])
async def test_a_name_is_only_a_name(video: Path, tmp_path: Path, name: str) -> None:
    hostile = tmp_path / name
    os.rename(video, hostile)
    reel = await caged.ffmpeg_frames(HerePool(), 60).take(
        hostile, tmp_path / f"{name}.reel", ignore
    )
    assert times(reel) == [0.0, 1.0]
    assert not (tmp_path / "pwned").exists()


# ---- ffmpeg itself

KNOWN = "echo '[info] Input #0, mov' >&2; echo '[info]   Stream #0:0: Video: h264' >&2"
#: Tells of the medium at first, and does what it is told when frames are asked for.
WORKS = f'case "$*" in *select*) {{}};; *) {KNOWN}; exit 1;; esac'


async def test_ffmpeg_that_hangs_is_killed(video: Path, script: Script) -> None:
    target = video.with_name("reel")
    for body in ("trap '' TERM; sleep 600", WORKS.format("while :; do :; done")):
        hanging = caged.ffmpeg_frames(HerePool(), 60, script(body), stall_seconds=1.0)
        with pytest.raises(MediaUnreadable, match="no progress"):
            await hanging.take(video, target, ignore)


async def test_cancelling_kills_ffmpeg(video: Path, script: Script, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    os.mkfifo(pids)
    running = caged.ffmpeg_frames(HerePool(), 60, script(f"echo $$ >{pids}; exec sleep 600"))
    taking = asyncio.ensure_future(running.take(video, tmp_path / "reel", ignore))
    process = psutil.Process(int(await told(pids)))
    taking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await taking
    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


async def test_how_ffmpeg_ends_is_told_in_planned_words(video: Path, script: Script) -> None:
    full = "echo '[error] No space left on device' >&2; exit 1"
    for body, error in (
        (WORKS.format("kill -SEGV $$"), MediaUnreadable),
        (WORKS.format("kill -KILL $$"), EngineCrashed),
        (WORKS.format("exit 0"), MediaUnreadable),
        (WORKS.format(full), StorageFull),
    ):
        with pytest.raises(error):
            await caged.ffmpeg_frames(HerePool(), 60, script(body)).take(
                video, video.with_name("reel"), ignore
            )
    with pytest.raises(ConfigError, match="No such file"):
        await caged.ffmpeg_frames(HerePool(), 60, "/nowhere/ffmpeg").take(
            video, video.with_name("reel"), ignore
        )
