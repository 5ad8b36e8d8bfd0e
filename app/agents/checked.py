"""Tools whose arguments are refused in the service's words."""

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from app.agents.refusing import words, wrong_arguments

if TYPE_CHECKING:
    from mcp.server.mcpserver.tools import Tool


def checked() -> "type[Tool]":
    """The library's tool; but its own check would tell of its validator."""
    from mcp.server.mcpserver import Context
    from mcp.server.mcpserver.exceptions import ToolError
    from mcp.server.mcpserver.tools import Tool

    class Checked(Tool):
        async def run(
            self,
            arguments: dict[str, Any],
            context: Context[Any, Any],
            convert_result: bool = False,
        ) -> Any:
            try:
                self.fn_metadata.validate_arguments(arguments)
            except ValidationError as error:
                refusal = wrong_arguments(error, list(self.parameters["properties"]))
                raise ToolError(f"Error executing tool {self.name}: {words(refusal)}") from error
            return await super().run(arguments, context, convert_result)

    return Checked
