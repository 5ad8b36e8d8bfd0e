"""`/docs` in a real browser, for what a strict policy breaks shows nowhere else."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.e2e.conftest import Server

OPEN = "operations-service-health"  # that the address asks to see
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--window-size=1200,1600"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--enable-logging=stderr", "--virtual-time-budget=30000", "--dump-dom"),
    # what the browser itself would like to know stays unknown
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


def shown(address: str, folder: Path) -> tuple[str, str, list[str]]:
    """The page as it stands once its scripts have run, the browser's log, and what it asked for."""
    found = [path for name in BROWSERS if (path := shutil.which(name))]
    if not found:
        pytest.skip("chromium is not installed")
    log = folder / "net.json"
    own = (f"--user-data-dir={folder / 'profile'}", f"--log-net-log={log}")
    done = subprocess.run(
        [found[0], *OPTIONS, *own, address], capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr
    events = [event.get("params", {}) for event in json.loads(log.read_text())["events"]]
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(address))
    asked = [each["url"] for each in events if each.get("initiator") == origin]
    return done.stdout, done.stderr, asked


def test_the_page_shows_every_operation_and_asks_nobody_else(
    own_server: Callable[..., Server], tmp_path: Path
) -> None:
    server = own_server(APP__TRANSCRIPTION__MODEL="tiny.en", APP__TRANSCRIPTION__WORKERS="1")
    server.start()
    home = f"http://127.0.0.1:{server.port}"
    page, log, asked = shown(f"{home}/docs#/service/health", tmp_path)
    document = server.http.get("/openapi.json").json()
    names = {
        f"operations-{each['tags'][0].replace(' ', '_')}-{each['operationId']}"
        for path in document["paths"].values()
        for each in path.values()
    }
    assert names <= set(re.findall(r'id="(operations-[^"]+)"', page))
    assert re.search(rf'<div class="opblock [^"]*is-open"[^>]* id="{OPEN}"', page)
    assert "violates" not in log and "CONSOLE" not in log, log
    parts = {"docs/docs.js", "docs/swagger-ui.css", "docs/swagger-ui-bundle.js", "openapi.json"}
    assert set(asked) == {f"{home}/{part}" for part in parts}
