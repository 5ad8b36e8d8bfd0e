"""`/mcp`: agents use the service with the rights of their key, and nothing they send is a fault."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcp.types.version import LATEST_MODERN_VERSION

from app.domain.keys import Scope
from app.web import session_cookie
from app.web.document import written
from app.web.gate import Gate
from app.web.table import DOORS
from tests.agents import Agent, over_http
from tests.api.spool import Spool, error, opened
from tests.api.test_assets import frames_of
from tests.api.test_rate_limits import gated
from tests.media import make_video

pytestmark = pytest.mark.asyncio(loop_scope="module")

MCP = "/mcp"
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
AT_ONCE = 20
Connect = Callable[[], AbstractAsyncContextManager[Agent]]


@pytest.fixture(params=["auto", "legacy"])
def connect(spool: Spool, request: pytest.FixtureRequest) -> Connect:
    """By the newest revision of the protocol, and by those with a handshake."""
    return lambda: over_http(spool.http, request.param)


@pytest.fixture
def talk(spool: Spool, speech: bytes) -> Path:
    """Three sentences, in the folder that clients may name files in."""
    file = spool.root / "talk.flac"
    file.write_bytes(speech)
    spool.engine.texts = {0: " Ask what you can do.", 1: " The harbour is cold.", 2: " Goodbye."}
    return file


async def taken_in(agent: Agent, source: Path, **options: Any) -> str:
    """The asset's name, once its job has completed."""
    ticket = await agent.call("ingest", source=str(source), **options)
    state = await agent.call("job_status", job_id=ticket["job_id"], wait=30)
    while not state["ended"]:
        state = await agent.call("job_status", job_id=ticket["job_id"], wait=30)
    assert (state["status"], state["asset_id"]) == ("Completed", ticket["asset_id"])
    return str(state["asset_id"])


async def test_what_is_kept_is_read_while_the_asset_is_taken_in_anew(
    connect: Connect, spool: Spool, talk: Path, speech: bytes
) -> None:
    async with connect() as agent:
        name = await taken_in(agent, talk)
        spool.engine.hold.clear()
        try:
            anew = await spool.take_in(speech + bytes(2), "talk.flac", asset_id=name)
            [part] = await agent.transcript(name)
            around = await agent.call("moments", asset_id=name, at=0.0)
        finally:
            spool.engine.hold.set()
        await spool.ended(anew)
        assert part["complete"] and "The harbour is cold." in part["text"]
        assert around["complete"] and around["segments"] != []


async def test_an_agent_takes_in_waits_reads_searches_and_looks_around(
    connect: Connect, talk: Path
) -> None:
    async with connect() as agent:
        told = {"title": "A talk", "labels": ["sea"], "language": "en"}
        name = await taken_in(agent, talk, priority="interactive", **told)
        [part] = await agent.transcript(name)
        assert part["complete"] and part["language"] == "en" and part["title"] == "A talk"
        lines = part["text"].splitlines()
        assert [line.split("] ")[1] for line in lines][1] == "The harbour is cold."
        [hit] = (await agent.call("search", query="harbour", labels=["sea"], asset_id=name))["hits"]
        assert (hit["asset_id"], hit["title"]) == (name, "A talk")
        assert "**harbour**" in hit["snippet"] and "keyword" in hit["why"]
        assert hit["url"].startswith("http://localhost/watch/")
        around = await agent.call("moments", asset_id=name, at=hit["start"], before=0.1, after=0.1)
        assert [each["text"] for each in around["segments"]] == ["The harbour is cold."]
        newest = (await agent.call("list_assets", limit=1))["assets"][0]
        assert (newest["asset_id"], newest["status"]) == (name, "Completed")


async def test_a_long_transcript_comes_in_parts(connect: Connect, talk: Path, spool: Spool) -> None:
    async with connect() as agent:
        spool.engine.texts = {
            number: f" Sentence {number}. " + "And so on. " * 20 for number in (0, 1)
        }
        name = await taken_in(agent, talk)
        parts = await agent.transcript(name, max_chars=200)
        assert len(parts) == 3 and all(part["unit"] == "seconds" for part in parts)
        [whole] = await agent.transcript(name)
        assert "".join(part["text"] for part in parts) == whole["text"]
        srt = await agent.call(
            "transcript", asset_or_job=name, format="srt", start=parts[1]["start"]
        )
        assert srt["text"].startswith("1\n00:00:0") and "Sentence 1." in srt["text"]


