"""An agent at a real service, by HTTP and by `spool mcp`: from a recording to the moment in it."""

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import StdioServerParameters

from tests.agents import Agent, over_http, over_stdio
from tests.e2e.conftest import Server
from tests.media import OWN, ROOT

AT_ONCE = 20
Connect = Callable[[], AbstractAsyncContextManager[Agent]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Iterator[Server]:
    """It may read the tests' own media."""
    roots = {"APP__INGESTION__ALLOWED_ROOTS": json.dumps([str(OWN)])}
    made = Server(tmp_path_factory.mktemp("agents"), model_folder, **roots)
    made.start()
    made.until_ready()
    yield made
    made.close()


def program(server: Server, **environment: str) -> StdioServerParameters:
    """`spool mcp`, as a client starts it."""
    address = {"SPOOL_SERVER": f"http://127.0.0.1:{server.port}", "PYTHONPATH": str(ROOT)}
    return StdioServerParameters(
        command=sys.executable, args=["-m", "app", "mcp"], env=address | environment, cwd=ROOT
    )


@asynccontextmanager
async def at_mcp(server: Server, **headers: str) -> AsyncIterator[Agent]:
    url = f"http://127.0.0.1:{server.port}"
    async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=60.0) as http:
        async with over_http(http) as agent:
            yield agent


@pytest.fixture(params=["http", "stdio"])
def connect(server: Server, request: pytest.FixtureRequest) -> Connect:
    if request.param == "http":
        return lambda: at_mcp(server)
    return lambda: over_stdio(program(server))


async def ended(agent: Agent, job_id: str) -> dict[str, Any]:
    while not (state := await agent.call("job_status", job_id=job_id, wait=30))["ended"]:
        assert 0 <= state["progress"] <= 1
    return state


async def test_from_a_recording_to_what_is_said_around_a_moment_of_it(
    connect: Connect, jfk: Path
) -> None:
    async with connect() as agent:
        ticket = await agent.call("ingest", source=str(jfk), title="Inaugural", topics=True)
        state = await ended(agent, ticket["job_id"])
        assert state["status"] == "Completed", state
        [part] = await agent.transcript(state["asset_id"])
        assert part["text"].startswith("[0.") and "ask not" in part["text"]
        assert part["language"] == "en" and 10 < part["duration"] < 12
        found = await agent.call("search", query="duty to the nation", asset_id=state["asset_id"])
        hit = found["hits"][0]
        assert hit["why"] == ["semantic"] and 0 <= hit["start"] < hit["end"] <= 11
        page = httpx2.get(hit["url"])
        assert page.status_code == 200 and "fellow Americans" in page.text
        around = await agent.call("moments", asset_id=state["asset_id"], at=9, before=1, after=1)
        said = " ".join(each["text"] for each in around["segments"])
        assert "do for your country" in said and "fellow" not in said
        listed = (await agent.call("list_assets"))["assets"]
        assert state["asset_id"] in [each["asset_id"] for each in listed]


async def test_what_is_refused_is_told_in_words(connect: Connect) -> None:
    async with connect() as agent:
        assert "job.not_found" in await agent.refused("job_status", job_id="no-such-job")
        assert "source.forbidden" in await agent.refused("ingest", source="/etc/passwd2")
        assert "not_found" in await agent.refused("transcript", asset_or_job="no such")
        assert "speed" in await agent.refused("search", query="x", speed=2)


async def test_a_file_of_the_users_own_machine_is_sent(
    server: Server, jfk: Path, tmp_path: Path
) -> None:
    """The service could not read it by itself."""
    own = tmp_path / "mine.flac"
    shutil.copy(jfk, own)
    async with at_mcp(server) as agent:
        assert "source.forbidden" in await agent.refused("ingest", source=str(own))
    async with over_stdio(program(server)) as agent:
        ticket = await agent.call("ingest", source=str(own), priority="interactive")
        assert (await ended(agent, ticket["job_id"]))["title"] == "mine.flac"


