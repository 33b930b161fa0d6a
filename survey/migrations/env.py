"""Runs migrations on the connection that `Database.upgrade()` hands over, inside its transaction."""

from __future__ import annotations

from alembic import context

from survey import callbacks, export_tables, sheet_tables
from survey.accounts import tables as accounts_tables
from survey.feedback import tables as feedback_tables
from survey.fieldwork import tables as fieldwork_tables
from survey.jobs import tables as jobs_tables
from survey.models import Base

# Tables that other rooms declare on the same base.
ROOMS = (
    accounts_tables, callbacks, export_tables, feedback_tables, fieldwork_tables, jobs_tables, sheet_tables,
)  # fmt: skip

connection = context.config.attributes.get("connection")
if connection is None:
    raise SystemExit("Migrations are run by the service itself: call survey.db.Database(url).upgrade().")
# Batch mode: SQLite cannot alter a table in place, so Alembic copies it.
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
