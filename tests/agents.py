"""An agent: the protocol's own client, and what tools answer it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, TextContent


@dataclass(frozen=True, kw_only=True)
class Agent:
    client: Client

    async def call(self, tool: str, /, **arguments: Any) -> dict[str, Any]:
        """What it answers, as data; its text says the same."""
        result = await self.client.call_tool(tool, arguments)
        assert not result.is_error, result.content
        assert json.loads(said(result)) == result.structured_content
        found: dict[str, Any] = result.structured_content or {}
        return found

    async def refused(self, tool: str, /, **arguments: Any) -> str:
        """Why it says no, in words."""
        result = await self.client.call_tool(tool, arguments)
        assert result.is_error, result.structured_content
        words = said(result)
        assert "Traceback" not in words and "app/" not in words
        return words

    async def transcript(self, name: str, **arguments: Any) -> list[dict[str, Any]]:
        """All parts, one after the other."""
        parts = [await self.call("transcript", asset_or_job=name, **arguments)]
        while "next" in parts[-1]:
            asked = arguments | {"start": parts[-1]["next"]}
            parts.append(await self.call("transcript", asset_or_job=name, **asked))
        return parts


def said(result: CallToolResult) -> str:
    [content] = result.content
    assert isinstance(content, TextContent)
    return content.text


@asynccontextmanager
async def over_http(http: httpx2.AsyncClient, mode: str = "auto") -> AsyncIterator[Agent]:
    """`mode` is auto or legacy: the revisions of the protocol without and with a handshake."""
    transport = streamable_http_client(f"{str(http.base_url).rstrip('/')}/mcp", http_client=http)
    async with Client(transport, mode=mode) as client:
        yield Agent(client=client)


@asynccontextmanager
async def over_stdio(program: StdioServerParameters) -> AsyncIterator[Agent]:
    async with Client(program) as client:
        yield Agent(client=client)
