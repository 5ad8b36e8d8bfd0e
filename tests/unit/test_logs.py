"""Log lines: how they come out of a process, and what a job's lines carry."""

import asyncio
import io
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from loguru import logger

from app.adapters.sql.jobs import SqlJobStore
from app.domain.errors import EngineError, StorageError
from app.domain.jobs import Job, JobOptions, Stage
from app.domain.media_types import MediaType
from app.logs import INDENT, Lines
from app.services.verdicts import Limits
from tests.contracts.jobs import claim
from tests.media import ROOT
from tests.unit.strange_texts import EXAMPLES, strange
from tests.unit.workbench import Workbench, opened, until

SCRIPT = """
from loguru import logger
from app.logs import configure
configure({level!r}, json_lines={json_lines})
with logger.contextualize(job_id="abc", attempt=2):
    logger.bind(stage="transcribing").info("stage {{}}", "transcribing")
logger.debug("for developers")
logger.info("braces {{{{x}}}} and <red>tags</red> of others: {{}}", "{{job_id}} <b>")
try:
    1 / 0
except ZeroDivisionError:
    logger.exception("a fault")
"""


#: A request with a key, and a fault while that is looked at; then one in a worker.
FAULTS = """
import asyncio, os, subprocess, sys
import httpx2
from starlette.applications import Starlette
from starlette.middleware import Middleware
from app.logs import configure
from app.services.keys import KeyService
from app.web.errors import HANDLERS
from app.web.gate import Gate
from app.web.limits import Limits

class Faulty:
    async def find(self, digest):
        raise RuntimeError("a fault of the store")

async def ask():
    gate = Middleware(Limits, gate=Gate(keys_required=True), keys=KeyService(Faulty()))
    app = Starlette(middleware=[gate], exception_handlers=HANDLERS)
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as http:
        await http.get("/", headers={{"X-API-Key": os.environ["SECRET"]}})

configure({level!r}, json_lines={json_lines})
asyncio.run(ask())
subprocess.run([sys.executable, "-c", os.environ["WORKER"]], check=True)
"""
WORKER = """
import os
from loguru import logger
def work(key):
    raise RuntimeError("a fault of the worker")
try:
    work(os.environ["SECRET"])
except RuntimeError:
    logger.exception("a fault")
"""
SECRET = "spool_of_somebody"


def lines(
    script: str = SCRIPT, *, level: str = "INFO", json_lines: bool = False, **environment: str
) -> list[str]:
    script = script.format(level=level, json_lines=json_lines)
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_a_line_for_people_ends_with_the_job_stage_and_attempt() -> None:
    first, second, fault, *trace = lines()
    assert first.endswith("stage transcribing job_id=abc stage=transcribing attempt=2")
    assert "INFO" in first
    assert second.endswith("braces {x} and <red>tags</red> of others: {job_id} <b>")
    assert fault.endswith("a fault")
    assert trace[-1] == "    ZeroDivisionError: division by zero"


def test_a_json_line_carries_the_job_stage_and_attempt() -> None:
    def record(line: str) -> Any:
        return json.loads(line)["record"]

    first, _, fault = lines(json_lines=True)
    assert record(first)["message"] == "stage transcribing"
    assert record(first)["extra"] == {"job_id": "abc", "stage": "transcribing", "attempt": 2}
    assert record(fault)["exception"]["type"] == "ZeroDivisionError"


@pytest.mark.parametrize("json_lines", [False, True])
def test_a_key_stands_in_no_traceback(json_lines: bool) -> None:
    told = "\n".join(lines(FAULTS, json_lines=json_lines, SECRET=SECRET, WORKER=WORKER))
    assert "RuntimeError: a fault of the store" in told
    assert "RuntimeError: a fault of the worker" in told
    assert SECRET not in told


#: What strangers and libraries may have a line say.
HOSTILE = """
from loguru import logger
from app.logs import configure
configure({level!r}, json_lines={json_lines}, secrets=("swordfish", None))
said = "a.wav\\n00:00:00.000 INFO    all is well \\x1b[2J \\u202e swordfish spool_" + "K" * 43
logger.info("taken in: {{}}", said)
logger.bind(job_id=said, stage=None, attempt=1).info("bound")
logger.info("x" * 100_000)
try:
    raise ValueError(said + " {{0}} <red>")
except ValueError:
    logger.exception("a fault")
try:
    raise ValueError("line\\n" * 100_000)
except ValueError:
    logger.exception("a long fault")
"""


