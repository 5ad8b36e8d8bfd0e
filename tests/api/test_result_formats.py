"""Results: in every format, whole, in part, and not at all."""

import asyncio
from typing import Any

import httpx2
import pysubs2
import pytest

from app.domain.errors import EngineRefused
from tests.api.spool import Spool, error

pytestmark = pytest.mark.asyncio(loop_scope="module")

FORMATS = ("txt", "srt", "vtt", "tsv", "lrc")
HOSTILE = "two\n\nlines --> <script>alert('x')</script>\r\n00:00:01,000 --> 00:00:02,000\t&amp;"


async def result(spool: Spool, job_id: str, form: str | None = None) -> httpx2.Response:
    params = {"format": form} if form else {}
    return await spool.http.get(f"/api/v1/jobs/{job_id}/result", params=params)


async def text(spool: Spool, job_id: str, form: str) -> str:
    answer = await result(spool, job_id, form)
    assert answer.status_code == 200, answer.text
    return answer.text


async def spoken(spool: Spool, sound: bytes, *texts: str) -> tuple[str, list[dict[str, Any]]]:
    """A completed job in which this was said, and its segments."""
    spool.engine.texts = dict(enumerate(texts))
    job_id = await spool.take_in(sound)
    await spool.completed(job_id)
    segments = (await result(spool, job_id)).json()["segments"]
    assert len(segments) == 3
    return job_id, segments


def in_ms(segments: list[dict[str, Any]]) -> list[tuple[int, int]]:
    return [(round(each["start"] * 1000), round(each["end"] * 1000)) for each in segments]


async def test_json_is_the_whole_result(spool: Spool, speech: bytes) -> None:
    job_id, segments = await spoken(spool, speech, " Ask not", " what", " for you.")
    document = (await result(spool, job_id, "json")).json()
    assert document == (await result(spool, job_id)).json()
    assert document["transcript"] == "Ask not what for you."
    assert document["language_detection"]["language"] == "en"
    assert (document["provider"], document["model"]) == ("whisper_cpp", "base")
    assert document["job_id"] == job_id and document["warnings"] == []
    assert [segment["id"] for segment in segments] == [0, 1, 2]
    assert document["duration"] == 17.0
    times = [moment for segment in segments for moment in (segment["start"], segment["end"])]
    assert times == sorted(times) and times[-1] <= document["duration"]


@pytest.mark.parametrize("form", ["srt", "vtt"])
async def test_subtitles_are_read_back_as_they_were_said(
    spool: Spool, speech: bytes, form: str
) -> None:
    job_id, segments = await spoken(spool, speech, " Ask not", "what", "for you.")
    read = pysubs2.SSAFile.from_string(await text(spool, job_id, form))
    assert [event.text for event in read] == ["Ask not", "what", "for you."]
    assert [(event.start, event.end) for event in read] == in_ms(segments)


async def test_plain_formats_have_a_line_for_each_segment(spool: Spool, speech: bytes) -> None:
    job_id, segments = await spoken(spool, speech, " Ask not", "what", "for you.")
    assert await text(spool, job_id, "txt") == "Ask not\nwhat\nfor you.\n"
    head, *rows = (await text(spool, job_id, "tsv")).splitlines()
    assert head == "start\tend\ttext"
    assert [tuple(map(int, row.split("\t")[:2])) for row in rows] == in_ms(segments)
    assert [row.split("\t")[2] for row in rows] == ["Ask not", "what", "for you."]
    lyrics = (await text(spool, job_id, "lrc")).splitlines()
    assert [line.split("]")[1] for line in lyrics] == ["Ask not", "what", "for you."]
    assert all(line[0] == "[" and line[3] == ":" and line[6] == "." for line in lyrics)


@pytest.mark.parametrize(
    ("form", "media_type"),
    [
        ("json", "application/json"),
        ("txt", "text/plain; charset=utf-8"),
        ("srt", "application/x-subrip"),
        ("vtt", "text/vtt; charset=utf-8"),
        ("tsv", "text/tab-separated-values; charset=utf-8"),
        ("lrc", "text/plain; charset=utf-8"),
    ],
)
async def test_each_format_says_what_it_is(
    spool: Spool, quiet: bytes, form: str, media_type: str
) -> None:
    job_id = await spool.take_in(quiet)
    await spool.completed(job_id)
    answer = await result(spool, job_id, form)
    assert answer.headers["content-type"] == media_type
    if form != "json":
        assert answer.headers["content-disposition"] == f'inline; filename="{job_id}.{form}"'


