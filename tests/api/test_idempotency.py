"""`Idempotency-Key`: the same request, however often it is sent, is one job."""

import asyncio
from collections.abc import Callable

import httpx2
import pytest

from app.domain.keys import Scope
from app.web.gate import Gate
from tests.api.spool import INGEST, MEDIA_HOST, Spool, multipart, refused
from tests.api.test_rate_limits import gated
from tests.media import silence

Make = Callable[..., dict[str, object]]
TALK = {"filename": "talk.wav"}

pytestmark = pytest.mark.asyncio(loop_scope="module")


def form(content: bytes, name: str = "talk.wav", title: str = "A talk") -> dict[str, object]:
    body, headers = multipart(("title", None, title.encode()), ("file", name, content))
    return {"content": body, "headers": headers}


def raw(content: bytes, name: str = "talk.wav", title: str = "A talk") -> dict[str, object]:
    return {"content": content, "params": {"filename": name, "title": title}}


MAKES: dict[str, Make] = {"form": form, "raw": raw}


async def send(spool: Spool, request: dict[str, object], key: str) -> httpx2.Response:
    headers = {**dict(request.get("headers", {})), "Idempotency-Key": key}  # type: ignore[call-overload]
    return await spool.http.post(INGEST, **{**request, "headers": headers})  # type: ignore[arg-type]


async def taken_in(spool: Spool, request: dict[str, object], key: str) -> str:
    answer = await send(spool, request, key)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == answer.json()["status_url"]
    return str(answer.json()["job_id"])


@pytest.mark.parametrize("kind", ["form", "raw"])
async def test_an_upload_sent_twice_is_one_job_and_one_file(
    spool: Spool, quiet: bytes, kind: str
) -> None:
    key = f"upload by {kind}"
    first = await taken_in(spool, MAKES[kind](quiet), key)
    await spool.completed(first)
    jobs, files = await spool.count(), spool.files()
    assert await taken_in(spool, MAKES[kind](quiet), key) == first
    assert (await spool.count(), spool.files()) == (jobs, files)


@pytest.mark.parametrize("kind", ["path", "url"])
async def test_a_source_named_twice_is_one_job(spool: Spool, kind: str) -> None:
    silence(spool.root / "talk.wav", 0.5)
    source = {"path": "talk.wav", "url": f"http://{MEDIA_HOST}:9/talk.wav"}[kind]
    request: dict[str, object] = {"json": {kind: source, "title": "A talk"}}
    first = await taken_in(spool, request, f"by {kind}")
    jobs = await spool.count()
    assert await taken_in(spool, request, f"by {kind}") == first
    assert await spool.count() == jobs


@pytest.mark.parametrize("kind", ["form", "raw"])
@pytest.mark.parametrize(
    "change", [{"name": "other.wav"}, {"title": "Another"}, {"content": b"other bytes"}]
)
async def test_something_else_under_the_same_key_is_refused_and_leaves_nothing(
    spool: Spool, quiet: bytes, kind: str, change: dict[str, object]
) -> None:
    key = f"{kind} with another {next(iter(change))}"
    first = await taken_in(spool, MAKES[kind](quiet), key)
    await spool.ended(first)
    other = MAKES[kind](**{"content": quiet, **change})
    said = await refused(spool, send(spool, other, key), 422, "request.key_reused")
    assert "Idempotency-Key" in said and "new key" in said


async def test_fifty_at_once_are_one_job(spool: Spool, quiet: bytes) -> None:
    jobs, files = await spool.count(), spool.files()
    ids = await asyncio.gather(*(taken_in(spool, raw(quiet), "fifty") for _ in range(50)))
    assert len(set(ids)) == 1
    await spool.completed(ids[0])
    assert await spool.count() == jobs + 1
    assert len(spool.files() - files) == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", "schl\xfcssel"])
async def test_a_malformed_key_is_refused(spool: Spool, quiet: bytes, key: str) -> None:
    headers = {b"Idempotency-Key": key.encode("latin-1")}
    sent = spool.http.post(INGEST, content=quiet, headers=headers)
    assert "printable ASCII" in await refused(spool, sent, 422, "request.invalid")


async def test_the_key_of_an_upload_that_was_refused_is_free(spool: Spool, quiet: bytes) -> None:
    await refused(spool, send(spool, raw(b""), "free"), 422)
    wrong = {**raw(quiet), "params": {"filename": "talk.wav", "language": "Klingon"}}
    await refused(spool, send(spool, wrong, "free"), 422)
    await spool.completed(await taken_in(spool, raw(quiet), "free"))


async def test_the_key_of_a_deleted_job_is_free(spool: Spool, quiet: bytes) -> None:
    first = await taken_in(spool, raw(quiet), "again")
    assert (await spool.http.delete(f"/api/v1/jobs/{first}")).status_code == 204
    assert await taken_in(spool, raw(quiet), "again") != first


async def test_one_api_key_learns_nothing_of_what_another_sent_under_the_same_name(
    spool: Spool, quiet: bytes
) -> None:
    keys = spool.doors.keys
    mine, yours = [(await keys.create("x", {Scope.INGEST}))[1] for _ in range(2)]
    name, other = "n" * 255, quiet + b"\0\0"

    async def sent(http: httpx2.AsyncClient, key: str, content: bytes) -> str:
        headers = {"X-API-Key": key, "Idempotency-Key": name}
        answer = await http.post(INGEST, params=TALK, content=content, headers=headers)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["job_id"])

    async with gated(spool.doors, Gate(keys_required=True)) as http:
        first = await sent(http, mine, quiet)
        second = await sent(http, yours, other)
        assert first != second
        assert [await sent(http, mine, quiet), await sent(http, yours, other)] == [first, second]
    await keys.settle()


async def test_without_a_key_every_request_is_a_job(spool: Spool, quiet: bytes) -> None:
    assert await spool.take_in(quiet) != await spool.take_in(quiet)
