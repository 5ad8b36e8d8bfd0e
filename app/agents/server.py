"""The tools as a server of the Model Context Protocol, whatever carries it."""

import inspect
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any

from app import __version__
from app.agents.checked import checked
from app.agents.refusing import words
from app.agents.told import Told
from app.agents.tools import Tools
from app.domain.errors import SpoolError

if TYPE_CHECKING:
    from mcp.server import MCPServer
    from mcp.server.mcpserver.tools import Tool

NAME = "spool"
INSTRUCTIONS = (
    "Spool takes in audio, video, pictures and texts, and makes every spoken moment, frame and "
    "paragraph searchable. To answer a question about recordings: search, then read around the "
    "hits with moments, and cite their times and urls. To take something in: ingest, then "
    "job_status until it has ended. list_assets tells what there is."
)
#: What each tool does to the world, in the protocol's words; `ingest` alone changes anything.
TITLES: Mapping[str, str] = {
    "search": "Search everything",
    "moments": "Read around a moment",
    "transcript": "Read a transcript or text",
    "list_assets": "List media, newest first",
    "ingest": "Take a medium in",
    "job_status": "How a job is",
}
WRITING = frozenset({"ingest"})


def mcp_server(tools: Tools) -> "MCPServer[Any]":
    """Takes a second or two when it is first called: what it imports is heavy."""
    from mcp.server import MCPServer

    # each message is a line at INFO, and each refusal of a tool, too
    logging.getLogger("mcp").setLevel(logging.WARNING)
    return MCPServer(
        NAME,
        title="Spool",
        instructions=INSTRUCTIONS,
        version=__version__,
        tools=[_tool(getattr(tools, name), title) for name, title in TITLES.items()],
        subscriptions=False,
        log_level="WARNING",
    )


def _tool(function: Callable[..., Awaitable[Told]], title: str) -> "Tool":
    """Arguments that it does not know are refused: a misspelt one would else be silently lost."""
    from mcp.types import ToolAnnotations

    name = function.__name__
    made = checked().from_function(
        _carried(function),
        title=title,
        description=inspect.getdoc(function),
        annotations=ToolAnnotations(
            title=title,
            read_only_hint=name not in WRITING,
            destructive_hint=False,
            idempotent_hint=name not in WRITING,
            open_world_hint=name in WRITING,  # it may fetch from the internet
        ),
    )
    arguments = made.fn_metadata.arg_model
    arguments.model_config["extra"] = "forbid"
    arguments.model_rebuild(force=True)
    made.parameters = arguments.model_json_schema(by_alias=True)
    return made


def _carried(function: Callable[..., Awaitable[Told]]) -> Callable[..., Awaitable[Any]]:
    """The tool as the protocol has it: an answer is data, and the same as text; a refusal is an
    error that an agent can read."""
    from mcp.server.mcpserver.exceptions import ToolError
    from mcp.types import CallToolResult, TextContent

    @wraps(function)
    async def call(**arguments: Any) -> CallToolResult:
        try:
            answer = await function(**arguments)
        except SpoolError as error:
            raise ToolError(words(error)) from error
        except OSError as error:  # a file of the user's that cannot be read
            raise ToolError(f"{error.filename or 'a file'}: {error.strerror}") from error
        data = answer.model_dump(mode="json", exclude_none=True)
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        return CallToolResult(
            content=[TextContent(type="text", text=text)], structured_content=data
        )

    signature = inspect.signature(function)
    carried = Annotated[CallToolResult, signature.return_annotation]
    call.__signature__ = signature.replace(return_annotation=carried)  # type: ignore[attr-defined]
    return call
