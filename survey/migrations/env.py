"""Runs migrations on the connection that `Database.upgrade()` hands over, inside its transaction."""

from __future__ import annotations

from alembic import context

from survey.schema import METADATA

connection = context.config.attributes.get("connection")
if connection is None:
    raise SystemExit("Migrations are run by the service itself: call survey.db.Database(url).upgrade().")
# Batch mode: SQLite cannot alter a table in place, so Alembic copies it.
context.configure(connection=connection, target_metadata=METADATA, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
