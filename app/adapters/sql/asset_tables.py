"""The table of assets."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.sql.columns import Json, Prose
from app.adapters.sql.tables import Table, but_keyframes, one_of, rule
from app.domain.media_types import MediaType
from app.domain.writing.formats import TextFormat


class AssetRow(Table):
    """What the index is made from. Goes with the job that found it."""

    __tablename__ = "assets"
    __table_args__ = (
        rule("media_type_known", one_of("media_type", MediaType)),
        rule("revision_counted", "revision > 0"),
        rule("text_format_known", one_of("text_format", TextFormat)),
        Index(None, "indexed_in", "created_at"),
        Index(None, "media_type", "created_at"),
        Index(None, "parent_id", "created_at", "asset_id"),
        Index("ix_assets_listed", "created_at", "asset_id", **but_keyframes()),
    )

    asset_id: Mapped[str] = mapped_column(Prose, primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.job_id", ondelete="CASCADE"), unique=True)
    media_type: Mapped[str]
    #: Generation of the index that holds this revision whole. The short columns stand before the
    #: long ones: SQLite would have to read through those to come to them.
    indexed_in: Mapped[str | None]
    revision: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    parent_id: Mapped[str | None] = mapped_column(Prose)
    #: Seconds in the parent.
    at: Mapped[float | None]
    text_format: Mapped[str | None]
    title: Mapped[str] = mapped_column(Prose)
    labels: Mapped[list[Any]]
    link: Mapped[str | None] = mapped_column(Prose)
    description: Mapped[str] = mapped_column(Prose)
    #: `metadata` is a name that the mapper keeps for itself.
    told: Mapped[dict[str, Any]]
    speakers: Mapped[dict[str, Any]]
    picture: Mapped[dict[str, Any] | None] = mapped_column(Json)
    #: Of the picture: 32-bit floats, little-endian.
    visual: Mapped[bytes | None] = mapped_column(LargeBinary)
    text: Mapped[str] = mapped_column(Prose)