async def test_what_was_heard_so_far_is_told_as_such(
    connect: Connect, talk: Path, spool: Spool
) -> None:
    async with connect() as agent:
        spool.engine.gates[1] = gate = asyncio.Event()
        ticket = await agent.call("ingest", source=str(talk))
        async with asyncio.timeout(60):
            while not (part := (await agent.transcript(ticket["job_id"]))[0])["text"]:
                assert not part["complete"]
        assert not part["complete"] and "Ask what you can do." in part["text"]
        state = await agent.call("job_status", job_id=ticket["job_id"])
        assert not state["ended"] and "job_status" in state["go_on"]
        around = await agent.call("moments", asset_id=ticket["asset_id"], at=0)
        assert around["segments"] != [] and not around["complete"]
        gate.set()
        await spool.completed(ticket["job_id"])
        assert (await agent.call("moments", asset_id=ticket["asset_id"], at=0))["complete"]


async def test_a_text_is_read_by_its_characters(connect: Connect, spool: Spool) -> None:
    async with connect() as agent:
        text = "# Apples\n\n" + "They fall from trees. " * 40
        (spool.root / "apples.md").write_text(text)
        name = await taken_in(agent, spool.root / "apples.md")
        parts = await agent.transcript(name, max_chars=300)
        assert len(parts) == 3 and parts[0]["unit"] == "characters"
        assert "".join(part["text"] for part in parts).strip() == text.strip()
        assert "transcript" in await agent.refused("moments", asset_id=name, at=0)


async def test_key_frames_near_a_moment_are_linked(
    connect: Connect, spool: Spool, jfk: Path
) -> None:
    async with connect() as agent:
        film = make_video(spool.root / "film.mp4", jfk)
        name = await taken_in(agent, film)
        assert await frames_of(spool, name)
        listed = (await agent.call("list_assets", parent_id=name))["assets"]
        around = await agent.call("moments", asset_id=name, at=listed[0]["at"], before=1, after=1)
        assert listed[0]["asset_id"] in [each["asset_id"] for each in around["frames"]]
        thumbnail = await spool.http.get(around["frames"][0]["thumbnail"])
        assert thumbnail.headers["content-type"] == "image/jpeg"


# refusals


async def test_refusals_of_the_service_are_errors_of_the_tool_in_its_words(
    connect: Connect, spool: Spool, tmp_path: Path
) -> None:
    async with connect() as agent:
        elsewhere = tmp_path / "secret.wav"
        elsewhere.write_bytes(b"x")
        before = await spool.count()
        assert "job.not_found" in await agent.refused("job_status", job_id="no-such-job")
        assert "no-such" in await agent.refused("transcript", asset_or_job="no-such")
        assert "asset.not_found" in await agent.refused("moments", asset_id="no-such", at=1)
        assert "source.forbidden" in await agent.refused("ingest", source=str(elsewhere))
        assert "source.forbidden" in await agent.refused(
            "ingest", source="http://127.0.0.1:1/x.wav"
        )
        assert "language" in await agent.refused("ingest", source="x.wav", language="Klingon")
        assert "cursor" in await agent.refused("search", query="x", cursor="made up")
        assert await spool.count() == before


async def test_arguments_that_no_tool_knows_or_that_do_not_fit_are_named(connect: Connect) -> None:
    async with connect() as agent:
        assert "speed" in await agent.refused("search", query="x", speed="fast")
        assert "wait" in await agent.refused("job_status", job_id="x", wait=31)
        assert "query" in await agent.refused("search")
        assert "at" in await agent.refused("moments", asset_id="x", at="half past")


async def test_arguments_are_refused_in_the_words_of_the_service(connect: Connect) -> None:
    async with connect() as agent:
        said = await agent.refused("job_status", jobid="x", wait=31)
        assert said.endswith(
            "job_id: is missing; wait: Input should be less than or equal to 30; "
            "jobid: is not known here (request.invalid); the arguments are job_id, wait"
        )
        for told in (said, await agent.refused("ingest", source="x", priority="soon")):
            assert "(request.invalid)" in told
            assert "pydantic" not in told and "validation error" not in told


