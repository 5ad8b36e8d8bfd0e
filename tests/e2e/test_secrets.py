"""A service with secrets, and all that others may read of it: none of them stands there."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import psutil
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests.e2e.conftest import Server
from tests.media import OWN

ENDPOINTS = "token-of-the-tests"  # not as those of OpenAI look
WEBHOOKS = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
IN_ADDRESS = "hunter2-of-the-tests"
SECRETS = (ENDPOINTS, WEBHOOKS, IN_ADDRESS)
#: A path that no root has, and that would be a line of its own.
FORGED = "/no/such\n00:00:00.000 INFO    all is well\x1b[2J.wav"


@pytest.fixture(scope="module")
def world() -> Iterator[HTTPServer]:
    """An endpoint that repeats the key it was sent, as OpenAI's does, and a webhook likewise."""

    def repeat(request: Request) -> Response:
        said = f"Incorrect API key provided: {request.headers.get('Authorization')}"
        return Response(f'{{"error": {{"message": "{said}"}}}}', 401)

    with HTTPServer(host="127.0.0.1", threaded=True) as server:
        server.expect_request("/v1/audio/transcriptions").respond_with_handler(repeat)
        server.expect_request("/hook").respond_with_handler(repeat)
        yield server


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path, world: HTTPServer
) -> Iterator[Server]:
    made = Server(
        tmp_path_factory.mktemp("secrets"),
        model_folder,
        OPENAI_API_KEY=ENDPOINTS,
        app__webhooks__secret=WEBHOOKS,
        APP__WEBHOOKS__MAX_RETRIES="0",
        APP__TRANSCRIPTION__PROVIDER="openai",
        APP__TRANSCRIPTION__OPENAI_BASE_URL=world.url_for("/v1"),
        APP__INGESTION__ALLOWED_NETWORKS='["127.0.0.0/8"]',
        APP__INGESTION__MAX_ERRORS="1",
        APP__INGESTION__ALLOWED_ROOTS=f'["{OWN}"]',
    )
    made.start()
    made.until_ready()
    yield made
    made.close()


def told(server: Server, *paths: str) -> str:
    return "".join(server.http.get(path).text for path in paths)


def kept(server: Server) -> bytes:
    """All files of the data folder but the one that is the secret of the webhooks."""
    files = [path for path in server.data.rglob("*") if path.is_file()]
    return b"".join(path.read_bytes() for path in files if path.name != "webhook.secret")


def test_no_process_that_the_service_starts_inherits_a_secret(server: Server) -> None:
    children = psutil.Process(server.pid).children(recursive=True)
    assert children
    for child in children:
        block = Path(f"/proc/{child.pid}/environ").read_bytes()
        said = b" ".join([block, *(word.encode() for word in child.cmdline())])
        assert not [secret for secret in SECRETS if secret.encode() in said], child


def test_what_an_endpoint_repeats_of_its_key_stands_nowhere(
    server: Server, world: HTTPServer
) -> None:
    job_id = server.ingest(OWN / "jfk.flac", webhook_url=world.url_for("/hook"))
    job = server.ended(job_id)
    assert job["status"] == "Failed" and "Incorrect API key" in job["error"]["message"], job
    read = told(
        server,
        f"/api/v1/jobs/{job_id}",
        f"/status/{job_id}",
        f"/result/{job_id}",
        "/api/v1/dead-letters",
        "/api/v1/webhooks/deliveries",
        "/feed.atom",
        "/health",
    )
    for secret in SECRETS:
        assert secret not in read and secret not in server.log()
        assert secret.encode() not in kept(server)


def test_a_password_in_the_address_of_a_medium_is_told_to_nobody(
    server: Server, world: HTTPServer
) -> None:
    address = world.url_for("/nothing").replace("://", f"://reader:{IN_ADDRESS}@")
    answer = server.http.post("/api/v1/ingest", json={"url": address})
    if answer.status_code == httpx2.codes.ACCEPTED:
        server.ended(answer.json()["job_id"])
    assert IN_ADDRESS not in server.log() + answer.text


def test_a_path_makes_no_line_of_the_log(server: Server) -> None:
    server.http.post("/api/v1/ingest", json={"path": FORGED})
    server.http.get("/api/v1/jobs/" + "%0a00:00:00.000 INFO    all is well")
    assert not [line for line in server.log().splitlines() if line.startswith("00:00:00.000")]
    assert "\x1b" not in server.log()
