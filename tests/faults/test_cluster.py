"""A cluster whose parts die, or cannot be reached: jobs go on, and nothing waits for ever."""

import asyncio
import os
import shutil
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.adapters.dask_pool import DaskPool
from app.adapters.engines.faster_whisper import FasterWhisperEngine
from app.domain.decoding import DecodingOptions
from app.domain.errors import ClusterAway, EngineCrashed
from app.domain.media import SAMPLE_RATE, AudioWindow
from app.domain.models import ModelKind
from tests.cluster import DaskCluster, running
from tests.equipment import wanted
from tests.faults.cases import tiled
from tests.faults.polling import until
from tests.faults.spool import Spool
from tests.pipes import told

wanted("distributed")
WITHIN = 600.0  # seconds
#: After a cut: silence of 20 s is looked for each 5 s.
TOLD_WITHIN = 120.0
TILES = 24
JFK = "ask not what your country can do for you"


@pytest.fixture
def cluster(tmp_path: Path, model_folder: Path) -> Iterator[DaskCluster]:
    """With two workers; each test may kill what it likes of it."""
    folder = tmp_path / "cluster"
    folder.mkdir()
    with running(folder, model_folder) as started:
        yield started


@pytest.fixture
def served(make_spool: Callable[..., Spool], cluster: DaskCluster) -> Spool:
    """By the cluster, with a real engine."""
    spool = make_spool(
        SPOOL_FAULTS_ENGINE="real",
        APP__WORKERS__BACKEND="dask",
        APP__WORKERS__DASK_ADDRESS=cluster.address,
        APP__TRANSCRIPTION__PROVIDER="faster_whisper",
    )
    spool.start()
    return spool


def _plain(text: str) -> str:
    return " ".join(text.lower().replace(",", " ").replace(".", " ").split())


@pytest.mark.timeout(300)
def test_a_medium_is_heard_by_the_workers_of_a_cluster(
    served: Spool, cluster: DaskCluster, jfk: Path
) -> None:
    job_id = served.post(jfk)
    assert served.ended(job_id, WITHIN)["status"] == "Completed"
    assert JFK in _plain(served.transcript(job_id))
    assert served.health()["workers"]["total"] == 2
    assert any(each.says("started as process") for each in cluster.started[1:])
    assert "worker-0 started" not in served.log(), "it was heard here"
    cluster.start_worker()
    until(lambda: served.health()["workers"]["total"] == 3, WITHIN, "a place at the new worker")


@pytest.mark.timeout(900)
def test_a_killed_worker_of_the_cluster_costs_a_job_an_attempt_and_no_word(
    served: Spool, cluster: DaskCluster, jfk: Path, tmp_path: Path
) -> None:
    medium = tiled(jfk, tmp_path / "long.flac", TILES)
    whole = served.post(medium)
    assert served.ended(whole, WITHIN)["status"] == "Completed"
    job_id = served.post(medium)
    until(lambda: _is_half_way(served, job_id), WITHIN, "windows that were heard")
    cluster.started[1].kill()
    cluster.start_worker()
    job = served.ended(job_id, WITHIN)
    assert job["status"] == "Completed", job["error"]
    assert job["attempts"] == 2 and "the cluster worker was lost" in served.log()
    assert served.transcript(job_id) == served.transcript(whole)


@pytest.mark.timeout(900)
def test_a_killed_scheduler_costs_a_job_nothing_and_is_found_again(
    served: Spool, cluster: DaskCluster, jfk: Path, tmp_path: Path
) -> None:
    medium = tiled(jfk, tmp_path / "long.flac", TILES)
    job_id = served.post(medium)
    until(lambda: _is_half_way(served, job_id), WITHIN, "windows that were heard")
    cluster.started[0].kill()
    until(lambda: "put back, at no cost" in served.log(), WITHIN, "a job that was put back")
    assert served.answers()
    cluster.start_scheduler()
    job = served.ended(job_id, WITHIN)
    assert job["status"] == "Completed", job["error"]
    assert _plain(served.transcript(job_id)).count(JFK) >= TILES - 1


