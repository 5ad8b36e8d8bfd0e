"""Uploads over a line that breaks, by the clients that people have; and a service that dies."""

import hashlib
import json
import random
import shutil
import socket
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx2
import pytest
from tusclient.client import TusClient

from app.domain.crashpoints import POINTS
from tests import media
from tests.faults import cases
from tests.faults.cutting import CuttingLine
from tests.faults.polling import until
from tests.faults.spool import Spool
from tests.media import ROOT

UPLOADS = "/api/v1/uploads"
VERSION = {"Tus-Resumable": "1.0.0"}
CUTS = 10
#: Passed by each request; all others by the last one only.
EACH = ("upload.synced", "upload.counted")
UPLOAD_POINTS = [point for point in POINTS if point.startswith("upload.")]
KILLED_AFTER = (3, 7)  # cuts
#: As a disk that is full does, but only for jobs.
REFUSE_JOBS = (
    "CREATE TRIGGER refuse_jobs BEFORE INSERT ON jobs BEGIN SELECT there_is_no_such_function(); END"
)
TUS_JS = "tus-js-client@4.3"
TUS_JS_FOLDER = ROOT / ".cache" / "tus-js"
#: Arguments: path, endpoint, size of a chunk (0: all at once). Prints the URL of the upload.
TUS_JS_UPLOAD = """
const tus = require("tus-js-client"), fs = require("fs"), path = require("path");
const [file, endpoint, chunk] = process.argv.slice(2);
const upload = new tus.Upload(fs.createReadStream(file), {
  endpoint, chunkSize: Number(chunk) || Infinity, retryDelays: Array(50).fill(100),
  metadata: { filename: path.basename(file), filetype: "audio/wav", title: "from node" },
  onError: (error) => { console.error(error); process.exit(1); },
  onSuccess: () => console.log(upload.url),
});
upload.start();
"""


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """3 MB of speech."""
    target = tmp_path_factory.mktemp("recording") / "Träume.wav"
    return cases.tiled(media.OWN / "jfk.flac", target, 8)


@pytest.fixture(scope="module")
def tus_js() -> Path:
    """A folder in which node finds the client."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("no node and npm on this machine")
    if not (TUS_JS_FOLDER / "node_modules" / "tus-js-client").is_dir():
        TUS_JS_FOLDER.mkdir(parents=True, exist_ok=True)
        install = ["npm", "install", "--no-audit", "--no-fund", "--prefix", ".", TUS_JS]
        done = subprocess.run(install, cwd=TUS_JS_FOLDER, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"{TUS_JS} cannot be fetched: {done.stderr[-200:]}")
    return TUS_JS_FOLDER


def cuts(seed: int, size: int) -> list[int]:
    """Bytes after which a connection breaks: all of them together are less than the file has."""
    chance = random.Random(seed)
    return [chance.randrange(3_000, size // (CUTS + 2)) for _ in range(CUTS)]


def is_whole(spool: Spool, url: str, recording: Path) -> str:
    """The file is as it was sent, and the job comes to its end; returns the job's id."""
    job_id = url.rpartition("/")[2]
    assert spool.ended(job_id)["status"] == "Completed"
    [kept] = spool.data.glob(f"audio_jobs/{job_id}.*")
    assert sha256(kept) == sha256(recording)
    assert list(spool.data.glob("uploads/*")) == []
    told = spool.http.head(f"{UPLOADS}/{job_id}", headers=VERSION).headers
    assert told["upload-offset"] == told["upload-length"] == str(recording.stat().st_size)
    assert told["spool-job-id"] == job_id
    return job_id


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def tuspy(url: str, recording: Path, *, chunk: int, checksum: bool = False) -> str:
    """The URL of the upload. It goes on after each break, as often as there are."""
    with recording.open("rb") as stream:
        uploader = TusClient(f"{url}{UPLOADS}").uploader(
            file_stream=stream,
            chunk_size=chunk,
            retries=50,
            retry_delay=0,
            upload_checksum=checksum,
            metadata={"filename": recording.name, "title": "from tuspy", "labels": "a,b"},
        )
        uploader.upload()
    return str(uploader.url)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("seed", [1, 2])
def test_tuspy_gets_through_ten_cuts_and_two_deaths_of_the_service(
    spool: Spool, recording: Path, seed: int
) -> None:
    def die(cut: int) -> None:
        if cut in KILLED_AFTER:
            spool.kill()
            spool.start()

    spool.start()
    size = recording.stat().st_size
    with CuttingLine(spool.port, cuts(seed, size), die) as line:
        url = tuspy(line.url, recording, chunk=size)
        assert line.cut == CUTS
    assert spool.starts == 1 + len(KILLED_AFTER)
    job = spool.job(is_whole(spool, url, recording))
    assert (job["source"]["name"], job["title"]) == ("Träume.wav", "from tuspy")
    assert job["options"]["labels"] == ["a", "b"]