@pytest.mark.parametrize("json_lines", [False, True])
def test_whatever_is_said_a_line_is_one_line_without_keys(json_lines: bool) -> None:
    told = lines(HOSTILE, json_lines=json_lines)
    assert all(line.isprintable() for line in told)
    assert not [line for line in told if "swordfish" in line or "KKK" in line]
    if json_lines:
        assert len([json.loads(line) for line in told]) == 5
    else:
        heads = [line for line in told if not line.startswith("    ")]
        assert len(heads) == 5 and not [line for line in heads if line.startswith("00:00")]


@pytest.mark.parametrize("json_lines", [False, True])
def test_a_line_is_not_longer_than_a_few_pages(json_lines: bool) -> None:
    told = lines(HOSTILE, json_lines=json_lines)
    assert any("(96000 characters more)" in line for line in told)
    assert any("lines more" in line for line in told)
    assert sum(map(len, told)) < 30_000


def test_a_json_line_tells_all_of_a_fault() -> None:
    fault = [json.loads(line) for line in lines(HOSTILE, json_lines=True)][3]
    assert fault["record"]["exception"]["value"].startswith("a.wav\\n00:00:00.000 INFO")
    assert fault["text"].splitlines()[1].strip() == "Traceback (most recent call last):"


def written(text: str, *, json_lines: bool) -> list[str]:
    """What comes out of it as a message, as what is bound to one, and as a fault."""
    lines, out = Lines((HUSH,)), io.StringIO()
    mine = logger.patch(lines.clean).bind(job_id=text, mine=True)
    form: Any = {"format": "{message}"} if json_lines else {"format": lines.text}
    with redirect_stderr(out):
        sink = lines.write_json if json_lines else out
        number = logger.add(sink, filter=lambda record: "mine" in record["extra"], **form)
        try:
            raise ValueError(text)
        except ValueError:
            mine.exception("{}", text)
        finally:
            logger.remove(number)
    return out.getvalue().split("\n")


HUSH = "swordfish"
TOKEN = "aB3-_" * 8 + "xyz"


@pytest.mark.parametrize("json_lines", [False, True])
@settings(max_examples=EXAMPLES, deadline=None)
@given(before=strange, after=strange)
def test_whatever_strangers_write_a_record_is_one_without_keys(
    json_lines: bool, before: str, after: str
) -> None:
    told = f"{before}{HUSH} spool_{TOKEN}{after}"
    head, *trace, end = written(told, json_lines=json_lines)
    assert head.isprintable() and end == ""
    if json_lines:
        assert trace == [] and head.isascii()
        trace = json.loads(head)["text"].split("\n")[1:]
    assert trace and all(line.startswith(INDENT) and line.isprintable() for line in trace)
    assert not [line for line in (head, *trace) if HUSH in line or TOKEN in line]


def test_the_level_is_obeyed() -> None:
    assert any(line.endswith("for developers") for line in lines(level="DEBUG"))
    assert len([line for line in lines(level="ERROR") if "INFO" in line]) == 0


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        yield bench


