"""Two services on one PostgreSQL and one bucket: whichever a client asks, it is one Spool."""

import base64
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.buckets import Buckets
from tests.faults.outside import Outside
from tests.faults.polling import until
from tests.faults.spool import Spool
from tests.faults.test_buckets import settings_of
from tests.postgres import Postgres

JOBS = 6
DONE_WITHIN = 120.0  # seconds
FOUND_WITHIN = 60.0  # seconds: models are loaded, and what was written elsewhere is seen
TUS = {"Tus-Resumable": "1.0.0"}
UPLOADS = "/api/v1/uploads"

Two = tuple[Spool, Spool]


@pytest.fixture
def two(
    make_spool: Callable[..., Spool], s3_server: Buckets, postgres_server: Postgres
) -> Iterator[Two]:
    """The search index is in the bucket, too."""
    url = postgres_server.migrated()
    shared = settings_of(s3_server) | {"APP__STORAGE__DATABASE_URL": url}
    here, there = make_spool(**shared), make_spool(**shared)
    for each in (here, there):
        each.start()
    yield here, there
    for each in (here, there):
        each.kill()
    postgres_server.drop(url)


@pytest.mark.timeout(300)
def test_an_upload_begun_at_one_goes_on_at_the_other(two: Two, sent_media: Path) -> None:
    here, there = two
    medium = (sent_media / "short.wav").read_bytes()
    half = len(medium) // 2
    path = _begun(here, len(medium))
    _sent(here, path, 0, medium[:half])
    told = there.http.head(path, headers=TUS)
    assert told.headers["upload-offset"] == str(half)
    _sent(there, path, half, medium[half:])
    job_id = here.http.head(path, headers=TUS).headers["spool-job-id"]
    for each in two:
        assert each.ended(job_id, DONE_WITHIN)["status"] == "Completed"
        assert each.http.get(f"/api/v1/media/{job_id}").content == medium


@pytest.mark.timeout(300)
def test_what_one_took_in_is_found_and_played_at_both_and_gone_from_both(
    two: Two, sent_media: Path
) -> None:
    here, there = two
    job_id = here.post(sent_media / "short.wav", title="Quixotic zebra")
    assert there.ended(job_id, DONE_WITHIN)["status"] == "Completed"
    for each in two:
        until(partial(_finds, each, job_id), FOUND_WITHIN, "it is found")
        part = each.http.get(f"/api/v1/media/{job_id}", headers={"Range": "bytes=4-11"})
        assert part.content == (sent_media / "short.wav").read_bytes()[4:12]
        assert each.transcript(job_id)
    assert there.http.delete(f"/api/v1/jobs/{job_id}").status_code in (200, 204)
    for each in two:
        until(partial(_finds, each, job_id, gone=True), FOUND_WITHIN, "it is gone")
        assert each.http.get(f"/api/v1/media/{job_id}").status_code == 404


@pytest.mark.timeout(300)
def test_of_two_that_could_send_a_webhook_one_does(
    two: Two, world: Outside, sent_media: Path
) -> None:
    """Both used to be handed the same ones. Some are refused at first, and come again."""
    hook = f"{world.url}/hook"
    sent = [
        two[number % 2].post(sent_media / "short.wav", webhook_url=hook, title=f"{number}")
        for number in range(JOBS)
    ]
    for job_id in sent:
        until(partial(_delivered, two[0], job_id), DONE_WITHIN, "it is delivered")
    owed = [delivery for job_id in sent for delivery in _deliveries(two[1], job_id)]
    assert len(owed) == JOBS
    assert {each["id"]: each["attempts"] for each in owed} == dict(world.received)


def _begun(spool: Spool, length: int) -> str:
    name = base64.b64encode(b"short.wav").decode()
    told = {"Upload-Length": str(length), "Upload-Metadata": f"filename {name}"}
    answer = spool.http.post(UPLOADS, headers=TUS | told)
    assert answer.status_code == 201, answer.text
    return f"{UPLOADS}/{answer.headers['location'].rpartition('/')[2]}"


def _sent(spool: Spool, path: str, offset: int, content: bytes) -> None:
    told = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
    answer = spool.http.patch(path, headers=TUS | told, content=content)
    assert answer.status_code == 204, answer.text


def _finds(spool: Spool, asset_id: str, *, gone: bool = False) -> bool:
    """By the words that all media of these tests begin with."""
    answer = spool.http.get("/api/v1/search", params={"q": "window begins at sample"})
    if answer.status_code == 503:  # it still loads
        return False
    assert answer.status_code == 200, answer.text
    return (asset_id in {hit["asset_id"] for hit in answer.json()["hits"]}) != gone


def _deliveries(spool: Spool, job_id: str) -> list[dict[str, Any]]:
    answer = spool.http.get(f"/api/v1/webhooks/deliveries?job_id={job_id}")
    return list(answer.json()["deliveries"])


def _delivered(spool: Spool, job_id: str) -> bool:
    states = [each["state"] for each in _deliveries(spool, job_id)]
    return bool(states) and set(states) == {"delivered"}
