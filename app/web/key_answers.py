"""What is told of API keys."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.domain.keys import Scope
from app.web.answers import Answered, Count


class Key(Answered):
    key_id: UUID
    name: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: Annotated[datetime | None, Field(description="To the minute.")]
    quota_jobs: Annotated[
        Count | None,
        Field(description="Jobs that it may keep; null: as the settings say; 0: any number."),
    ]
    quota_bytes: Annotated[
        Count | None, Field(description="The same for the bytes of their media.")
    ]


class MadeKey(Key):
    secret: Annotated[str, Field(description="Shown this once.")]


class KeyList(Answered):
    keys: list[Key]
