"""The windows of a transcript that were heard again, and whose key asked for a job."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("transcripts", sa.Column("repairs", sa.JSON()))
    op.add_column("jobs", sa.Column("requester", sa.String()))


def downgrade() -> None:
    op.drop_column("jobs", "requester")
    op.drop_column("transcripts", "repairs")
