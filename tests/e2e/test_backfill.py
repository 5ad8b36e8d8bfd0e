"""A folder of all kinds of media is taken in by one command, and found in one ranking."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import soundfile

from tests import media
from tests.e2e.conftest import Server
from tests.media import ROOT, run_ffmpeg
from tests.pictures import page, scene

LABEL = "archive-of-e2e"
QUERY = "ask what you can do for your country"
MDX = """import X from 'x'

# Ships

## Harbours

<X>A country without a harbour builds no ships.</X>
"""
NAMES = (
    *("copy of it.wav", "country house.jpg", "screenshot.png", "slides.mp4"),
    *("notes/bread.md", "notes/ships.mdx"),
)


def backfill(server: Server, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", "backfill", str(folder), "--labels", LABEL, *options],
        cwd=folder,
        env=server.environment | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=280,
    )


def make_archive(folder: Path, talk: Path) -> Path:
    """A talk and a copy of it, a screenshot, a photo, a film of slides, MDX, and what is none."""
    (folder / "notes").mkdir(parents=True)
    sound, rate = soundfile.read(talk, dtype="float32")
    media.write_sound(folder / "inauguration.wav", 0.9 * sound, rate)  # not the bytes of others
    shutil.copy(folder / "inauguration.wav", folder / "copy of it.wav")
    scene(folder / "country house.jpg", "darkgreen", "orange")
    page(folder / "screenshot.png", ["Backfilled quarterly", "country report"])
    slides(folder / "slides.mp4", ["Welcome to everybody"], ["Exports by country"])
    (folder / "notes" / "ships.mdx").write_text(MDX)
    (folder / "notes" / "bread.md").write_text("# Bread\n\nKnead the dough for ten minutes.\n")
    (folder / "notes" / "data.json").write_text("{}")
    return folder


def slides(path: Path, *lines: list[str]) -> Path:
    """A silent film that shows each for four seconds."""
    shown = [page(path.with_name(f".{number}.png"), each) for number, each in enumerate(lines)]
    still = ("-loop", "1", "-framerate", "10", "-t", "4")
    inputs = [word for each in shown for word in (*still, "-i", str(each))]
    joined = "".join(f"[{number}]" for number in range(len(lines)))
    graph = f"{joined}concat=n={len(lines)},format=yuv420p"
    run_ffmpeg([*inputs, "-filter_complex", graph, path])
    return path


def every_moment(hits: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for hit in hits:
        yield hit
        yield from hit["moments"]


def test_an_archive_is_taken_in_once_and_found_by_one_query(
    server: Server, jfk: Path, tmp_path: Path
) -> None:
    archive = make_archive(tmp_path / "archive", jfk)
    first = backfill(server, archive)
    assert first.returncode == 0, first.stderr
    queued = [line.partition(" ")[2] for line in first.stdout.splitlines()]
    assert queued == [str(archive / name) for name in NAMES]
    assert "7 files: 6 queued, 0 known already, 1 with the bytes of another" in first.stderr
    assert_one_answer_has_all(server)
    second = backfill(server, archive)
    assert (second.returncode, second.stdout) == (0, ""), second.stderr
    assert "7 files: 0 queued, 6 known already" in second.stderr


def assert_one_answer_has_all(server: Server) -> None:
    """The spoken sentence, the frame that shows the word, the photo, the screenshot, the paragraph:
    before what has none of the words, and every link of theirs works."""
    hits = server.search(QUERY, labels=LABEL)
    worded = [hit for hit in hits if "keyword" in hit["why"]]
    assert hits[: len(worded)] == worded
    found = {hit["title"] for hit in worded}
    assert found == set(NAMES[:4]) | {"Ships"}
    pages = {hit["title"]: opened(server, hit) for hit in every_moment(worded)}
    by_title = {hit["title"]: hit for hit in worded}
    assert by_title["copy of it.wav"]["text"].endswith("what you can do for your country.")
    assert 'class="here"' in pages["copy of it.wav"]
    frame = by_title["slides.mp4"]
    assert (frame["media_type"], frame["text"], frame["start"]) == (
        *("keyframe", "Exports by country"),
        4.0,
    )
    assert 'class="here"' in pages["slides.mp4"]
    assert "country report" in by_title["screenshot.png"]["text"]
    assert by_title["country house.jpg"]["media_type"] == "image"
    paragraph = by_title["Ships"]
    assert "A country without a harbour" in paragraph["text"]
    assert urlsplit(paragraph["url"]).fragment == "harbours"
    assert 'id="harbours"' in pages["Ships"]


def opened(server: Server, hit: dict[str, Any]) -> str:
    """The page that the hit leads to; its thumbnail is there, too."""
    if hit["thumbnail"]:
        answer = server.http.get(hit["thumbnail"])
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    answer = server.http.get(hit["url"])
    assert answer.status_code == 200, hit["url"]
    return answer.text
