"""What an agent is told of the tools before it uses them; and what a person is."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from mcp.types import Tool
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from app.agents.server import mcp_server
from app.agents.tools import Tools
from app.client import AsyncSpool
from tests.unit.typed import answer

PAGE = Path(__file__).parents[2] / "app" / "docs" / "agents.md"
NAMES = {"ingest", "job_status", "transcript", "search", "moments", "list_assets"}


def nobody() -> AsyncSpool:
    raise AssertionError("nothing is called here")


@pytest.fixture(scope="module")
def tools() -> dict[str, Tool]:
    return {tool.name: tool for tool in asyncio.run(mcp_server(Tools(nobody)).list_tools())}


def test_these_are_the_tools_and_each_says_what_it_is_for(tools: dict[str, Tool]) -> None:
    assert tools.keys() == NAMES
    for tool in tools.values():
        assert len(tool.description or "") > 60 and tool.title


def test_every_parameter_is_typed_and_described(tools: dict[str, Tool]) -> None:
    for tool in tools.values():
        schema: dict[str, Any] = tool.input_schema
        assert schema["additionalProperties"] is False, tool.name
        for name, parameter in schema["properties"].items():
            assert len(parameter["description"]) > 15, (tool.name, name)
            assert {"type", "anyOf", "$ref", "enum"} & parameter.keys(), (tool.name, name)


def test_every_tool_tells_the_shape_of_its_answer(tools: dict[str, Tool]) -> None:
    for tool in tools.values():
        assert tool.output_schema is not None and tool.output_schema["properties"], tool.name


def test_only_ingest_changes_anything_and_none_destroys(tools: dict[str, Tool]) -> None:
    hints = {name: tool.annotations for name, tool in tools.items()}
    assert {name for name, hint in hints.items() if hint and not hint.read_only_hint} == {"ingest"}
    assert all(hint and hint.destructive_hint is False for hint in hints.values())


def test_the_tools_are_in_the_readme_with_all_their_parameters(
    tools: dict[str, Tool],
) -> None:
    section = PAGE.read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", section, re.MULTILINE))
    assert rows.keys() == tools.keys()
    for name, tool in tools.items():
        missing = [
            each for each in tool.input_schema["properties"] if f"`{each}`" not in rows[name]
        ]
        assert missing == [], name


async def test_of_this_machine_only_files_in_the_folders_are_sent(
    httpserver: HTTPServer, tmp_path: Path
) -> None:
    asked: list[str] = []

    def taken(request: Request) -> Response:
        asked.append(request.args["filename"] if "filename" in request.args else "judge it")
        return answer({"job_id": "j", "status": "Pending", "status_url": "", "result_url": ""}, 202)

    httpserver.expect_request("/api/v1/ingest").respond_with_handler(taken)
    (tmp_path / "media").mkdir()
    for name in ("media/talk.txt", "secret.txt"):
        (tmp_path / name).write_text("x")
    (tmp_path / "media" / "link.txt").symlink_to(tmp_path / "secret.txt")
    async with AsyncSpool(httpserver.url_for("")) as spool:
        tools = Tools(lambda: spool, folders=[str(tmp_path / "media")])
        for name in ("media/talk.txt", "secret.txt", "media/../secret.txt", "media/link.txt"):
            await tools.ingest(str(tmp_path / name))
    assert asked == ["talk.txt", "judge it", "judge it", "judge it"]
