"""A service that dies over the key-frames of a video: each is an asset, once, in the end."""

import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.level import index_differs
from tests.faults.spool import Spool
from tests.media import OWN, run_ffmpeg

POINTS = ("keyframe.kept:2", "keyframe.emitted:2", "keyframes.listed")


@pytest.mark.timeout(600)
def test_killed_at_every_point_of_its_key_frames_a_video_has_each_once(
    make_spool: Callable[..., Spool], tmp_path: Path
) -> None:
    spool, video = make_spool(), _scenes(tmp_path / "film.mp4")
    jobs = []
    for number, point in enumerate(POINTS):
        spool.start(crash_at=point)
        jobs.append(spool.post(video, asset_id=f"film-{number}"))
        assert spool.await_death(90) == -signal.SIGKILL, point
        spool.start()
        assert spool.ended(jobs[-1])["status"] == "Completed", point
        spool.drain(60)
        spool.stop()
    with sqlite3.connect(spool.data / "spool.db") as database:
        frames = database.execute(
            "SELECT asset_id, status FROM jobs WHERE media_type = 'keyframe' ORDER BY asset_id"
        ).fetchall()
    names = [f"film-{number}#t={at}" for number in range(len(POINTS)) for at in (0, 3, 6)]
    assert frames == [(name, "completed") for name in names]
    pictures = {path.stem for path in (spool.data / "image_jobs").iterdir()}
    assert len(pictures) == len(names)
    assert {path.stem for path in (spool.data / "thumbnails").iterdir()} == pictures
    assert list((spool.data / "pcm").iterdir()) == []
    assert {path.stem for path in (spool.data / "keyframes").iterdir()} == set(jobs)
    assert index_differs(spool.data) == []


def _scenes(path: Path) -> Path:
    """Three colours of three seconds each, over speech."""
    colours = [f"color={each}:size=320x180:rate=10:duration=3" for each in ("red", "blue", "white")]
    inputs = [word for each in colours for word in ("-f", "lavfi", "-i", each)]
    graph = ["-filter_complex", "[0][1][2]concat=n=3[film]", "-map", "[film]", "-map", "3:a"]
    run_ffmpeg([*inputs, "-i", OWN / "jfk.flac", *graph, "-pix_fmt", "yuv420p", path])
    return path