def _is_half_way(spool: Spool, job_id: str) -> bool:
    """Windows are heard, and both workers are at work on more."""
    job = spool.job(job_id)
    assert not job["finished_at"], "over before anything was killed"
    both = spool.health()["workers"]["busy"] == 2
    return bool(both and job["stage"] == "transcribing" and job["progress"] > 0)


def hold(fifo: str) -> None:
    with open(fifo, "w") as pipe:
        pipe.write("begun")
    threading.Event().wait()


@pytest.mark.timeout(300)
async def test_a_worker_that_is_stopped_hands_its_task_on(
    cluster: DaskCluster, tmp_path: Path
) -> None:
    fifo, pool = str(tmp_path / "fifo"), DaskPool(cluster.address)
    os.mkfifo(fifo)
    try:
        task = asyncio.create_task(pool.run(hold, fifo))
        assert await told(fifo) == "begun"
        [busy] = [each for each in cluster.started[1:] if each.says("started as process")]
        await asyncio.to_thread(busy.end)
        assert await told(fifo) == "begun", "by the other one"
        assert not task.done()
        task.cancel()
        await asyncio.wait({task})
    finally:
        await pool.aclose()


# Who is let in


@pytest.fixture
def certified(tmp_path: Path) -> dict[str, str]:
    """Dask's settings with a certificate that signs itself, for all."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    words = f"req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=spool -keyout {key} -out"
    if shutil.which("openssl") is None:
        pytest.skip("a certificate takes the command `openssl`")
    subprocess.run(["openssl", *words.split(), certificate], check=True, capture_output=True)
    ends = [(end, part) for end in ("SCHEDULER", "WORKER", "CLIENT") for part in ("CERT", "KEY")]
    files = {"CERT": str(certificate), "KEY": str(key)}
    given = {f"DASK_DISTRIBUTED__COMM__TLS__{end}__{part}": files[part] for end, part in ends}
    return given | {"DASK_DISTRIBUTED__COMM__TLS__CA_FILE": str(certificate)}


ASK = """
import asyncio, sys
from app.adapters.dask_pool import DaskPool
from app.domain.errors import ClusterAway

async def ask():
    pool = DaskPool(sys.argv[1])
    try:
        print(await pool.run(abs, -7))
    except ClusterAway:
        print("away")
    finally:
        await pool.aclose()

