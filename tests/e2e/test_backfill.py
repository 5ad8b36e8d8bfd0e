"""A folder of all kinds of media is taken in by one command, and found in one ranking."""

import shutil
import subprocess
import sys
from pathlib import Path

import soundfile

from tests import media
from tests.e2e.conftest import Server
from tests.media import ROOT
from tests.pictures import page


def backfill(server: Server, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", "backfill", str(folder), *options],
        cwd=folder,
        env=server.environment | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=280,
    )


def test_an_archive_is_taken_in_once_and_found(server: Server, jfk: Path, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    (archive / "notes").mkdir(parents=True)
    sound, rate = soundfile.read(jfk, dtype="float32")
    media.write_sound(archive / "inauguration.wav", 0.9 * sound, rate)  # not the bytes of others
    shutil.copy(archive / "inauguration.wav", archive / "copy of it.wav")
    page(archive / "screenshot.png", ["Backfilled quarterly zeppelin report"])
    (archive / "notes" / "ships.mdx").write_text(
        "import X from 'x'\n\n# Ships\n\n## Zeppelins\n\nA zeppelin is kept aloft by hydrogen.\n"
    )
    (archive / "notes" / "data.json").write_text("{}")
    first = backfill(server, archive)
    assert first.returncode == 0, first.stderr
    queued = [line.partition(" ")[2] for line in first.stdout.splitlines()]
    assert queued == [
        str(archive / name) for name in ("copy of it.wav", "screenshot.png", "notes/ships.mdx")
    ]
    assert "4 files: 3 queued, 0 known already, 1 with the bytes of another" in first.stderr
    zeppelins = server.search("zeppelin", limit="20")
    assert {hit["media_type"] for hit in zeppelins} >= {"image", "text"}
    for hit in zeppelins[:2]:
        assert server.http.get(hit["url"]).status_code == 200, hit["url"]
    spoken = server.search("ask not what your country can do", limit="20")
    assert "copy of it.wav" in {hit["title"] for hit in spoken}
    second = backfill(server, archive)
    assert (second.returncode, second.stdout) == (0, ""), second.stderr
    assert "4 files: 0 queued, 3 known already" in second.stderr
