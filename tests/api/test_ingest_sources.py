"""Sources that a body names: paths of the server and URLs, and where they may not lead."""

import os

import pytest
from pytest_httpserver import HTTPServer

from tests.api.spool import INGEST, Spool, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_paths_outside_the_roots_tell_nothing(spool: Spool) -> None:
    outside = spool.root.parent / "secret.wav"
    outside.write_bytes(b"x")
    (spool.root / "link.wav").symlink_to(outside)
    (spool.root / "broken.wav").symlink_to(spool.root.parent / "nothing.wav")
    told = set()
    for path in (
        str(outside),
        str(spool.root.parent / "nothing.wav"),
        "../secret.wav",
        "../nothing.wav",
        "x/../../secret.wav",
        "link.wav",
        "broken.wav",
        str(spool.root.parent),
        "/",
        "/etc/passwd",
        "/proc/self/environ",
        "/dev/zero",
        "..",
    ):
        answer = spool.http.post(INGEST, json={"path": path})
        told.add(await refused(spool, answer, 403, "source.forbidden"))
    assert len(told) == 1
    assert str(spool.root) not in told.pop()


async def test_under_the_roots_only_regular_files_are_taken(spool: Spool) -> None:
    (spool.root / "folder").mkdir(exist_ok=True)
    if not (spool.root / "pipe.wav").exists():
        os.mkfifo(spool.root / "pipe.wav")
    for path in ("folder", "pipe.wav", "nothing.wav", ".", str(spool.root), "x" * 4000):
        await refused(spool, spool.http.post(INGEST, json={"path": path}), 404, "source.not_found")


@pytest.mark.parametrize("path", ["", "\0", "talk.wav\0.txt", "x" * 5000])
async def test_what_is_no_path_is_refused(spool: Spool, path: str) -> None:
    await refused(spool, spool.http.post(INGEST, json={"path": path}), 422, "request.invalid")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x.mp4",
        "http://localhost/x.mp4",
        "http://LOCALHOST/x.mp4",
        "http://127.1/x.mp4",
        "http://2130706433/x.mp4",
        "http://0x7f.0.0.1/x.mp4",
        "http://0/x.mp4",
        "http://0.0.0.0/x.mp4",
        "http://10.0.0.1/x.mp4",
        "http://172.16.0.1/x.mp4",
        "http://192.168.0.1/x.mp4",
        "http://100.64.0.1/x.mp4",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/x.mp4",
        "http://[::]/x.mp4",
        "http://[::ffff:127.0.0.1]/x.mp4",
        "http://[::ffff:7f00:1]/x.mp4",
        "http://[64:ff9b::7f00:1]/x.mp4",
        "http://[2002:7f00:1::]/x.mp4",
        "http://[fd00::1]/x.mp4",
        "http://[fe80::1]/x.mp4",
        "http://127.9.9.8/x.mp4",
        "http://224.0.0.1/x.mp4",
        "http://255.255.255.255/x.mp4",
    ],
)
async def test_a_url_that_leads_inside_is_forbidden(spool: Spool, url: str) -> None:
    for answer in (
        spool.http.post(INGEST, json={"url": url}),
        spool.http.post(INGEST, data={"url": url}),
    ):
        await refused(spool, answer, 403, "source.forbidden")


@pytest.mark.parametrize(
    "url",
    [
        "x",
        "/etc/passwd",
        "file:///etc/passwd",
        "ftp://example.org/x.mp4",
        "gopher://example.org/",
        "data:audio/wav;base64,AAAA",
        "http://",
        "http:///x.mp4",
        "http://a b/x.mp4",
        "http://user:secret@example.org/x.mp4",
        "http://example.org:99999/x.mp4",
        "http://example.org:0/x.mp4",
        "http://exa\nmple.org/x.mp4",
        "http://[::1/x.mp4",
        "concat:a|b",
        "http://0177.0.0.1/x.mp4",
        "",
    ],
)
async def test_what_is_no_web_address_is_refused(spool: Spool, url: str) -> None:
    await refused(spool, spool.http.post(INGEST, json={"url": url}), 422, "request.invalid")


async def test_a_download_that_is_refused_fails_its_job_with_the_reason(
    spool: Spool, media_server: HTTPServer
) -> None:
    media_server.expect_request("/gone.mp4").respond_with_data("no", status=410)
    url = media_server.url_for("/gone.mp4")
    answer = await spool.http.post(INGEST, json={"url": url})
    job = await spool.ended(answer.json()["job_id"])
    assert (job["status"], job["error"]["code"]) == ("Failed", "source.gone")
    assert "410" in job["error"]["message"]


async def test_a_download_that_redirects_inside_fails_its_job(
    spool: Spool, media_server: HTTPServer
) -> None:
    media_server.expect_request("/in.mp4").respond_with_data(
        "", status=302, headers={"Location": "http://127.0.0.1:1/x.mp4"}
    )
    url = media_server.url_for("/in.mp4")
    job_id = (await spool.http.post(INGEST, json={"url": url})).json()["job_id"]
    job = await spool.ended(job_id)
    assert (job["status"], job["error"]["code"]) == ("Failed", "source.forbidden")
