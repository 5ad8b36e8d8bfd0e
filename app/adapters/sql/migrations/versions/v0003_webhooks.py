"""Webhooks: deliveries that are owed, their tries, URLs that want no more."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    _deliveries()
    _tries()
    op.create_table(
        "webhook_endpoints",
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("disabled_at", WHEN, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("url", name=op.f("pk_webhook_endpoints")),
    )


def downgrade() -> None:
    for table in ("webhook_endpoints", "delivery_tries", "deliveries"):
        op.drop_table(table)


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("delivery_id", sa.String(36), nullable=False),
        sa.Column("job_id", sa.String(36), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("counted_from", sa.Integer(), nullable=False),
        sa.Column("next_at", WHEN),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("updated_at", WHEN, nullable=False),
        sa.Column("delivered_at", WHEN),
        sa.Column("last_status", sa.Integer()),
        sa.Column("last_error", sa.Text()),
        sa.Column("error_code", sa.String()),
        sa.Column("error_message", sa.Text()),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_deliveries")),
        _key("deliveries", "job_id", "jobs"),
        *_delivery_rules(),
    )
    for columns in (
        ["state", "next_at"],
        ["state", "endpoint", "next_at", "delivery_id"],
        ["created_at", "delivery_id"],
        ["job_id"],
    ):
        op.create_index(op.f(f"ix_deliveries_{'_'.join(columns)}"), "deliveries", columns)


def _delivery_rules() -> list[sa.CheckConstraint]:
    return [
        _rule(
            "deliveries_event_known", "event IN ('job.completed', 'job.failed', 'job.dead_letter')"
        ),
        _rule("deliveries_state_known", "state IN ('pending', 'delivered', 'failed', 'disabled')"),
        _rule("deliveries_attempts_counted", "counted_from >= 0 AND attempts >= counted_from"),
        _rule("deliveries_due_when_pending", "(state = 'pending') = (next_at IS NOT NULL)"),
        _rule(
            "deliveries_delivered_says_when", "(state = 'delivered') = (delivered_at IS NOT NULL)"
        ),
        _rule("deliveries_ended_by_a_try", "state NOT IN ('delivered', 'failed') OR attempts > 0"),
        _rule("deliveries_failed_says_why", "(event = 'job.completed') = (error_code IS NULL)"),
        _rule("deliveries_message_has_code", "error_message IS NULL OR error_code IS NOT NULL"),
    ]


def _tries() -> None:
    op.create_table(
        "delivery_tries",
        sa.Column("delivery_id", sa.String(36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("error", sa.Text()),
        sa.PrimaryKeyConstraint("delivery_id", "number", name=op.f("pk_delivery_tries")),
        _key("delivery_tries", "delivery_id", "deliveries"),
        _rule("delivery_tries_number_counted", "number > 0"),
        _rule("delivery_tries_seconds_range", "seconds >= 0"),
        _rule("delivery_tries_says_how_it_went", "status IS NOT NULL OR error IS NOT NULL"),
    )


def _key(table: str, column: str, parent: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{parent}")
    return sa.ForeignKeyConstraint([column], [f"{parent}.{column}"], name=name, ondelete="CASCADE")


def _rule(name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{name}"))
