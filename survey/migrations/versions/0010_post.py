"""Messages that are sent to people, and links to answer with somebody's help."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("respondent_id", sa.Integer(), nullable=False),
        sa.Column("wave", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("not_before", sa.String(24), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(20), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=True),
        sa.Column("queued_at", sa.String(24), nullable=False),
        sa.Column("queued_by", sa.String(80), nullable=False),
        sa.Column("changed_at", sa.String(24), nullable=False),
        sa.CheckConstraint("kind IN ('link', 'reminder')", name=op.f("ck_message_kind_known")),
        sa.CheckConstraint("channel IN ('mail', 'text')", name=op.f("ck_message_channel_known")),
        sa.CheckConstraint(
            "state IN ('waiting', 'going', 'sent', 'unsure', 'failed', 'dropped')",
            name=op.f("ck_message_state_known"),
        ),
        sa.ForeignKeyConstraint(["respondent_id"], ["respondent.id"], name=op.f("fk_message_respondent_id")),
        sa.ForeignKeyConstraint(["link_id"], ["link.id"], name=op.f("fk_message_link_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
    )
    op.create_index(op.f("ix_message_respondent_id"), "message", ["respondent_id"])
    op.create_index(op.f("ix_message_state"), "message", ["state"])
    # In the words of both databases, because a copy of the table would upset those that refer to it.
    op.execute(
        "ALTER TABLE link ADD COLUMN assistance VARCHAR(12) DEFAULT 'none' NOT NULL"
        " CONSTRAINT ck_link_assistance_known CHECK (assistance IN ('none', 'helper', 'interpreter'))"
    )


def downgrade() -> None:
    op.drop_table("message")
    # The check goes with its column, on both databases.
    op.execute("ALTER TABLE link DROP COLUMN assistance")
