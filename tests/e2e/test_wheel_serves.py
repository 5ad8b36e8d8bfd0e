"""The built wheel, installed where there is no repository, serves from an empty folder."""

import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Server
from tests.equipment import wanted
from tests.media import OWN, ROOT

BUILT_WITHIN = 300.0  # seconds


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`bin` of an environment with the wheel, and what it needs as it is installed here."""
    wanted("hatchling")
    folder = tmp_path_factory.mktemp("installed")
    offline = ("--no-deps", "--no-index", "--quiet", "--disable-pip-version-check")
    pip = (sys.executable, "-m", "pip")
    run(*pip, "wheel", *offline, "--no-build-isolation", "-w", folder / "dist", ROOT)
    [wheel] = (folder / "dist").glob("*.whl")
    venv.create(folder / "venv")
    installed = folder / "venv" / "bin"
    run(*pip, "--python", installed / "python", "install", *offline, wheel)
    [packages] = (folder / "venv" / "lib").glob("python*/site-packages")
    (packages / "needed.pth").write_text("\n".join(needed()) + "\n")
    return installed


def run(*command: str | Path) -> str:
    """What it prints. Not from the repository, and without its code on the path."""
    return subprocess.run(
        [str(part) for part in command],
        cwd="/",
        env={"PATH": "/usr/bin:/bin"},
        check=True,
        timeout=BUILT_WITHIN,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout


def needed() -> list[str]:
    """Folders of installed packages; never that of the repository."""
    return [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]


@pytest.fixture(scope="module")
def server(
    programs: Path, tmp_path_factory: pytest.TempPathFactory, model_folder: Path
) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("empty")
    made = Server(folder, model_folder)
    made.command, made.home = (str(programs / "spool"), "serve"), folder / "home"
    made.home.mkdir()
    for name in ("PYTHONPATH", "SPOOL_CONFIG", "APP__STORAGE__DATA_DIR"):
        made.environment.pop(name, None)
    made.start()
    yield made
    made.close()


def test_it_is_the_wheel_that_is_run(programs: Path) -> None:
    found = run(programs / "python", "-c", "import app; print(app.__file__)")
    assert Path(found.strip()).is_relative_to(programs.parent)


def test_it_shows_its_pages_and_its_guide(server: Server) -> None:
    for path in ("/", "/page/app.js", "/docs", "/docs/guide", "/docs/guide/architecture.svg"):
        assert server.http.get(path).status_code == 200, path
    settings = server.http.get("/docs/guide/configuration").text
    assert "APP__SERVER__PORT" in settings.replace("<wbr>", "")


def test_it_hears_and_finds_real_speech(server: Server) -> None:
    server.until_ready()
    job_id = server.ingest(OWN / "jfk.flac")
    server.completed(job_id)
    text = server.http.get(f"/api/v1/jobs/{job_id}/result", params={"format": "txt"}).text
    assert "what you can do for your country" in text.lower()
    found = server.http.get("/api/v1/search", params={"q": "your country"}).json()
    assert [hit["asset_id"] for hit in found["hits"]] == [job_id]


def test_all_that_it_makes_is_in_the_data_folder_and_it_stops_well(server: Server) -> None:
    """The last one, for nothing runs after it."""
    assert [path.name for path in server.home.iterdir()] == ["data"]
    assert server.stop() == 0
