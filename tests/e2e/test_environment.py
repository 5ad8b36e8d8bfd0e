"""One service whose settings come by the names of the wider world; and its log, for machines."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests.e2e.conftest import Server
from tests.media import OWN

KEY = "sk-of-the-tests"
MAX_FILE_SIZE = 500_000  # bytes
DELIVERIES = "/api/v1/webhooks/deliveries"
HEARD = {
    "text": "ask not",
    "language": "english",
    "duration": 11.0,
    "segments": [{"id": 0, "start": 0.0, "end": 1.0, "text": "ask not"}],
}
#: The lines of a job that goes well, in this order: what begins them, and the stage they carry.
TRANSITIONS = (
    ("taken in", None),
    ("attempt 1 begins", None),
    ("stage media_extraction", "media_extraction"),
    ("stage transcribing", "transcribing"),
    ("stage embedding", "embedding"),
    ("completed", "embedding"),
)


@pytest.fixture(scope="module")
def world() -> Iterator[HTTPServer]:
    """An endpoint that hears, a webhook that always fails, and one that never answers."""
    done = Event()

    def never(request: Request) -> Response:
        done.wait(60)
        return Response(status=204)

    with HTTPServer(host="127.0.0.1", threaded=True) as server:
        server.expect_request("/v1/audio/transcriptions").respond_with_json(HEARD)
        server.expect_request("/fails").respond_with_data(status=500)
        server.expect_request("/never").respond_with_handler(never)
        yield server
        done.set()


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("elsewhere")


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path, world: HTTPServer, elsewhere: Path
) -> Iterator[Server]:
    made = Server(
        tmp_path_factory.mktemp("aliases"),
        model_folder,
        DATABASE_URL=f"sqlite+aiosqlite:///{elsewhere}/jobs.db",
        LANCEDB_URI=str(elsewhere / "vectors"),
        MAX_CONCURRENT_JOBS="3",
        MAX_FILE_SIZE=str(MAX_FILE_SIZE),
        OPENAI_API_KEY=KEY,
        WEBHOOK_TIMEOUT="1.5",
        WEBHOOK_MAX_RETRIES="1",
        WEBHOOK_RETRY_DELAY="0.1",
        APP__TRANSCRIPTION__PROVIDER="openai",
        APP__TRANSCRIPTION__OPENAI_BASE_URL=world.url_for("/v1"),
        APP__INGESTION__ALLOWED_NETWORKS='["127.0.0.0/8"]',
        APP__LOGGING__JSON_LINES="true",
    )
    made.start()
    made.until_ready()
    yield made
    made.close()


def lines(server: Server, job_id: str) -> list[dict[str, Any]]:
    """What the log has of this job, each line as JSON."""
    told = [json.loads(line)["record"] for line in server.log().splitlines() if line[:1] == "{"]
    return [record for record in told if record["extra"].get("job_id") == job_id]


def given_up(server: Server, job_id: str) -> dict[str, Any]:
    """The job's one webhook, with its tries, once it is given up. Each look gives it time."""
    for _ in range(20_000):
        asked = {"job_id": job_id, "state": "failed"}
        if found := server.http.get(DELIVERIES, params=asked).json()["deliveries"]:
            told: dict[str, Any] = server.http.get(f"{DELIVERIES}/{found[0]['id']}").json()
            return told
    raise AssertionError(server.log()[-4000:])


def test_database_and_index_are_where_the_environment_says(server: Server, elsewhere: Path) -> None:
    server.completed(server.ingest(OWN / "jfk.flac"))
    assert (elsewhere / "jobs.db").is_file() and any((elsewhere / "vectors").iterdir())
    assert not (server.data / "spool.db").exists() and not (server.data / "index").exists()
    assert server.search("ask not")


def test_so_many_jobs_run_at_a_time_as_the_environment_says(server: Server) -> None:
    assert server.http.get("/jobs/processing").json()["system"]["capacity"] == 3


def test_a_file_over_the_size_of_the_environment_is_refused(server: Server) -> None:
    asked = {"filename": "talk.wav"}
    url = "/api/v1/ingest"
    answer = server.http.post(url, content=bytes(MAX_FILE_SIZE + 1), params=asked)
    assert answer.status_code == 413, answer.text
    assert answer.json()["error"]["code"] == "upload.too_large"
    assert str(MAX_FILE_SIZE) in answer.json()["error"]["message"]
    answer = server.http.post(url, content=bytes(MAX_FILE_SIZE), params=asked)
    assert answer.status_code == 202, answer.text