async def test_twenty_calls_at_once_are_all_answered(connect: Connect) -> None:
    async with connect() as agent:
        calls = [agent.call("search", query=f"country {number}") for number in range(AT_ONCE)]
        answers = await asyncio.gather(*calls)
    assert all(answer["hits"] for answer in answers)


# keys


@pytest.fixture(scope="module")
def guarded(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path
) -> Iterator[tuple[Server, str]]:
    """A service that wants keys, and one that may read."""
    made = Server(
        tmp_path_factory.mktemp("guarded"), model_folder, APP__SERVER__REQUIRE_KEYS="true"
    )
    create = [sys.executable, "-m", "app", "keys", "create", "--name", "x", "--scope", "read"]
    done = subprocess.run(
        create, cwd=ROOT, env=made.environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    made.start()
    yield made, done.stdout.strip()
    made.close()


async def test_a_key_that_may_read_lets_an_agent_read_and_no_more(
    guarded: tuple[Server, str], jfk: Path
) -> None:
    server, key = guarded
    for agent_of in (
        at_mcp(server, Authorization=f"Bearer {key}"),
        over_stdio(program(server, SPOOL_API_KEY=key)),
    ):
        async with agent_of as agent:
            assert (await agent.call("list_assets"))["assets"] == []
            assert "key.scope" in await agent.refused("ingest", source=str(jfk))


async def test_a_wrong_key_opens_nothing(guarded: tuple[Server, str]) -> None:
    server, _ = guarded
    async with over_stdio(program(server, SPOOL_API_KEY="wrong")) as agent:
        assert "key.wrong" in await agent.refused("list_assets")
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    answer = server.http.post("/mcp", json=ping, headers={"Authorization": "Bearer wrong"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "key.wrong")


# the program


def test_standard_output_holds_nothing_but_the_protocol(server: Server) -> None:
    """Also when what comes is none; it ends when its input does."""
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}}
    hello["clientInfo"] = {"name": "test", "version": "1"}
    call = {"name": "job_status", "arguments": {"job_id": "no-such-job"}}
    said = [
        "garbage",
        json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}),
        json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        json.dumps({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call}),
    ]
    started = program(server)
    done = subprocess.Popen(
        [started.command, *started.args],
        cwd=ROOT,
        env=server.environment | (started.env or {}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert done.stdin is not None and done.stdout is not None
    done.stdin.write("\n".join(said) + "\n")
    done.stdin.flush()
    answers: dict[Any, dict[str, Any]] = {}
    while 2 not in answers:
        answer = json.loads(done.stdout.readline())
        answers[answer.get("id")] = answer
    rest, errors = done.communicate(timeout=30)
    assert answers[1]["result"]["serverInfo"]["name"] == "spool"
    assert answers[2]["result"]["isError"] and "no-such-job" in str(answers[2])
    assert (rest, done.returncode) == ("", 0)
    assert "Traceback" not in errors


async def test_where_no_service_answers_each_tool_says_so(server: Server, unused_port: int) -> None:
    nowhere = {"SPOOL_SERVER": f"http://127.0.0.1:{unused_port}"}
    async with over_stdio(program(server, **nowhere)) as agent:
        why = await agent.refused("list_assets")
        assert f":{unused_port}" in why and "spool serve" in why


# the service


async def test_the_service_ends_cleanly_under_agents_that_wait(
    own_server: Callable[..., Server], jfk: Path
) -> None:
    """A client that went away in the middle of its call is no trouble either."""
    server = own_server()
    server.start()
    job_id = server.ingest(jfk)
    async with at_mcp(server) as agent, at_mcp(server) as gone:
        leaving = asyncio.create_task(gone.call("job_status", job_id="x" * 9, wait=30))
        waiting = asyncio.create_task(agent.call("job_status", job_id=job_id, wait=30))
        await agent.call("list_assets")
        leaving.cancel()
        status = await asyncio.to_thread(server.stop)
        await asyncio.wait([leaving, waiting])
    assert status == 0
    log = server.log()
    assert "closed" in log.splitlines()[-1] and "Traceback" not in log
