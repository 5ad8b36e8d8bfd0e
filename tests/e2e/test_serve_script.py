"""`scripts/serve`, as people start the service: in the foreground, until SIGTERM."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.e2e.conftest import Server
from tests.media import OWN, ROOT

STAMP = ROOT / ".venv" / "spool-install"
#: As scripts/install reckons whether there is anything to do.
STATE = "cat pyproject.toml scripts/install scripts/requirements*.lock | cksum"


def _is_up_to_date() -> bool:
    if shutil.which("sh") is None or not STAMP.is_file() or STAMP.parent.is_symlink():
        return False
    state = subprocess.run(["sh", "-c", STATE], cwd=ROOT, capture_output=True, text=True)
    return STAMP.read_text().splitlines()[1:] == state.stdout.splitlines()


@pytest.fixture
def server(tmp_path: Path, model_folder: Path) -> Iterator[Server]:
    if not _is_up_to_date():
        pytest.skip("no .venv here that scripts/install made and would leave as it is")
    made = Server(tmp_path, model_folder, APP__TRANSCRIPTION__MODEL="tiny.en")
    made.command = ("scripts/serve",)
    yield made
    made.close()


def test_the_script_serves_in_the_foreground_and_ends_cleanly_on_sigterm(server: Server) -> None:
    """The process that is started is the one that serves, so the signal needs nobody between."""
    server.start()
    server.completed(server.ingest(OWN / "jfk.flac"))
    workers = server.worker_pids()
    assert server.stop() == 0
    assert "is up to date" in server.log()
    assert "closed" in server.log().splitlines()[-1]
    assert workers and not any(map(psutil.pid_exists, workers))