@pytest.mark.parametrize("where", ["asset_id", "half a \ud83d name"])
async def test_half_a_character_is_refused(spool: Spool, where: str) -> None:
    call = {"name": "moments", "arguments": {where: "x \ud83d", "at": 1}}
    said = {**PING, "method": "tools/call", "params": call}
    answer = await spool.http.post(MCP, content=json.dumps(said))
    assert answer.status_code == 400 or answer.json()["result"]["isError"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def guarded(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path
) -> AsyncIterator[tuple[Spool, dict[Scope, str]]]:
    folder = tmp_path_factory.mktemp("guarded")
    async with opened(folder, model_folder, server={"require_keys": True}) as spool:
        made = {each: (await spool.doors.keys.create(each, {each}))[1] for each in Scope}
        yield spool, made


async def test_a_tool_may_what_the_key_may_that_called_it_and_no_more(
    guarded: tuple[Spool, dict[Scope, str]], quiet: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even what a key in the service's own environment may."""
    spool, secrets = guarded
    monkeypatch.setenv("SPOOL_API_KEY", secrets[Scope.ADMIN])
    source = spool.root / "quiet.wav"
    source.write_bytes(quiet)
    for kind in ("Authorization", "X-API-Key"):
        before = "Bearer " if kind == "Authorization" else ""
        spool.http.headers = httpx2.Headers({kind: before + secrets[Scope.READ]})
        async with over_http(spool.http) as agent:
            assert (await agent.call("list_assets"))["assets"] == []
            why = await agent.refused("ingest", source=str(source))
            assert "key.scope" in why and "ingest" in why
    spool.http.headers = httpx2.Headers({"X-API-Key": secrets[Scope.ADMIN]})
    async with over_http(spool.http) as agent:
        await taken_in(agent, source)


@pytest.mark.parametrize(
    ("headers", "code"), [({}, "key.missing"), ({"X-API-Key": "wrong"}, "key.wrong")]
)
async def test_nobody_without_a_key_calls_a_tool(
    guarded: tuple[Spool, dict[Scope, str]], headers: dict[str, str], code: str
) -> None:
    spool, secrets = guarded
    spool.http.headers = httpx2.Headers(headers)
    error(await spool.http.post(MCP, json=PING), 401, code)
    spool.http.headers = httpx2.Headers({"X-API-Key": secrets[Scope.INGEST]})
    error(await spool.http.post(MCP, json=PING), 403, "key.scope")


async def test_the_cookie_of_a_browser_is_no_key_for_agents(
    guarded: tuple[Spool, dict[Scope, str]],
) -> None:
    """One that opened the door, and then not what some tools ask for within."""
    spool, secrets = guarded
    ours = {"Cookie": f"{session_cookie.NAME}={secrets[Scope.ADMIN]}", "Origin": "http://localhost"}
    spool.http.headers = httpx2.Headers(ours)
    assert (await spool.http.post("/api/v1/search", json={"q": "sea"})).status_code == 200
    error(await spool.http.post(MCP, json=PING), 401, "key.missing")
    security = written(DOORS)["paths"][MCP]["post"]["security"]
    assert [way for each in security for way in each] == ["bearer", "key"]


# the wire


async def test_there_is_nothing_to_listen_to_and_no_session_to_end(spool: Spool) -> None:
    for method in ("GET", "DELETE"):
        answer = await spool.http.request(method, MCP, headers={"Accept": "text/event-stream"})
        error(answer, 405, "route.method_not_allowed")
        assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream", "*/*", "text/plain"])
async def test_the_answer_is_json_whatever_a_client_would_take(spool: Spool, accept: str) -> None:
    answer = await spool.http.post(MCP, json=PING, headers={"Accept": accept})
    assert (answer.status_code, answer.json()) == (200, {"jsonrpc": "2.0", "id": 1, "result": {}})
    assert "mcp-session-id" not in answer.headers


async def test_a_notification_is_heard_and_not_answered(spool: Spool) -> None:
    said = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    answer = await spool.http.post(MCP, json=said)
    assert (answer.status_code, answer.content) == (202, b"")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"garbage",
        b"{}",
        b"[]",
        b"null",
        b"\xff\xfe",
        json.dumps([PING]).encode(),
        json.dumps({**PING, "jsonrpc": "1.0"}).encode(),
        json.dumps({**PING, "id": None}).encode(),
        json.dumps({**PING, "id": True}).encode(),
        json.dumps({**PING, "id": 10**40}).encode(),
        json.dumps({**PING, "id": 1.5}).encode(),
        json.dumps({**PING, "method": 5}).encode(),
        json.dumps({**PING, "params": []}).encode(),
        json.dumps({"jsonrpc": "2.0", "id": 1, "result": {}}).encode(),
        b'{"jsonrpc": "2.0", "id": 1, "id": 2, "method": "ping"}',
        b"[" * 100_000,
    ],
)
async def test_what_is_no_message_is_refused(spool: Spool, body: bytes) -> None:
    error(await spool.http.post(MCP, content=body), 422, "request.invalid")


async def test_a_message_of_megabytes_is_refused(spool: Spool) -> None:
    body = json.dumps({**PING, "params": {"x": "y" * 2**20}})
    error(await spool.http.post(MCP, content=body), 413, "body.too_large")


async def test_what_the_newest_revision_does_not_know_is_told_in_its_own_shape(
    spool: Spool,
) -> None:
    for version, status in ((LATEST_MODERN_VERSION, 400), ("1999-01-01", 400)):
        headers = {"MCP-Protocol-Version": version}
        answer = await spool.http.post(MCP, json=PING, headers=headers)
        assert answer.status_code == status and answer.json()["error"]["code"] < 0


any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
words = st.sampled_from(
    "name arguments query job_id asset_id at wait limit source _meta protocolVersion cursor".split()
) | st.text(max_size=8)


@settings(
    max_examples=60,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(
    method=st.sampled_from(
        ["tools/call", "tools/list", "initialize", "server/discover", "resources/read", "x"]
    ),
    tool=st.sampled_from(["search", "job_status", "moments", "transcript", "list_assets", "x"]),
    arguments=st.dictionaries(words, any_json, max_size=4),
    more=st.dictionaries(words, any_json, max_size=3),
    headers=st.sampled_from([{}, {"MCP-Protocol-Version": LATEST_MODERN_VERSION}, {"x": "y"}]),
    request_id=st.integers(-5, 5) | st.text(max_size=5),
)
async def test_no_message_is_a_fault(
    spool: Spool,
    method: str,
    tool: str,
    arguments: dict[str, Any],
    more: dict[str, Any],
    headers: dict[str, str],
    request_id: int | str,
) -> None:
    arguments.pop("wait", None)
    params = {"name": tool, "arguments": arguments} | more
    said = {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}
    answer = await spool.http.post(MCP, content=json.dumps(said), headers=headers)
    assert answer.status_code in (200, 400, 404, 422), answer.text
    assert "Traceback" not in answer.text and "-32603" not in answer.text


async def test_a_page_of_another_site_reaches_no_tool(spool: Spool) -> None:
    answer = await spool.http.post(MCP, json=PING, headers={"Origin": "https://evil.example"})
    error(answer, 403, "request.cross_site")


@pytest.mark.parametrize("host", ["box.local:8000", "192.0.2.7", "[fd00::7]:8000", "spool.example"])
async def test_tools_work_under_every_name_that_is_the_services(spool: Spool, host: str) -> None:
    gate = Gate(neighbours_names=True, allowed_hosts=("spool.example",))
    async with gated(spool.doors, gate) as http:
        http.headers["Host"] = host
        async with over_http(http) as agent:
            assert "assets" in await agent.call("list_assets")
        http.headers["Host"] = "evil.example"
        error(await http.post(MCP, json=PING), 421, "request.host")


async def test_what_a_tool_asks_for_counts_for_the_address_that_called_it(spool: Spool) -> None:
    async with gated(spool.doors, Gate(requests_a_minute=4)) as http:
        call = {**PING, "method": "tools/call", "params": {"name": "list_assets"}}
        answers = [(await http.post(MCP, json=call)).json()["result"] for _ in range(2)]
        assert not any(each.get("isError") for each in answers)
        error(await http.post(MCP, json=call), 429, "rate.limited")
        other = await http.post(MCP, json=call, headers={"From": "192.0.2.2"})
        assert other.status_code == 200


# many at once


async def test_twenty_agents_call_at_once_and_each_has_its_own_answer(
    spool: Spool, talk: Path
) -> None:
    async def one(number: int) -> None:
        async with over_http(spool.http, "legacy" if number % 2 else "auto") as agent:
            assert f"no-such-{number} " in await agent.refused(
                "job_status", job_id=f"no-such-{number} "
            )
            name = await taken_in(agent, talk, title=f"Talk {number}")
            [part] = await agent.transcript(name)
            assert part["title"] == f"Talk {number}"

    await asyncio.gather(*(one(number) for number in range(AT_ONCE)))


async def test_a_caller_that_hangs_up_disturbs_nobody(spool: Spool, talk: Path) -> None:
    spool.engine.hold.clear()
    async with over_http(spool.http) as agent:
        job_id = (await agent.call("ingest", source=str(talk)))["job_id"]
        waiting = asyncio.create_task(agent.call("job_status", job_id=job_id, wait=30))
        other = asyncio.create_task(agent.call("job_status", job_id=job_id, wait=30))
        async with asyncio.timeout(60):
            while spool.engine.at_work == 0:  # noqa: ASYNC110
                await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        spool.engine.hold.set()
        assert (await other)["status"] == "Completed"


async def test_a_tool_that_breaks_tells_nothing_of_its_inside(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(spool.doors.assets), "list", broken)
    async with over_http(spool.http) as agent:
        why = await agent.refused("list_assets")
        assert "internal" in why and "secret" not in why
        monkeypatch.undo()
        assert "assets" in await agent.call("list_assets")


async def broken(*_: Any, **__: Any) -> None:
    raise ZeroDivisionError("secret")