@pytest.mark.timeout(120)
def test_tuspy_gets_through_cuts_with_a_checksum_on_every_chunk(
    spool: Spool, recording: Path
) -> None:
    spool.start()
    size = recording.stat().st_size
    with CuttingLine(spool.port, cuts(3, size), lambda _: None) as line:
        url = tuspy(line.url, recording, chunk=size // CUTS, checksum=True)
        assert line.cut == CUTS
    is_whole(spool, url, recording)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("chunk", [0, 400_000])
def test_tus_js_client_gets_through_ten_cuts(
    spool: Spool, recording: Path, tus_js: Path, chunk: int
) -> None:
    spool.start()
    script = tus_js / "upload.js"
    script.write_text(TUS_JS_UPLOAD, encoding="utf-8")
    with CuttingLine(spool.port, cuts(4, recording.stat().st_size)) as line:
        done = subprocess.run(
            ["node", str(script), str(recording), f"{line.url}{UPLOADS}", str(chunk)],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert line.cut == CUTS
    job = spool.job(is_whole(spool, done.stdout.strip(), recording))
    assert (job["source"]["name"], job["title"]) == ("Träume.wav", "from node")


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "point",
    [*UPLOAD_POINTS, "submit.committed"],
)
def test_a_death_at_each_step_loses_nothing_that_was_acknowledged(
    make_spool: Callable[..., Spool], sent_media: Path, point: str
) -> None:
    spool, recording = make_spool(), sent_media / "short.wav"
    spool.start(crash_at=f"{point}:2" if point in EACH else point)
    content = recording.read_bytes()
    half = len(content) // 2
    url = _created(spool, content)
    assert _sent(spool, url, 0, content[:half]) == half
    with pytest.raises(httpx2.TransportError):
        _sent(spool, url, half, content[half:])
    spool.await_death(10)
    spool.start()
    here = _offset(spool, url)
    assert here >= half
    if here < len(content):
        assert _sent(spool, url, here, content[here:]) == len(content)
    is_whole(spool, url, recording)
    assert len(spool.http.get("/api/v1/jobs").json()["jobs"]) == 1


@pytest.mark.timeout(120)
def test_a_database_that_takes_no_job_at_the_next_start_costs_no_acknowledged_upload(
    make_spool: Callable[..., Spool], sent_media: Path
) -> None:
    spool, recording = make_spool(), sent_media / "short.wav"
    spool.start(crash_at="upload.renamed")
    content = recording.read_bytes()
    url = _created(spool, content)
    with pytest.raises(httpx2.TransportError):
        _sent(spool, url, 0, content)
    spool.await_death(10)
    _change(spool, REFUSE_JOBS)
    spool.start()
    assert "is whole and not a job yet" in spool.log()
    assert spool.stop() == 0
    _change(spool, "DROP TRIGGER refuse_jobs")
    spool.start()
    assert _offset(spool, url) == len(content)
    is_whole(spool, url, recording)


def _change(spool: Spool, statement: str) -> None:
    with closing(sqlite3.connect(spool.data / "spool.db")) as database:
        database.execute(statement)


@pytest.mark.timeout(120)
def test_a_client_that_never_hears_the_last_answer_finds_its_job(
    spool: Spool, sent_media: Path
) -> None:
    spool.start()
    recording = sent_media / "short.wav"
    content = recording.read_bytes()
    url = _created(spool, content)
    with socket.create_connection(("127.0.0.1", spool.port)) as line:
        line.sendall(
            f"PATCH {url} HTTP/1.1\r\nHost: 127.0.0.1\r\nTus-Resumable: 1.0.0\r\n"
            "Upload-Offset: 0\r\nContent-Type: application/offset+octet-stream\r\n"
            f"Content-Length: {len(content)}\r\n\r\n".encode()
            + content
        )
        job = f"/api/v1/jobs/{url.rpartition('/')[2]}"
        until(lambda: spool.http.get(job).status_code == 200, 30, "the job")
    is_whole(spool, url, recording)


def _created(spool: Spool, content: bytes) -> str:
    headers = VERSION | {"Upload-Length": str(len(content)), "Upload-Metadata": "filename YS53YXY="}
    answer = spool.http.post(UPLOADS, headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


def _sent(spool: Spool, url: str, at: int, content: bytes) -> int:
    """The offset that is acknowledged."""
    headers = {"Upload-Offset": str(at), "Content-Type": "application/offset+octet-stream"}
    answer = spool.http.patch(url, headers=VERSION | headers, content=content)
    assert answer.status_code == 204, answer.text
    return int(answer.headers["upload-offset"])


def _offset(spool: Spool, url: str) -> int:
    answer = spool.http.head(url, headers=VERSION)
    assert answer.status_code == 200, json.dumps(dict(answer.headers))
    return int(answer.headers["upload-offset"])