class Told:
    """Every line from now on, and what was bound to it."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, message: Any) -> None:
        self.lines.append((message.record["message"], message.record["extra"]))

    def about(self, job: Job) -> list[tuple[str, Any, Any]]:
        """First word, stage and attempt; each line of a job must carry all three."""
        mine = [(text, extra) for text, extra in self.lines if extra.get("job_id") == job.job_id]
        return [(text.split()[0], extra["stage"], extra["attempt"]) for text, extra in mine]

    def unbound(self) -> list[str]:
        return [text for text, extra in self.lines if "job_id" not in extra]


@pytest.fixture
def told() -> Iterator[Told]:
    told = Told()
    sink = logger.add(told, level="INFO")
    yield told
    logger.remove(sink)


EXTRACTION, TRANSCRIBING, EMBEDDING = "media_extraction", "transcribing", "embedding"


async def test_every_line_of_a_job_carries_its_id_stage_and_attempt(
    bench: Workbench, told: Told
) -> None:
    bench.index.trouble = StorageError("the index is damaged")
    job = await bench.upload()
    await bench.worker().run_once()
    assert told.unbound() == []
    assert told.about(job) == [
        ("attempt", None, 1),
        ("stage", EXTRACTION, 1),
        ("stage", TRANSCRIBING, 1),
        ("stage", EMBEDDING, 1),
        ("index.failed:", EMBEDDING, 1),
        ("completed:", EMBEDDING, 1),
    ]


async def test_of_what_has_no_sound_no_seconds_are_told(bench: Workbench, told: Told) -> None:
    options = JobOptions(media_type=MediaType.TEXT)
    job = await bench.upload_bytes(b"Hello.", name="talk.md", options=options)
    await bench.worker().run_once()
    assert [line for line in told.about(job) if line[0].startswith("completed")] == [
        ("completed", EMBEDDING, 1)
    ]


async def test_the_end_of_each_attempt_is_told_with_the_stage_it_failed_in(
    bench: Workbench, told: Told
) -> None:
    bench.engine.failures = {0: [EngineError("one"), EngineError("two")]}
    job = await bench.upload()
    worker = bench.worker(limits=Limits(errors=2))
    await worker.run_once()
    await worker.run_once()
    assert told.unbound() == []
    assert told.about(job) == [
        ("attempt", None, 1),
        ("stage", EXTRACTION, 1),
        ("stage", TRANSCRIBING, 1),
        ("pending", TRANSCRIBING, 1),
        ("attempt", None, 2),
        ("stage", EXTRACTION, 2),
        ("stage", TRANSCRIBING, 2),
        ("dead", TRANSCRIBING, 2),
    ]


async def test_a_job_that_is_given_back_is_told(bench: Workbench, told: Told) -> None:
    bench.engine.hold.clear()
    job = await bench.upload()
    task = asyncio.create_task(bench.worker().run())
    await until(lambda: bench.engine.at_work == 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert told.unbound() == []
    assert told.about(job)[-1] == ("given", TRANSCRIBING, 1)


class Lost(SqlJobStore):
    """Every verdict comes too late: another run took the job over."""

    async def succeed(self, job: Job, *, output_path: str | None) -> bool:
        return False

    async def retry(self, job: Job, error: Any, **told: Any) -> bool:
        return False

    async def fail(self, job: Job, error: Any, *, dead_letter: bool = False) -> bool:
        return False


@pytest.mark.parametrize("trouble", [None, EngineError("again"), StorageError("again")])
@pytest.mark.parametrize("limit", [1, 2])
async def test_a_verdict_that_comes_too_late_is_told_as_dropped(
    bench: Workbench, told: Told, trouble: Exception | None, limit: int
) -> None:
    bench.engine.failures = {0: [trouble]} if trouble else {}
    job = await bench.upload()
    store = Lost(bench.store._database)
    await bench.worker(store=store, limits=Limits(errors=limit)).run_once()
    words = [word for word, _, _ in told.about(job)]
    assert words[-1] == "dropped:" and words.count("dropped:") == 1
    assert not {"completed:", "failed", "dead", "pending"} & set(words)
    assert bench.queue.size() == 0


async def test_a_store_that_takes_no_verdict_is_told_once_for_each_try(
    bench: Workbench, told: Told
) -> None:
    class Full(SqlJobStore):
        refusals = 2

        async def succeed(self, job: Job, *, output_path: str | None) -> bool:
            if self.refusals:
                self.refusals -= 1
                raise StorageError("the disk is full")
            return await super().succeed(job, output_path=output_path)

    job = await bench.upload()
    await bench.worker(store=Full(bench.store._database)).run_once()
    ending = [line for line in told.about(job) if line[0] != "stage"][-3:]
    assert ending == [("not", EMBEDDING, 1), ("not", EMBEDDING, 1), ("completed:", EMBEDDING, 1)]


async def test_each_job_that_a_dead_run_left_is_told(bench: Workbench, told: Told) -> None:
    job = await claim(bench.store, await bench.upload(), "dead")
    await bench.store.advance(job, Stage.TRANSCRIBING)
    await bench.worker().recover()
    assert told.about(job) == [("interrupted:", TRANSCRIBING, 1)]
    assert told.unbound() == ["1 pending jobs queued, 1 interrupted"]


async def test_of_many_jobs_that_a_dead_run_left_twenty_are_told_and_the_rest_counted(
    bench: Workbench, told: Told
) -> None:
    for _ in range(23):
        await claim(bench.store, await bench.upload(0.1), "dead")
    await bench.worker().recover()
    assert len([text for text, extra in told.lines if "job_id" in extra]) == 20
    assert told.unbound() == [
        "interrupted: 3 more jobs",
        "23 pending jobs queued, 23 interrupted",
    ]


async def test_dead_letters_are_told_at_each_start_until_somebody_looks(
    bench: Workbench, told: Told
) -> None:
    job = await claim(bench.store, await bench.upload())
    await bench.store.fail(job, EngineError("again"), dead_letter=True)
    await bench.worker().recover()
    assert told.unbound() == ["1 dead letters wait for somebody to look at them"]
    await bench.service().replay(job.job_id)
    told.lines.clear()
    await bench.worker().recover()
    assert told.unbound() == ["1 pending jobs queued, 0 interrupted"]


async def test_a_job_that_dies_alone_with_the_service_is_told_as_a_dead_letter(
    bench: Workbench, told: Told
) -> None:
    job = await bench.upload()
    for number in range(3):
        await claim(bench.store, job, f"killed-{number}")
        told.lines.clear()
        await bench.worker().recover()
    assert told.about(job) == [("dead", None, 3)]
    assert told.unbound() == ["1 dead letters wait for somebody to look at them"]