asyncio.run(ask())
"""


def _asked(address: str, settings: dict[str, str]) -> str:
    """What a service with such settings is answered; they are read when the library is loaded."""
    done = subprocess.run(
        [sys.executable, "-c", ASK, address],
        env=dict(os.environ) | settings | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.stdout.strip() or done.stderr


@pytest.mark.timeout(300)
def test_with_certificates_only_who_has_one_is_let_in(
    tmp_path: Path, model_folder: Path, certified: dict[str, str]
) -> None:
    cluster = DaskCluster(folder=tmp_path, models=model_folder, settings=certified)
    try:
        cluster.start_scheduler()
        cluster.start_worker()
        assert _asked(cluster.address, certified) == "7"
        assert _asked(cluster.address.replace("tls", "tcp"), {}) == "away"
        assert _asked(cluster.address, {}) == "away"
    finally:
        cluster.end()


# A cut line


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """A machine of its own, as far as the network tells: a namespace at the end of a cable."""

    name: str
    cable: str
    #: Of this end, and of its own.
    here: str
    there: str

    def running_without(self, folder: Path) -> tuple[str, ...]:
        """What runs a command there, where nothing lies in `folder`."""
        hide = f"mount -t tmpfs none '{folder}' && exec \"$@\""
        return ("ip", "netns", "exec", self.name, "sh", "-c", hide, "sh")

    def cut(self) -> None:
        _ip("link", "set", self.cable, "down")

    def mend(self) -> None:
        _ip("link", "set", self.cable, "up")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("network namespaces take Linux, root and the command `ip`")
    mark, net = uuid.uuid4().hex[:6], f"10.231.{os.getpid() % 250}"
    place = Elsewhere(name=f"spool-{mark}", cable=f"sp{mark}", here=f"{net}.1", there=f"{net}.2")
    try:
        _lay(place)
    except subprocess.CalledProcessError as error:
        _remove(place)
        pytest.skip(f"no network namespace can be made here: {error.stderr.strip()}")
    yield place
    _remove(place)


def _lay(place: Elsewhere) -> None:
    other = f"{place.cable}b"
    _ip("netns", "add", place.name)
    _ip("link", "add", place.cable, "type", "veth", "peer", "name", other, "netns", place.name)
    _ip("addr", "add", f"{place.here}/30", "dev", place.cable)
    _ip("-n", place.name, "addr", "add", f"{place.there}/30", "dev", other)
    _ip("link", "set", place.cable, "up")
    for device in (other, "lo"):
        _ip("-n", place.name, "link", "set", device, "up")


def _remove(place: Elsewhere) -> None:
    with suppress(subprocess.CalledProcessError):
        _ip("netns", "del", place.name)
    with suppress(subprocess.CalledProcessError):
        _ip("link", "del", place.cable)


@pytest.fixture
def far(tmp_path: Path, model_folder: Path, elsewhere: Elsewhere) -> Iterator[DaskCluster]:
    """A scheduler here, and its one worker elsewhere, which does not see the folder of sound."""
    folder, sounds = tmp_path / "cluster", tmp_path / "sounds"
    folder.mkdir()
    sounds.mkdir()
    cluster = DaskCluster(folder=folder, models=model_folder, host=elsewhere.here)
    try:
        cluster.start_scheduler()
        cluster.start_worker(elsewhere.there, elsewhere.running_without(sounds))
        yield cluster
    finally:
        cluster.end()


@pytest.mark.timeout(600)
async def test_a_worker_on_another_machine_needs_no_file_of_ours_and_a_cut_line_ends_its_task(
    far: DaskCluster, elsewhere: Elsewhere, jfk: Path, tmp_path: Path
) -> None:
    window, fifo = _window(jfk, tmp_path / "sounds" / "jfk.s16le"), str(tmp_path / "fifo")
    os.mkfifo(fifo)
    pool = DaskPool(far.address)
    try:
        assert not await pool.run(os.path.exists, str(window.path))
        assert JFK in _plain(await _heard(pool, window))
        task = asyncio.create_task(pool.run(hold, fifo))
        assert await told(fifo) == "begun"
        elsewhere.cut()
        with pytest.raises(EngineCrashed, match=r"cluster worker was (lost|not heard)"):
            await asyncio.wait_for(task, TOLD_WITHIN)
        elsewhere.mend()
        await asyncio.wait_for(_until_it_works(pool), WITHIN)
        assert JFK in _plain(await _heard(pool, window))
    finally:
        await pool.aclose()


def _window(sound: Path, raw: Path) -> AudioWindow:
    samples, rate = soundfile.read(sound, dtype="int16")
    assert rate == SAMPLE_RATE
    np.asarray(samples).astype("<i2").tofile(raw)
    return AudioWindow(number=0, path=raw, first_sample=0, samples=len(samples))


async def _heard(pool: DaskPool, window: AudioWindow) -> str:
    path = pool.weights("tiny.en", ModelKind.WHISPER_CT2)
    engine = FasterWhisperEngine(pool, model="tiny.en", model_path=path)
    [found] = await engine.transcribe([window], DecodingOptions(language="en"))
    assert found is not None
    return " ".join(segment.text for segment in found.segments)


async def _until_it_works(pool: DaskPool) -> None:
    while True:
        with suppress(ClusterAway, EngineCrashed):
            assert await pool.run(abs, -1) == 1
            return
        await asyncio.sleep(1)
