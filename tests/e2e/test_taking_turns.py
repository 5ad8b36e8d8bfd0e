"""Jobs side by side on the real engine: who waits for a clip does not wait for a long file."""

from pathlib import Path

import numpy as np
import soundfile

from tests.e2e.conftest import Server
from tests.media import write_sound

TIMES = 30  # the clip in the long file: more than the workers are given at once
STEPS = 600  # looks at a job, at most


def test_a_clip_that_somebody_waits_for_is_done_before_a_long_job(
    server: Server, jfk: Path, tmp_path: Path
) -> None:
    samples, rate = soundfile.read(jfk)
    long = server.ingest(write_sound(tmp_path / "long.flac", np.tile(samples, TIMES), rate))
    _until_heard(server, long)
    start = write_sound(tmp_path / "clip.flac", samples[: 3 * rate], rate)
    clip = server.ended(server.ingest(start, priority="interactive"))
    assert clip["status"] == "Completed", clip
    assert clip["finished_at"] < server.ended(long)["finished_at"]
    assert "fellow" in server.completed(clip["job_id"])["transcript"]
    assert server.completed(long)["transcript"].count("do for your country") == TIMES


def _until_heard(server: Server, job_id: str) -> None:
    """The first of it."""
    for _ in range(STEPS):
        job = server.job(job_id, wait=0.1)
        assert not job["finished_at"], "it was over before another could come"
        if job["status"] == "Transcribing" and job["progress"] > 0.12:
            return
    raise AssertionError(f"nothing heard: {job}")
