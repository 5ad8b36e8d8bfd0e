"""Ways in: five of them, one answer; and whatever is wrong is refused and leaves nothing."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from urllib.parse import urlencode

import httpx2
import pytest
from pytest_httpserver import HTTPServer

from tests.api.spool import (
    INGEST,
    MAX_FILE_SIZE,
    Spool,
    hang_up,
    in_chunks,
    multipart,
    refused,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

Way = Callable[[Spool, bytes, HTTPServer], Awaitable[httpx2.Response]]
FORM = "application/x-www-form-urlencoded"


async def json_path(spool: Spool, sound: bytes, _: HTTPServer) -> httpx2.Response:
    (spool.root / "talk.wav").write_bytes(sound)
    return await spool.http.post(INGEST, json={"path": str(spool.root / "talk.wav")})


async def relative_path(spool: Spool, sound: bytes, _: HTTPServer) -> httpx2.Response:
    (spool.root / "talk.wav").write_bytes(sound)
    return await spool.http.post(INGEST, json={"path": "talk.wav"})


async def json_url(spool: Spool, sound: bytes, server: HTTPServer) -> httpx2.Response:
    server.expect_request("/talk.wav").respond_with_data(sound)
    return await spool.http.post(INGEST, json={"url": server.url_for("/talk.wav")})


async def form_file(spool: Spool, sound: bytes, _: HTTPServer) -> httpx2.Response:
    return await spool.http.post(INGEST, files={"file": ("talk.wav", sound, "audio/wav")})


async def form_path(spool: Spool, sound: bytes, _: HTTPServer) -> httpx2.Response:
    (spool.root / "talk.wav").write_bytes(sound)
    return await spool.http.post(INGEST, data={"path": "talk.wav"})


async def multipart_path(spool: Spool, sound: bytes, _: HTTPServer) -> httpx2.Response:
    (spool.root / "talk.wav").write_bytes(sound)
    body, headers = multipart(("path", None, b"talk.wav"))
    return await spool.http.post(INGEST, content=body, headers=headers)


async def raw_post(spool: Spool, sound: bytes, _: HTTPServer) -> httpx2.Response:
    return await spool.http.post(f"{INGEST}?filename=talk.wav", content=sound)


async def raw_put(spool: Spool, sound: bytes, _: HTTPServer) -> httpx2.Response:
    """As `curl -T -` sends what it reads from a pipe: by PUT, in chunks, of no declared type."""
    return await spool.http.put(f"{INGEST}?filename=talk.wav", content=in_chunks(sound, 1000))


WAYS: dict[Way, str] = {
    json_path: "path",
    relative_path: "path",
    json_url: "url",
    form_file: "upload",
    form_path: "path",
    multipart_path: "path",
    raw_post: "upload",
    raw_put: "upload",
}


ways = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)


async def send_form(
    spool: Spool, *parts: tuple[str, str | None, bytes], query: str = ""
) -> httpx2.Response:
    body, headers = multipart(*parts)
    return await spool.http.post(INGEST + query, content=body, headers=headers)


async def send_json(spool: Spool, text: bytes) -> httpx2.Response:
    headers = {"Content-Type": "application/json"}
    return await spool.http.post(INGEST, content=text, headers=headers)


# the ways in


@ways
async def test_every_way_in_becomes_a_job_that_completes(
    spool: Spool, quiet: bytes, media_server: HTTPServer, way: Way
) -> None:
    answer = await way(spool, quiet, media_server)
    assert answer.status_code == 202, answer.text
    ticket = answer.json()
    here = f"/api/v1/jobs/{ticket['job_id']}"
    assert ticket == {
        "job_id": ticket["job_id"],
        "status": "Pending",
        "status_url": here,
        "result_url": f"{here}/result",
    }
    assert answer.headers["location"] == here
    job = await spool.completed(ticket["job_id"])
    assert job["source"]["kind"] == WAYS[way]
    assert job["source"]["name"].endswith("talk.wav") and job["title"] == "talk.wav"
    assert job["duration"] == 0.5


@ways
async def test_the_job_is_found_by_others_as_soon_as_it_is_answered(
    spool: Spool, quiet: bytes, media_server: HTTPServer, way: Way
) -> None:
    answer = await way(spool, quiet, media_server)
    job_id = answer.json()["job_id"]
    file = f"file:{spool.data / 'spool.db'}?mode=ro"
    with closing(sqlite3.connect(file, uri=True)) as database:
        rows = database.execute("SELECT count(*) FROM jobs WHERE job_id = ?", (job_id,)).fetchone()
    assert rows == (1,)
    assert (await spool.http.get(answer.headers["location"])).status_code == 200
    await spool.completed(job_id)


async def test_an_upload_is_on_disk_byte_for_byte(spool: Spool, quiet: bytes) -> None:
    job_id = await spool.take_in(quiet, "Talk.WAV")
    assert (spool.data / "audio_jobs" / f"{job_id}.wav").read_bytes() == quiet
    body, headers = multipart(("file", "video.MP4", quiet))
    answer = await spool.http.post(INGEST, content=in_chunks(body, 7), headers=headers)
    video = spool.data / "video_jobs" / f"{answer.json()['job_id']}.mp4"
    assert video.read_bytes() == quiet


async def test_an_upload_without_a_name_has_one(spool: Spool, quiet: bytes) -> None:
    for answer in (
        await spool.http.post(INGEST, content=quiet),
        await send_form(spool, ("file", None, quiet)),
        await send_form(spool, ("file", "", quiet)),
    ):
        assert (await spool.completed(answer.json()["job_id"]))["title"] == "upload"


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("наука.mp4", "наука.mp4"),
        ("../../etc/passwd", "passwd"),
        ("a\x00b\x1b[31m.mp4", "ab[31m.mp4"),
        ("x" * 1000 + ".mp4", None),
        ("-i.mp4", "-i.mp4"),
        ("<script>.mp4", "<script>.mp4"),
    ],
)
async def test_a_hostile_file_name_is_only_a_name(
    spool: Spool, quiet: bytes, name: str, title: str | None
) -> None:
    job = await spool.completed((await send_form(spool, ("file", name, quiet))).json()["job_id"])
    assert job["source"]["name"].isprintable() and len(job["source"]["name"]) <= 200
    assert job["title"] == (title or job["title"])


# options


async def options_of(spool: Spool, answer: httpx2.Response) -> dict[str, object]:
    assert answer.status_code == 202, answer.text
    options = (await spool.doors.jobs.get(answer.json()["job_id"])).options
    return {
        name: getattr(options, name)
        for name in ("language", "title", "labels", "word_timestamps", "task", "asset_id")
        if getattr(options, name)
    }


@pytest.mark.parametrize("order", ["before", "after", "around"])
async def test_fields_may_stand_before_and_after_the_file(
    spool: Spool, quiet: bytes, order: str
) -> None:
    file: tuple[str, str | None, bytes] = ("file", "talk.wav", quiet)
    first: tuple[str, str | None, bytes] = ("language", None, b"german")
    second: tuple[str, str | None, bytes] = ("title", None, "Übung".encode())
    orders = {"before": (first, second, file), "after": (file, first, second)}
    parts = orders.get(order, (first, file, second))
    found = await options_of(spool, await send_form(spool, *parts))
    assert found["language"] == "de" and found["title"] == "Übung"


async def test_options_are_taken_as_json_as_form_and_as_query(spool: Spool, quiet: bytes) -> None:
    (spool.root / "o.wav").write_bytes(quiet)
    given = {"title": "T", "word_timestamps": True, "task": "translate", "asset_id": "a/1"}
    fields = {**given, "word_timestamps": "true"}
    expected = {**given, "task": "translate"}
    query = urlencode(fields)
    for answer in (
        await spool.http.post(INGEST, json={"path": "o.wav", **given}),
        await spool.http.post(INGEST, data={"path": "o.wav", **fields}),
        await send_form(spool, ("file", "o.wav", quiet), query=f"?{query}"),
        await spool.http.post(f"{INGEST}?{query}", content=quiet),
        await spool.http.post(f"{INGEST}?{query}", json={"path": "o.wav"}),
    ):
        assert await options_of(spool, answer) | {"task": "translate"} == {
            "task": "translate",
            **{name: expected[name] for name in expected},
        }


async def test_labels_come_as_list_separated_by_commas_and_repeated(
    spool: Spool, quiet: bytes
) -> None:
    (spool.root / "l.wav").write_bytes(quiet)
    for answer in (
        await spool.http.post(INGEST, json={"path": "l.wav", "labels": ["a", "b c"]}),
        await spool.http.post(INGEST, json={"path": "l.wav", "labels": "a, b c,"}),
        await spool.http.post(f"{INGEST}?labels=a,b%20c", content=quiet),
        await spool.http.post(f"{INGEST}?labels=a&labels=b+c", content=quiet),
        await send_form(spool, ("labels", None, b'["a", "b c"]'), ("file", "l", quiet)),
        await send_form(
            spool, ("labels", None, b"a"), ("file", "l", quiet), ("labels", None, b"b c")
        ),
    ):
        assert (await options_of(spool, answer))["labels"] == ("a", "b c")


@pytest.mark.parametrize("labels", [b'["a"', b'["a", 1]', b"[" * 5000, b"[[]]"])
async def test_labels_that_only_begin_as_json_are_refused(
    spool: Spool, quiet: bytes, labels: bytes
) -> None:
    answer = await send_form(spool, ("labels", None, labels), ("file", "l", quiet))
    assert answer.status_code == 422 and "labels" in answer.json()["error"]["message"]


@pytest.mark.parametrize(("named", "code"), [("de", "de"), ("German", "de"), ("MANDARIN", "zh")])
async def test_a_language_is_taken_by_code_and_by_name(
    spool: Spool, quiet: bytes, named: str, code: str
) -> None:
    answer = await spool.http.post(f"{INGEST}?language={named}", content=quiet)
    assert (await options_of(spool, answer))["language"] == code


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("language", "Klingon"),
        ("provider", "aws"),
        ("model", "basic"),
        ("task", "sing"),
        ("word_timestamps", "perhaps"),
        ("title", ""),
        ("title", "x" * 201),
        ("title", "a\x07b"),
        ("labels", ",".join(f"l{number}" for number in range(51))),
        ("prompt", "x" * 2001),
        ("prompt", "a\x00b"),
        ("languge", "en"),
        ("priority", "urgent"),
    ],
)
async def test_a_wrong_option_is_named_on_every_way(
    spool: Spool, quiet: bytes, option: str, value: str
) -> None:
    (spool.root / "w.wav").write_bytes(quiet)
    query = urlencode({option: value})
    for answer in (
        spool.http.post(INGEST, json={"path": "w.wav", option: value}),
        spool.http.post(INGEST, data={"path": "w.wav", option: value}),
        send_form(spool, ("file", "w.wav", quiet), (option, None, value.encode())),
        spool.http.post(f"{INGEST}?{query}", content=quiet),
        spool.http.put(f"{INGEST}?{query}", content=quiet),
    ):
        assert option in await refused(spool, answer, 422, "request.invalid")


@pytest.mark.parametrize(
    "wrong",
    [
        {"path": 5},
        {"path": ["a"]},
        {"path": "x", "word_timestamps": "yes"},
        {"path": "x", "word_timestamps": 1},
        {"path": "x", "language": 5},
        {"path": "x", "title": None, "labels": [1]},
        {"path": "x", "labels": {"a": 1}},
        {"path": "x", "task": True},
        {"url": {"href": "x"}},
    ],
)
async def test_json_of_the_wrong_type_is_refused(spool: Spool, wrong: dict[str, object]) -> None:
    assert await refused(spool, spool.http.post(INGEST, json=wrong), 422, "request.invalid")


async def test_an_option_given_twice_is_refused(spool: Spool, quiet: bytes) -> None:
    (spool.root / "t.wav").write_bytes(quiet)
    for answer in (
        spool.http.post(f"{INGEST}?title=a&title=b", content=quiet),
        spool.http.post(f"{INGEST}?title=a", json={"path": "t.wav", "title": "b"}),
        send_form(spool, ("title", None, b"a"), ("file", "t", quiet), query="?title=b"),
    ):
        assert "title" in await refused(spool, answer, 422, "request.invalid")


async def test_a_model_that_is_a_path_of_the_server_tells_nothing(
    spool: Spool, quiet: bytes
) -> None:
    there, nowhere = spool.data / "spool.db", spool.data / "nowhere.bin"
    told = []
    for path in (there, nowhere):
        answer = spool.http.post(INGEST, content=quiet, params={"model": str(path)})
        told.append((await refused(spool, answer, 422)).replace(str(path), "PATH"))
    assert told[0] == told[1]
    assert "one of: " in told[0]


# sources


async def test_without_a_source_there_is_no_job(spool: Spool) -> None:
    empty, headers = multipart()
    for answer in (
        spool.http.post(INGEST),
        spool.http.put(INGEST),
        spool.http.post(INGEST, json={}),
        spool.http.post(INGEST, json={"title": "x"}),
        spool.http.post(INGEST, json={"path": None}),
        spool.http.post(INGEST, content=b"", headers={"Content-Type": FORM}),
        spool.http.post(INGEST, data={"title": "x"}),
        spool.http.post(INGEST, content=empty, headers=headers),
        send_form(spool, ("title", None, b"x")),
    ):
        assert "source" in await refused(spool, answer, 422, "request.invalid")


async def test_of_two_sources_none_is_taken(spool: Spool, quiet: bytes) -> None:
    (spool.root / "two.wav").write_bytes(quiet)
    both = {"path": "two.wav", "url": "https://example.org/x.wav"}
    for answer in (
        spool.http.post(INGEST, json=both),
        spool.http.post(INGEST, data=both),
        send_form(spool, ("file", "x.wav", quiet), ("path", None, b"two.wav")),
        send_form(spool, ("path", None, b"two.wav"), ("file", "x.wav", quiet)),
        spool.http.post(f"{INGEST}?path=two.wav", content=quiet),
        spool.http.post(f"{INGEST}?url=https://example.org/x", json={"path": "two.wav"}),
    ):
        assert await refused(spool, answer, 422, "request.invalid")


async def test_of_two_files_none_is_taken(spool: Spool, quiet: bytes) -> None:
    for answer in (
        send_form(spool, ("file", "a.wav", quiet), ("file", "b.wav", quiet)),
        send_form(spool, ("file", "a.wav", quiet), ("other", "b.wav", quiet)),
        send_form(spool, ("other", "b.wav", quiet)),
    ):
        assert "one file" in await refused(spool, answer, 422, "request.invalid")


async def test_an_empty_upload_is_refused(spool: Spool) -> None:
    for answer in (
        spool.http.put(INGEST, content=in_chunks(b"")),
        spool.http.post(INGEST, content=in_chunks(b"")),
        send_form(spool, ("file", "talk.wav", b"")),
    ):
        await refused(spool, answer, 422, "media.empty")


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "chunked"])
async def test_an_upload_over_the_limit_is_refused(spool: Spool, declared: bool) -> None:
    large = b"x" * (MAX_FILE_SIZE + 1)
    body, headers = multipart(("title", None, b"x"), ("file", "talk.wav", large))

    def sent(content: bytes) -> httpx2.AsyncByteStream | bytes:
        return content if declared else in_chunks(content)  # type: ignore[return-value]

    for answer in (
        spool.http.post(INGEST, content=sent(large)),
        spool.http.put(INGEST, content=sent(large)),
        spool.http.post(INGEST, content=sent(body), headers=headers),
    ):
        await refused(spool, answer, 413, "upload.too_large")


async def test_a_declared_length_far_over_the_limit_is_refused_unread(spool: Spool) -> None:
    answer = await hang_up(spool.asgi, {"Content-Length": str(10**15)})
    assert answer[0]["status"] == 413


async def test_a_file_of_just_the_limit_is_taken(spool: Spool, quiet: bytes) -> None:
    body, headers = multipart(("file", "talk.wav", quiet.ljust(MAX_FILE_SIZE, b"\0")))
    answer = await spool.http.post(INGEST, content=body, headers=headers)
    await spool.completed(answer.json()["job_id"])


async def test_a_client_that_hangs_up_leaves_neither_file_nor_job(
    spool: Spool, quiet: bytes
) -> None:
    body, headers = multipart(("file", "talk.wav", quiet), ("title", None, b"x"))
    cut_in_file, cut_after_file = body[: len(quiet) // 2], body[:-30]
    jobs, files = await spool.count(), spool.files()
    await hang_up(spool.asgi, {"Content-Length": "999999"}, quiet[:1000], quiet[1000:5000])
    await hang_up(spool.asgi, {"Content-Length": "999999"})
    await hang_up(spool.asgi, headers, cut_in_file)
    await hang_up(spool.asgi, headers, cut_after_file)
    await hang_up(spool.asgi, {"Content-Type": "application/json"}, b'{"path": ')
    await hang_up(spool.asgi, {"Content-Type": FORM}, b"path=")
    assert await spool.count() == jobs and spool.files() == files


async def test_a_request_that_is_abandoned_by_the_server_leaves_nothing(
    spool: Spool, quiet: bytes
) -> None:
    begun, never = asyncio.Event(), asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield quiet[:1000]
        begun.set()
        await never.wait()

    jobs, files = await spool.count(), spool.files()
    request = asyncio.create_task(spool.http.post(INGEST, content=endless()))
    await begun.wait()
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    assert await spool.count() == jobs and spool.files() == files


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=", b"x"),
        ("multipart/form-data; boundary=b", b""),
        ("multipart/form-data; boundary=b", b"no boundary at all"),
        ("multipart/form-data; boundary=b", b"--b\r\n"),
        ("multipart/form-data; boundary=b", b"--b\r\n\r\nx\r\n--b--\r\n"),
        ("multipart/form-data; boundary=b", b"--b\r\nX: y\r\n\r\nx\r\n--b--\r\n"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\nabc',
        ),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nabc\r\n--bX',
        ),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="\xff"\r\n\r\nx\r\n--b--\r\n',
        ),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="title"\r\n\r\n\xff\r\n--b--\r\n',
        ),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="' + b"x" * 9000,
        ),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="labels"\r\n\r\nx\r\n' * 100 + b"--b--",
        ),
        ('multipart/form-data; boundary="\u00ff"', b"x"),
    ],
)
async def test_a_broken_form_is_refused(spool: Spool, content_type: str, body: bytes) -> None:
    headers = {b"Content-Type": content_type.encode("latin-1")}
    answer = spool.http.post(INGEST, content=body, headers=headers)
    await refused(spool, answer, 422, "request.invalid")


async def test_a_form_field_has_a_limit(spool: Spool) -> None:
    answer = send_form(spool, ("title", None, b"x" * 100_000))
    assert "title" in await refused(spool, answer, 413, "body.too_large")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"path"',
        b"NaN",
        b'{"path": NaN}',
        b'{"path": Infinity}',
        b'{"path": "\\ud800"}',
        b'{"\\ud800": 1}',
        b'{"path": "x", "title": "\\udfff"}',
        b'{"path": "\xff"}',
        b"\xff\xfe\x00",
        b'{"path": 1e999}',
        b'{"path": ' + b"9" * 5000 + b"}",
        b"[" * 5000,
        b'{"a":' * 50_000,
        b'{"path": ' + b"[" * 900 + b"]" * 900 + b"}",
    ],
)
async def test_whatever_is_called_json_is_refused_with_reason(spool: Spool, text: bytes) -> None:
    await refused(spool, send_json(spool, text), 422, "request.invalid")


async def test_json_has_a_limit(spool: Spool) -> None:
    large = json.dumps({"path": "x" * 2_000_000}).encode()
    await refused(spool, send_json(spool, large), 413, "body.too_large")


async def test_the_answer_to_many_mistakes_is_short(spool: Spool) -> None:
    many = {f"key-{number}": 1 for number in range(20_000)}
    assert len(await refused(spool, spool.http.post(INGEST, json=many), 422)) < 2000
    long = {"x" * 500_000: 1}
    assert len(await refused(spool, spool.http.post(INGEST, json=long), 422)) < 2000


async def test_a_file_sent_as_a_form_is_told_how_to_be_sent(spool: Spool, quiet: bytes) -> None:
    """`curl --data-binary @talk.wav` declares a form."""
    for content, status in ((quiet, 422), (quiet * 100, 413)):
        answer = spool.http.post(INGEST, content=content, headers={"Content-Type": FORM})
        assert "curl -T FILE" in await refused(spool, answer, status)
