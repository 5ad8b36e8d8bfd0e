"""The tools on standard input and output, for a client that starts them as a program."""

from collections.abc import Sequence

from app.agents.server import mcp_server
from app.agents.tools import Tools
from app.client import AsyncSpool

EVERYWHERE = ("/",)


async def serve_stdio(
    server: str | None = None, api_key: str | None = None, folders: Sequence[str] = EVERYWHERE
) -> None:
    """Until standard input ends. Nothing else may write to standard output meanwhile.

    `folders`: files in them may be sent.
    """
    async with AsyncSpool(server, api_key) as spool:
        await mcp_server(Tools(lambda: spool, folders=folders)).run_stdio_async()
