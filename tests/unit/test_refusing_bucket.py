"""What an object store answers that will not, or cannot: each time an error of the domain."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from app.adapters.object_store import ObjectStorage, open_store
from app.adapters.object_store import storage as in_a_bucket
from app.domain.buckets import NAMES
from app.domain.errors import (
    Budget,
    ConfigError,
    NotFound,
    SpoolError,
    StorageDenied,
    StorageError,
    TooLarge,
)

KEY = "audio_jobs/x.wav"
ANY = re.compile(".*")
BEGUN = (
    "<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key><UploadId>one</UploadId>"
    "</InitiateMultipartUploadResult>"
)


@pytest.fixture
def storage(httpserver: HTTPServer) -> ObjectStorage:
    """In a bucket of `httpserver`; what fails is not tried again."""
    return at(httpserver.url_for("").rstrip("/"))


def at(endpoint: str) -> ObjectStorage:
    options = {
        "aws_endpoint": endpoint,
        "aws_access_key_id": "tests",
        "aws_secret_access_key": "swordfish",
        "aws_region": "us-east-1",
        "allow_http": "true",
    }
    return ObjectStorage(open_store("s3://bucket/spool", options, retries=timedelta()))


async def chunks(size: int, number: int = 1) -> AsyncIterator[bytes]:
    for _ in range(number):
        yield b"x" * size


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, StorageError),
        (401, StorageDenied),
        (403, StorageDenied),
        (404, NotFound),
        (500, StorageError),
        (503, StorageError),
    ],
)
async def test_a_refusal_is_told_as_what_it_is(
    storage: ObjectStorage, httpserver: HTTPServer, status: int, kind: type[SpoolError]
) -> None:
    httpserver.expect_request(ANY).respond_with_data("", status=status)
    with pytest.raises(kind) as caught:
        await storage.load_file(KEY)
    assert type(caught.value) is kind
    assert "swordfish" not in caught.value.message and "127.0.0.1" not in caught.value.message


async def test_without_the_bucket_nothing_can_be_saved(
    storage: ObjectStorage, httpserver: HTTPServer
) -> None:
    httpserver.expect_request(ANY).respond_with_data("", status=404)
    with pytest.raises(StorageError):
        await storage.save_file(KEY, chunks(10))


async def test_a_bucket_that_does_not_answer_costs_no_job_an_attempt() -> None:
    storage = at("http://127.0.0.1:9")  # nobody listens there
    for call in (
        storage.load_file(KEY),
        storage.open(KEY),
        storage.delete_file(KEY),
        storage.save_file(KEY, chunks(10)),
        storage.remove([KEY]),
    ):
        with pytest.raises(StorageError) as caught:
            await call
        assert (caught.value.budget, caught.value.retryable) == (Budget.FREE, True)


async def test_what_is_larger_than_a_bucket_can_put_together_is_refused_as_that(
    storage: ObjectStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its last part would be refused without a word of why, again and again."""
    monkeypatch.setattr(in_a_bucket, "MOST", 10)
    with pytest.raises(TooLarge, match="more than the 10 bytes"):
        await storage.save_file(KEY, chunks(11), limit=1000)


async def test_an_upload_of_which_a_part_fails_is_taken_back(
    storage: ObjectStorage, httpserver: HTTPServer
) -> None:
    asked: list[str] = []

    def answer(request: Request) -> Response:
        asked.append(request.method)
        if request.method == "POST" and "uploads" in request.args:
            return Response(BEGUN, content_type="application/xml")
        return Response(status=204 if request.method == "DELETE" else 503)

    httpserver.expect_request(ANY).respond_with_handler(answer)
    with pytest.raises(StorageError):
        await storage.save_file(KEY, chunks(4_000_000, 12))
    assert asked[0] == "POST" and "PUT" in asked and asked[-1] == "DELETE"


@pytest.mark.parametrize("kind", ["s3", "az"])  # of gs it is a document
def test_every_key_that_the_environment_may_tell_is_an_option(kind: str) -> None:
    told = {name.lower(): "sv=eA==" if "SAS" in name else "eA==" for name in NAMES[kind]}
    together = [told] if kind == "s3" else [{name: value} for name, value in told.items()]
    for options in together:
        open_store(f"{kind}://bucket", MORE.get(kind, {}) | options)


#: Without which no other option of this kind of store is looked at.
MORE = {"az": {"azure_storage_account_name": "x"}}


def test_options_that_nobody_knows_are_refused_without_their_values() -> None:
    with pytest.raises(ConfigError) as caught:
        open_store("s3://bucket", {"aws_seceret_key": "swordfish"})
    assert "swordfish" not in caught.value.message
