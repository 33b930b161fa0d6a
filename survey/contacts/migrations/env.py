"""Runs the migrations of the contact store, on the connection that `Database.upgrade()` hands over."""

from __future__ import annotations

from alembic import context

from survey.contacts.tables import ContactsBase

connection = context.config.attributes.get("connection")
if connection is None:
    raise SystemExit("Migrations are run by the service itself: call `survey study upgrade`.")
context.configure(connection=connection, target_metadata=ContactsBase.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
