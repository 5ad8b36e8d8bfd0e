"""Assets of every kind, from which the index is made; transcripts were the only ones so far."""

from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

WHEN = sa.DateTime(timezone=True)
KINDS = "'image', 'video', 'audio', 'text', 'keyframe'"
VIDEO = (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts")
CHILDREN = ["parent_id", "created_at", "asset_id"]
JOBS = sa.table(
    "jobs",
    sa.column("job_id"),
    sa.column("media_type"),
    sa.column("created_at", WHEN),
    sa.column("source"),
    sa.column("source_name"),
    sa.column("options", sa.JSON()),
)
TRANSCRIPTS = sa.table("transcripts", sa.column("job_id"), sa.column("asset_id"))


def upgrade() -> None:
    op.execute(
        "ALTER TABLE jobs ADD COLUMN media_type VARCHAR DEFAULT 'audio' NOT NULL"
        f" CONSTRAINT ck_jobs_media_type_known CHECK (media_type IN ({KINDS}))"
    )
    like = " OR ".join(f"lower(source_name) LIKE '%{suffix}'" for suffix in VIDEO)
    op.execute(f"UPDATE jobs SET media_type = 'video' WHERE {like}")
    op.add_column("jobs", sa.Column("parent_id", sa.Text()))
    op.create_index(op.f("ix_jobs_parent_id"), "jobs", ["parent_id"])
    _list("jobs", "job_id")
    assets = _make()
    if found := _found():
        op.bulk_insert(assets, found)
    op.drop_column("transcripts", "indexed_in")
    op.add_column("transcripts", sa.Column("chapters", sa.JSON()))
    _make_records()
    op.create_table(
        "watched_files",
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("modified", sa.BigInteger(), nullable=False),
        sa.Column("asset_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("path", name=op.f("pk_watched_files")),
    )


def _make_records() -> None:
    op.create_table(
        "records",
        sa.Column("moment_id", sa.Text(), nullable=False),
        sa.Column("indexed_in", sa.String()),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("model", sa.String()),
        sa.Column("moment", sa.JSON(), nullable=False),
        sa.Column("vector", sa.LargeBinary()),
        sa.Column("visual", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("moment_id", name=op.f("pk_records")),
        sa.CheckConstraint("revision > 0", name=op.f("ck_records_revision_counted")),
    )
    op.create_index(op.f("ix_records_indexed_in_moment_id"), "records", ["indexed_in", "moment_id"])


def _make() -> sa.Table:
    assets = op.create_table(
        "assets",
        sa.Column("asset_id", sa.Text(), nullable=False),
        sa.Column("job_id", sa.String(36), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("indexed_in", sa.String()),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("updated_at", WHEN, nullable=False),
        sa.Column("parent_id", sa.Text()),
        sa.Column("at", sa.Float()),
        sa.Column("text_format", sa.String()),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("link", sa.Text()),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("speakers", sa.JSON(), nullable=False),
        sa.Column("picture", sa.JSON()),
        sa.Column("visual", sa.LargeBinary()),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("asset_id", name=op.f("pk_assets")),
        sa.UniqueConstraint("job_id", name=op.f("uq_assets_job_id")),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.job_id"], name=op.f("fk_assets_job_id_jobs"), ondelete="CASCADE"
        ),
        sa.CheckConstraint(f"media_type IN ({KINDS})", name=op.f("ck_assets_media_type_known")),
        sa.CheckConstraint("revision > 0", name=op.f("ck_assets_revision_counted")),
        sa.CheckConstraint(
            "text_format IN ('plain', 'markdown', 'mdx')",
            name=op.f("ck_assets_text_format_known"),
        ),
    )
    op.create_index(op.f("ix_assets_indexed_in_created_at"), "assets", ["indexed_in", "created_at"])
    op.create_index(op.f("ix_assets_media_type_created_at"), "assets", ["media_type", "created_at"])
    op.create_index(op.f("ix_assets_parent_id_created_at_asset_id"), "assets", CHILDREN)
    _list("assets", "asset_id")
    return assets


def _list(table: str, key: str) -> None:
    """Of what a list shows that asks for nothing: a video has thousands of key-frames."""
    listed = sa.text("media_type <> 'keyframe'")
    op.create_index(
        f"ix_{table}_listed",
        table,
        ["created_at", key],
        sqlite_where=listed,
        postgresql_where=listed,
    )


def _found() -> list[dict[str, Any]]:
    """An asset for each transcript, named as its job is."""
    query = sa.select(JOBS, TRANSCRIPTS.c.asset_id).where(JOBS.c.job_id == TRANSCRIPTS.c.job_id)
    return [_asset(row) for row in op.get_bind().execute(query)]


def _asset(row: Any) -> dict[str, Any]:
    return {
        "asset_id": row.asset_id,
        "job_id": row.job_id,
        "media_type": row.media_type,
        "revision": 1,
        "created_at": row.created_at,
        "updated_at": row.created_at,
        "title": row.options.get("title") or _name(row.source, row.source_name),
        "labels": row.options.get("labels") or [],
        "description": "",
        "told": {},
        "speakers": {},
        "text": "",
    }


def _name(source: str, name: str) -> str:
    """As jobs were titled when this was written."""
    if source == "url":
        address = name.partition("?")[0].partition("#")[0].partition("://")[2]
        host, _, path = address.partition("/")
        name = unquote(path).strip("/") or host.rpartition("@")[2]
    return PurePosixPath(name).name or name


def downgrade() -> None:
    op.drop_column("transcripts", "chapters")
    op.add_column("transcripts", sa.Column("indexed_in", sa.String()))
    op.drop_table("watched_files")
    op.drop_table("records")
    op.drop_table("assets")
    op.drop_index("ix_jobs_listed", "jobs")
    op.drop_index(op.f("ix_jobs_parent_id"), "jobs")
    op.drop_column("jobs", "parent_id")
    op.drop_column("jobs", "media_type")