@pytest.mark.parametrize("form", ["srt", "vtt"])
async def test_hostile_text_makes_no_cue_of_its_own(spool: Spool, speech: bytes, form: str) -> None:
    job_id, segments = await spoken(spool, speech, "before", HOSTILE, "after")
    answer = await text(spool, job_id, form)
    assert answer.count("-->") == 3
    assert answer.count("\n\n") == 2 + (form == "vtt")
    assert "<script>" not in answer
    assert [answer.index(word) for word in ("before", "two", "after")] == sorted(
        answer.index(word) for word in ("before", "two", "after")
    )
    assert len(segments) == 3


async def test_hostile_text_makes_no_row_of_its_own(spool: Spool, speech: bytes) -> None:
    job_id, _ = await spoken(spool, speech, "before", HOSTILE, "after")
    assert len((await text(spool, job_id, "txt")).splitlines()) == 3
    assert len((await text(spool, job_id, "lrc")).splitlines()) == 3
    rows = (await text(spool, job_id, "tsv")).splitlines()
    assert [row.count("\t") for row in rows] == [2, 2, 2, 2]
    assert (await result(spool, job_id)).json()["segments"][1]["text"] == HOSTILE


async def test_other_scripts_arrive_as_they_are(spool: Spool, speech: bytes) -> None:
    job_id, _ = await spoken(spool, speech, "Привет", "你好", "👋 ẞ")
    for form in FORMATS:
        answer = await text(spool, job_id, form)
        assert "Привет" in answer and "你好" in answer and "👋 ẞ" in answer


async def test_silence_has_a_result_in_every_format(spool: Spool, quiet: bytes) -> None:
    job_id = await spool.take_in(quiet)
    await spool.completed(job_id)
    document = (await result(spool, job_id)).json()
    assert (document["transcript"], document["segments"], document["language_detection"]) == (
        "",
        [],
        None,
    )
    assert [await text(spool, job_id, form) for form in FORMATS] == [
        "",
        "",
        "WEBVTT\n",
        "start\tend\ttext\n",
        "",
    ]


async def test_while_it_runs_there_is_the_part_so_far(spool: Spool, speech: bytes) -> None:
    spool.engine.gates = {1: asyncio.Event(), 2: asyncio.Event()}
    job_id = await spool.take_in(speech)
    async with asyncio.timeout(60):
        while not (answer := await result(spool, job_id)).json()["segments"]:
            assert answer.status_code == 202
    so_far = answer.json()
    assert so_far.keys() == {"job_id", "status", "progress", "segments"}
    assert (so_far["job_id"], so_far["status"]) == (job_id, "Transcribing")
    assert [segment["text"] for segment in so_far["segments"]] == ["window 0"]
    for form in FORMATS:
        answer = await result(spool, job_id, form)
        assert answer.status_code == 202 and "window 0" in answer.text
    for gate in spool.engine.gates.values():
        gate.set()
    await spool.completed(job_id)
    whole = await result(spool, job_id)
    assert whole.status_code == 200
    assert whole.json()["transcript"] == "window 0 window 1 window 2"


async def test_before_it_runs_the_part_so_far_is_empty(spool: Spool, speech: bytes) -> None:
    spool.engine.hold.clear()
    jobs = [await spool.take_in(speech) for _ in range(3)]  # one more than there are places
    answer = await result(spool, jobs[-1])
    assert answer.status_code == 202 and answer.json()["segments"] == []
    assert (answer.json()["status"], answer.json()["progress"]) == ("Pending", 0.0)
    assert (await result(spool, jobs[-1], "vtt")).text == "WEBVTT\n"
    spool.engine.hold.set()
    for job_id in jobs:
        await spool.completed(job_id)


async def test_a_failed_job_has_no_result_but_its_reason(spool: Spool, speech: bytes) -> None:
    spool.engine.failures = {1: [EngineRefused("the key is not valid")]}
    job_id = await spool.take_in(speech)
    await spool.ended(job_id)
    for form in (None, *FORMATS):
        found = error(await result(spool, job_id, form), 409, "engine.refused")
        assert "the key is not valid" in found["message"] and found["job_id"] == job_id


async def test_a_result_that_a_later_job_replaced_says_so(spool: Spool, quiet: bytes) -> None:
    jobs = [await spool.take_in(quiet, asset_id="lecture")]
    await spool.completed(jobs[0])
    jobs.append(await spool.take_in(quiet, asset_id="lecture"))
    await spool.completed(jobs[1])
    replaced, answer = [await result(spool, job_id) for job_id in jobs]
    error(replaced, 409, "job.superseded")
    assert answer.status_code == 200


@pytest.mark.parametrize("form", ["", "doc", "SRT", "json,srt", "../srt"])
async def test_an_unknown_format_is_refused(spool: Spool, quiet: bytes, form: str) -> None:
    job_id = await spool.take_in(quiet)
    answer = await spool.http.get(f"/api/v1/jobs/{job_id}/result?format={form}")
    assert "format" in error(answer, 422, "request.invalid")["message"]
