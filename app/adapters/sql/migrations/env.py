"""Alembic runs this file for every command of `migrate.py`, which brings the connection."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
