"""What this service promises never to become, and what holds over all of its surfaces."""

import ast
import asyncio
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.routing import Route
from starlette.types import Message

from app.adapters.memory_queue import MemoryQueue
from app.domain.errors import EngineCrashed
from app.domain.jobs import JobOptions, Priority, Stage
from app.domain.media_types import MediaType
from app.pipeline.recipes import RECIPES
from app.web.app import application
from app.web.operation import Operation
from app.web.table import DOORS
from tests.api.spool import INGEST, Spool, error, multipart
from tests.media import make_video

pytestmark = pytest.mark.asyncio(loop_scope="module")

APP = Path(__file__).parents[2] / "app"
#: Media types that no answer may have; pictures of the docs page aside, which are no media.
MEDIA_TYPES = ("audio/", "video/", "application/octet-stream", "multipart/", "application/dash")
#: Ways of Starlette to send files and ranges of them. The docs page is read and sent whole.
STREAMING = {"FileResponse", "StaticFiles", "WebSocketRoute", "WebSocket", "WebSocketEndpoint"}
#: Our own way, for the one door that sends them.
FILES = "app.web.file_answer"
#: As a word, or as a part of a name.
DEVICE = re.compile(r"(?<![a-z])(?:cuda|gpus?|devices?|nvidia|rocm|vram)(?![a-z])", re.IGNORECASE)
#: Options by which a job would have a way of its own.
ROUTING = {"stage", "stages", "steps", "pipeline", "pipelines", "depends_on", "after", "then"}
#: Progress of `/video`: waiting, at it, done.
STEPS = {0.0, 0.5, 1.0}
OPERATIONS = [
    (door.path, method, operation)
    for door in DOORS
    for method, operation in door.operations.items()
]
#: The one door to the bytes of a medium: the file as it came, or a stretch of it, to a client that
#: asks for it. Nothing is cut, packed anew, or sent by the clock.
MEDIA = "/api/v1/media/{asset_id:path}"
ELSEWHERE = [each for each in OPERATIONS if each[0] != MEDIA]
#: What goes on until the client hangs up, unless it is told to end.
ENDLESS = {"/api/debug-ingestion"}
PLACE = re.compile(r"\{[^}]+\}")


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory, jfk: Path) -> bytes:
    """Real speech under a moving picture, as MP4."""
    return make_video(tmp_path_factory.mktemp("film") / "film.mp4", jfk).read_bytes()


def filled(path: str, name: str) -> str:
    return PLACE.sub(name, path)


# no WebSocket


async def test_every_route_is_plain_http(spool: Spool) -> None:
    kinds = {type(route) for route in application(spool.doors).routes}
    assert kinds == {Route}


@pytest.mark.parametrize("path", sorted({door.path for door in DOORS} | {"/ws", "/"}))
async def test_no_path_takes_a_websocket(spool: Spool, path: str) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    where = filled(path, "x")
    scope: dict[str, Any] = {
        "type": "websocket",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "ws",
        "path": where,
        "raw_path": where.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 80),
        "subprotocols": [],
    }
    async with asyncio.timeout(10):
        await spool.asgi(scope, receive, send)
    assert [message["type"] for message in sent] == ["websocket.close"]


