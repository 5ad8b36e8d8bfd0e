"""File names that look like broken URLs are names like others."""

import httpx2
import pytest

from tests.api.spool import INGEST, Spool, multipart

pytestmark = pytest.mark.asyncio(loop_scope="module")

ODD = ("http://[x.mp4", "x://a\u2100b/c.mp3")


async def taken(spool: Spool, answer: httpx2.Response) -> str:
    assert answer.status_code == 202, answer.text
    done = await spool.ended(answer.json()["job_id"])
    assert done["status"] == "Completed"
    return str(done["source"]["name"])


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("method", ["PUT", "POST"])
async def test_a_raw_upload_may_have_any_name(
    spool: Spool, quiet: bytes, method: str, name: str
) -> None:
    sent = spool.http.request(method, INGEST, content=quiet, params={"filename": name})
    assert await taken(spool, await sent) == name


@pytest.mark.parametrize("name", ODD)
async def test_a_file_of_a_form_may_have_any_name(spool: Spool, quiet: bytes, name: str) -> None:
    body, headers = multipart(("file", name, quiet))
    assert await taken(spool, await spool.http.post(INGEST, content=body, headers=headers)) == name


@pytest.mark.parametrize("name", ODD)
async def test_an_odd_url_is_refused(spool: Spool, name: str) -> None:
    answer = await spool.http.post(INGEST, json={"url": name})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "request.invalid")


@pytest.mark.parametrize("name", ODD)
async def test_an_odd_webhook_is_refused(spool: Spool, quiet: bytes, name: str) -> None:
    answer = await spool.http.post(INGEST, content=quiet, params={"webhook_url": name})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "request.invalid")
