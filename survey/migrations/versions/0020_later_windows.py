"""Whether a wave closes later because of a pause, as a code beside the words."""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # In the words of both databases, without a copy of the table. What is there already does not tell.
    op.execute("ALTER TABLE extension ADD COLUMN by_pause BOOLEAN")


def downgrade() -> None:
    op.execute("ALTER TABLE extension DROP COLUMN by_pause")
