"""Numbers of saves in 64 bits: with 32 they would be used up at some 16 million respondents."""

from __future__ import annotations

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_COLUMNS = (("save_event", "id"), ("answer", "event_id"), ("export", "seen_save"))


def upgrade() -> None:
    _as("bigint")


def downgrade() -> None:
    # Where a number is larger than 32 bits hold, PostgreSQL refuses, and nothing has changed.
    _as("integer")


def _as(kind: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        return  # a whole number takes what it needs there
    for table, column in _COLUMNS:
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE {kind}")
    op.execute(f"ALTER SEQUENCE save_event_id_seq AS {kind}")
