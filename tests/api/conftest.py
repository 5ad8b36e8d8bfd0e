"""One open house for each module of tests, and sound to send to it."""

from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
import soundfile
from pytest_httpserver import HTTPServer

from app.domain.media import SAMPLE_RATE
from app.web.pace import Pace
from tests import media
from tests.api.spool import MEDIA_HOST, Spool, opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def open_spool(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path
) -> AsyncIterator[Spool]:
    async with opened(tmp_path_factory.mktemp("spool"), model_folder) as spool:
        yield spool


@pytest.fixture
def spool(open_spool: Spool) -> Iterator[Spool]:
    """The module's house, its engine as new."""
    open_spool.engine.reset()
    yield open_spool
    open_spool.engine.reset()


@pytest.fixture
def standing_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an application that is made after it: however long a test takes, no bucket fills."""
    monkeypatch.setattr("app.web.limits.Pace", partial(Pace, clock=lambda: 0.0))


@pytest.fixture(scope="session")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Half a second of nothing, as WAV: a job that is done at once."""
    return media.silence(tmp_path_factory.mktemp("quiet") / "quiet.wav", 0.5).read_bytes()


@pytest.fixture(scope="session")
def speech(jfk: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Three times the first words of real speech with long pauses, as FLAC: three windows."""
    samples, rate = soundfile.read(jfk, dtype="float32")
    assert rate == SAMPLE_RATE
    words, pause = samples[: 3 * rate], np.zeros(4 * rate, np.float32)
    said = np.concatenate([words, pause, words, pause, words])
    return media.write_sound(tmp_path_factory.mktemp("speech") / "s.flac", said).read_bytes()


@pytest.fixture(scope="module")
def media_server() -> Iterator[HTTPServer]:
    server = HTTPServer(host=MEDIA_HOST, port=0)
    server.start()
    yield server
    server.stop()
