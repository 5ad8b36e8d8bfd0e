"""What is told of links to transcripts."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.web.answers import Answered


class SharedLink(Answered):
    share_id: UUID
    asset_id: str
    created_at: datetime
    expires_at: datetime


class MadeLink(SharedLink):
    url: Annotated[str, Field(description="Where it leads; shown this once.")]


class LinkList(Answered):
    shares: list[SharedLink]
    cursor: Annotated[str | None, Field(description="Fetches the next page.")]
