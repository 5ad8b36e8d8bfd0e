"""What agents read of results, and where: the service around them has others to answer."""

import threading
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from app.agents import results
from app.client import AsyncSpool, Refused, Result
from app.client.reading import read
from app.domain.errors import SpoolError

ADDRESS = "/api/v1/jobs/j/result"
WORD = {"text": "Hello", "start": 0.0, "end": 0.5}
SEGMENT = {"id": 0, "start": 0.0, "end": 1.0, "text": "Hello.", "words": [WORD]}


async def asked(server: HTTPServer) -> Result:
    async with AsyncSpool(server.url_for("/")) as spool:
        return await results.result_of(spool, "j")


async def test_a_result_is_read_beside_the_loop_and_without_its_words(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []

    def noting(kind: type[Result], document: Any) -> Result:
        threads.append(threading.current_thread())
        return read(kind, document)

    monkeypatch.setattr(results, "read", noting)
    found = {"job_id": "j", "title": "A talk", "segments": [SEGMENT]}
    httpserver.expect_request(ADDRESS).respond_with_json(found)
    result = await asked(httpserver)
    [segment], [thread] = result.segments, threads
    assert (result.title, segment.text, segment.words) == ("A talk", "Hello.", ())
    assert thread is not threading.current_thread()


@pytest.mark.parametrize("text", ["<html>", "[]", '{"segments": [1], "job_id": "j"}'])
async def test_what_is_no_result_is_said_so(httpserver: HTTPServer, text: str) -> None:
    httpserver.expect_request(ADDRESS).respond_with_data(text)
    with pytest.raises(SpoolError, match="answered"):
        await asked(httpserver)


async def test_a_refusal_comes_in_the_words_of_the_service(httpserver: HTTPServer) -> None:
    error = {"code": "job.not_found", "message": "no job j", "hint": None}
    httpserver.expect_request(ADDRESS).respond_with_json({"error": error}, 404)
    with pytest.raises(Refused, match="no job j"):
        await asked(httpserver)