def test_the_key_of_the_environment_opens_the_endpoint(server: Server, world: HTTPServer) -> None:
    result = server.completed(server.ingest(OWN / "jfk.flac"))
    assert (result["provider"], result["transcript"]) == ("openai", "ask not")
    asked = [each for each, _ in world.log if each.path == "/v1/audio/transcriptions"]
    assert {each.headers["Authorization"] for each in asked} == {f"Bearer {KEY}"}
    assert KEY not in server.log()


def test_a_webhook_is_tried_again_as_often_and_as_soon_as_the_environment_says(
    server: Server, world: HTTPServer
) -> None:
    job_id = server.ingest(OWN / "jfk.flac", webhook_url=world.url_for("/fails"))
    told = given_up(server, job_id)
    assert [each["error"] for each in told["tries"]] == ["answered 500"] * 2
    [wait] = [line["message"] for line in lines(server, job_id) if "again in" in line["message"]]
    assert wait.endswith("answered 500, again in 0 s"), "5 s are the default"


def test_a_webhook_waits_for_an_answer_as_long_as_the_environment_says(
    server: Server, world: HTTPServer
) -> None:
    job_id = server.ingest(OWN / "jfk.flac", webhook_url=world.url_for("/never"))
    told = given_up(server, job_id)
    assert {each["error"] for each in told["tries"]} == {"no answer within 1.5 s"}


def test_each_transition_is_one_line_of_json_with_job_stage_and_attempt(server: Server) -> None:
    job_id = server.ingest(OWN / "jfk.flac")
    server.completed(job_id)
    told = lines(server, job_id)
    for begin, stage in TRANSITIONS:
        [line] = [each for each in told if each["message"].startswith(begin)]
        attempt = 0 if begin == "taken in" else 1
        assert line["extra"].items() >= {"stage": stage, "attempt": attempt}.items(), line
    begins = [begin for begin, _ in TRANSITIONS]
    order = [begin for each in told for begin in begins if each["message"].startswith(begin)]
    assert order == begins


def test_what_is_done_to_a_job_by_hand_is_a_line_of_the_same_kind(
    server: Server, tmp_path: Path
) -> None:
    """A job that failed is sent on its way again, and says how far it had come."""
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"no sound at all")
    job_id = server.ingest(broken)
    assert server.ended(job_id)["status"] == "Failed"
    assert server.http.post(f"/api/v1/jobs/{job_id}/retry").status_code in (200, 202)
    server.ended(job_id)
    told = lines(server, job_id)
    [failed, failed_again] = [each for each in told if each["message"].startswith("failed")]
    for line, attempt in ((failed, 1), (failed_again, 2)):
        assert line["extra"]["stage"] == "media_extraction"
        assert line["extra"]["attempt"] == attempt
    [again] = [each for each in told if each["message"].startswith("sent on its way again")]
    assert again["extra"].items() >= {"stage": "media_extraction", "attempt": 1}.items()


def test_it_says_so_in_text_unless_it_is_asked_for_json(own_server: Callable[..., Server]) -> None:
    server = own_server(APP__TRANSCRIPTION__MODEL="tiny.en")
    server.start()
    job_id = server.ingest(OWN / "jfk.flac")
    server.completed(job_id)
    [line] = [each for each in server.log().splitlines() if "stage transcribing" in each]
    assert f"job_id={job_id} stage=transcribing attempt=1" in line
    assert server.stop() == 0


def test_job_cleanup_days_lets_old_jobs_go(own_server: Callable[..., Server], jfk: Path) -> None:
    server = own_server()
    server.start()
    job_id = server.ingest(jfk)
    server.completed(job_id)
    assert server.stop() == 0
    server.environment["JOB_CLEANUP_DAYS"] = "0.000001"
    server.start()
    server.until_ready()
    [rule] = [
        each
        for each in server.http.get("/api/v1/retention").json()["rules"]
        if each["ending"] == "completed"
    ]
    assert [job["job_id"] for job in rule["jobs"]] == [job_id]
    assert server.http.post("/api/v1/retention").json() == {"deleted": 1}
    assert server.http.get(f"/api/v1/jobs/{job_id}").status_code == 404
    assert server.search("country") == []
