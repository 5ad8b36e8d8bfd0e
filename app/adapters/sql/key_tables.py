"""The table of API keys."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.sql.columns import Prose
from app.adapters.sql.tables import Table, rule


class KeyRow(Table):
    """The secret is not here, and cannot be had from what is."""

    __tablename__ = "api_keys"
    __table_args__ = (
        UniqueConstraint("digest"),
        rule("digest_whole", "length(digest) = 64"),
        rule("quota_jobs_range", "quota_jobs >= 0"),
        rule("quota_bytes_range", "quota_bytes >= 0"),
    )

    key_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str] = mapped_column(Prose)
    scopes: Mapped[list[Any]]
    digest: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    #: What its jobs may be and hold at most; NULL is what the settings say.
    quota_jobs: Mapped[int | None]
    quota_bytes: Mapped[int | None] = mapped_column(BigInteger)