def _nodes(*rooms: str) -> Iterator[tuple[str, ast.AST]]:
    """(file, node) of all that is written in these folders of app."""
    for room in rooms:
        for file in sorted((APP / room).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                yield file.name, node


def _names(*rooms: str) -> Iterator[tuple[str, str]]:
    """(file, name) of everything that is imported, taken or called there."""
    for file, node in _nodes(*rooms):
        if isinstance(node, ast.alias):
            yield file, node.name.rpartition(".")[2]
        elif isinstance(node, ast.Name):
            yield file, node.id
        elif isinstance(node, ast.Attribute):
            yield file, node.attr
        elif isinstance(node, ast.arg | ast.keyword) and node.arg:
            yield file, node.arg


async def test_no_surface_has_the_means_to_stream_media_or_to_open_a_socket() -> None:
    used = set(_names("web"))
    assert {(file, name) for file, name in used if name in STREAMING} == set()
    senders = {
        file
        for file, node in _nodes("web")
        if isinstance(node, ast.ImportFrom) and node.module == FILES
    }
    assert senders == {"media.py"}
    assert not [file for file, name in used if name.lower().startswith("websocket")]


# no media streaming


@pytest.mark.parametrize(("path", "method", "operation"), ELSEWHERE)
async def test_no_operation_promises_media(path: str, method: str, operation: Operation) -> None:
    promised = [kind for answer in operation.answers.values() for kind in answer.content]
    assert [kind for kind in promised if kind.startswith(MEDIA_TYPES)] == [], (method, path)


async def test_nothing_else_that_can_be_got_holds_a_piece_of_the_medium(
    spool: Spool, film: bytes
) -> None:
    job_id = await spool.take_in(film, "film.mp4")
    await spool.completed(job_id)
    pieces = {film[first : first + 64] for first in (0, len(film) // 2, len(film) - 64)}
    asked = sorted({path for path, method, _ in ELSEWHERE if method == "GET"})
    for path in [*asked, "/watch/{job_id}", "/media/{job_id}", "/video/{job_id}"]:
        url = filled(path, job_id) + ("?count=1" if path in ENDLESS else "")
        answer = await spool.http.get(url, headers={"Range": "bytes=0-1023"})
        assert answer.status_code != 206, url
        assert not answer.headers.get("content-type", "").startswith(MEDIA_TYPES), url
        assert "accept-ranges" not in answer.headers, url
        assert not [piece for piece in pieces if piece in answer.content], url


# `/video` in three steps


async def video_job(spool: Spool, film: bytes) -> str:
    body, headers = multipart(("file", "film.mp4", film))
    answer = await spool.http.post("/video/submit", content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json().keys() == {"job_id"}
    return str(answer.json()["job_id"])


async def video_progress(spool: Spool, job_id: str) -> tuple[str, float]:
    answer = await spool.http.get(f"/video/status/{job_id}")
    assert answer.status_code == 200, answer.text
    assert answer.json().keys() == {"job_id", "status", "progress"}
    return answer.json()["status"], answer.json()["progress"]


async def test_the_progress_of_a_video_has_three_steps(
    spool: Spool, film: bytes, jfk: Path, tmp_path: Path
) -> None:
    """Looked at whenever the job has got any further, however little."""
    spool.engine.gates = {0: asyncio.Event()}
    job_id = await video_job(spool, film)
    seen, fine = [await video_progress(spool, job_id)], set[float]()
    while not (job := await spool.job(job_id, wait=0.01))["finished_at"]:
        fine.add(job["progress"])
        seen.append(await video_progress(spool, job_id))
        if job["stage"] == "transcribing":
            spool.engine.gates[0].set()
    seen.append(await video_progress(spool, job_id))
    assert {progress for _, progress in seen} <= STEPS
    assert seen[-1] == ("completed", 1.0) and ("running", 0.5) in seen
    assert fine - STEPS, "the job itself knows better, so this was a choice"


async def test_a_video_that_fails_stays_at_a_step(spool: Spool, film: bytes) -> None:
    crash = EngineCrashed("died")
    spool.engine.failures = {0: [crash, crash]}
    job_id = await video_job(spool, film)
    await spool.ended(job_id)
    status, progress = await video_progress(spool, job_id)
    assert status == "failed" and progress in STEPS


async def test_the_source_of_video_knows_no_other_progress() -> None:
    """Every number of the module that is no size is one of the three; none is computed."""
    tree = ast.parse((APP / "web" / "video.py").read_text(encoding="utf-8"))
    floats = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, float)
    }
    assert floats == STEPS
    read = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert "progress" not in read, "the job's own progress is not shown here"
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Mult | ast.Div)]


# the queue


