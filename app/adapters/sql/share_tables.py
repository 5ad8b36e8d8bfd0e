"""The table of links to transcripts."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.sql.tables import Table, rule


class ShareRow(Table):
    """The token is not here, and cannot be had from what is. Goes with the job it tells of."""

    __tablename__ = "shares"
    __table_args__ = (
        UniqueConstraint("digest"),
        rule("digest_whole", "length(digest) = 64"),
        rule("ends_after_it_begins", "expires_at > created_at"),
    )

    share_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.job_id", ondelete="CASCADE"), index=True)
    digest: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
