"""What a transcript is about."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("transcripts", sa.Column("topics", sa.JSON()))


def downgrade() -> None:
    op.drop_column("transcripts", "topics")