async def test_what_is_queued_is_a_job_id_and_nothing_else(
    spool: Spool, film: bytes, quiet: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued: list[dict[str, str]] = []
    enqueue = MemoryQueue.enqueue

    async def heard(
        queue: MemoryQueue,
        payload: dict[str, str],
        priority: Priority = Priority.NORMAL,
        after: float = 0.0,
    ) -> None:
        queued.append(dict(payload))
        await enqueue(queue, payload, priority, after)

    monkeypatch.setattr(MemoryQueue, "enqueue", heard)
    body, headers = multipart(("file", "quiet.wav", quiet))
    made = [
        await spool.take_in(quiet, "quiet.wav", title="A title", labels="a,b", priority="batch"),
        (await spool.http.post(INGEST, content=body, headers=headers)).json()["job_id"],
        (await spool.http.post("/process", content=body, headers=headers)).json()["job_id"],
        await video_job(spool, film),
    ]
    for job_id in made:
        await spool.completed(job_id)
    crash = EngineCrashed("died")
    spool.engine.failures = {0: [crash, crash]}
    dead = await video_job(spool, film)
    assert (await spool.ended(dead))["dead_letter"]
    await spool.http.post(f"/api/v1/dead-letters/{dead}/replay")
    await spool.completed(dead)
    assert [payload.keys() for payload in queued] == [{"job_id"}] * len(queued)
    assert {payload["job_id"] for payload in queued} >= {*made, dead}  # and key-frames


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"job_id": "42"},
        {"job_id": "8A3115AF-C2DE-4742-A779-7B2A71C34911"},
        {"job_id": "8a3115af-c2de-4742-a779-7b2a71c34911", "priority": "batch"},
        {"id": "8a3115af-c2de-4742-a779-7b2a71c34911"},
    ],
)
async def test_anything_else_is_not_queued(payload: dict[str, str]) -> None:
    queue = MemoryQueue()
    with pytest.raises(ValueError, match="a payload is exactly"):
        await queue.enqueue(payload)
    assert queue.size() == 0


# no GPU scheduling


async def test_what_runs_jobs_chooses_no_device() -> None:
    """An engine may use what it finds; who goes first, and where, is nothing that a GPU decides."""
    said = {
        (file, node.value)
        for file, node in _nodes("pipeline", "services")
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    told = {*_names("pipeline", "services"), *said}
    assert [(file, text) for file, text in sorted(told) if DEVICE.search(text)] == []
    assert DEVICE.search("cuda_device") and not DEVICE.search("devised")


# no DAG of pipelines


def _entered() -> list[str]:
    """The stages that the source enters, in the order in which it is written."""
    return [
        node.args[0].attr
        for _, node in _nodes("pipeline", "services")
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "enter"
        and isinstance(node.args[0], ast.Attribute)
    ]


async def test_the_stages_are_one_line_that_no_job_changes() -> None:
    assert [stage.value for stage in Stage] == ["media_extraction", "transcribing", "embedding"]
    assert {*_entered()} == {stage.name for stage in Stage}
    assert {*RECIPES} == {*MediaType}
    assert all(isinstance(recipe, tuple) for recipe in RECIPES.values()), "a line each, no more"
    options = {field.name for field in fields(JobOptions)}
    assert options & {*(stage.value for stage in Stage), *ROUTING} == set()


@pytest.mark.parametrize("name", ["device", "gpu", "stage", "stages", "pipeline", "depends_on"])
async def test_no_client_says_where_a_job_runs_or_which_way_it_goes(
    spool: Spool, quiet: bytes, name: str
) -> None:
    asked = {"filename": "quiet.wav", name: "transcribing"}
    answer = await spool.http.post(INGEST, content=quiet, params=asked)
    assert name in error(answer, 422, "request.invalid")["message"]


# one shape of error


def of_our_shape(answer: httpx2.Response) -> None:
    inner = answer.json()["error"]
    assert answer.json().keys() == {"error"}
    assert inner.keys() - {"job_id"} == {"code", "message", "hint"}, inner
    assert isinstance(inner["code"], str) and isinstance(inner["message"], str)


def of_openais_shape(answer: httpx2.Response) -> None:
    inner = answer.json()["error"]
    assert answer.json().keys() == {"error"}
    assert inner.keys() == {"message", "type", "param", "code"}, inner


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
async def test_a_request_that_is_wrong_is_refused_in_the_shape_of_its_surface(
    spool: Spool, path: str, method: str, operation: Operation
) -> None:
    assert operation.openai == path.startswith("/v1/")
    answer = await spool.http.request(method, f"{filled(path, 'x')}?no-such-parameter=1")
    if answer.status_code < 400 or method in ("HEAD", "OPTIONS"):
        assert answer.status_code < 500
        return
    assert answer.headers["content-type"] == "application/json"
    assert answer.status_code < 500, answer.text
    (of_openais_shape if operation.openai else of_our_shape)(answer)


@pytest.mark.parametrize("path", sorted({door.path for door in DOORS}))
async def test_a_method_that_a_route_lacks_is_refused_in_its_shape(spool: Spool, path: str) -> None:
    answer = await spool.http.request("TRACE", filled(path, "x"))
    assert answer.status_code == 405
    (of_openais_shape if path.startswith("/v1/") else of_our_shape)(answer)
