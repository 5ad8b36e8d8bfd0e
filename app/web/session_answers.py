"""What is told of the session of a browser."""

from typing import Annotated

from pydantic import Field

from app.domain.keys import Scope
from app.web.answers import Answered


class Session(Answered):
    keys_required: bool
    signed_in: Annotated[bool, Field(description="Always, where no key is required.")]
    name: Annotated[str | None, Field(description="Of the key.")]
    scopes: Annotated[list[Scope], Field(description="All that it may do.")]
