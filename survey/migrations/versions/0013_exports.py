"""The register of exports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "export",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=True),
        sa.Column("asked_by", sa.String(80), nullable=False),
        sa.Column("asked_at", sa.String(24), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("made_at", sa.String(24), nullable=True),
        sa.Column("manifest", sa.Text(), nullable=True),
        sa.Column("sha256", sa.String(64), nullable=True),
        sa.Column("seen_event", sa.Integer(), nullable=True),
        sa.Column("seen_save", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(made_at IS NULL) = (sha256 IS NULL) AND (made_at IS NULL) = (manifest IS NULL)",
            name=op.f("ck_export_made_has_sums"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export")),
    )


def downgrade() -> None:
    op.drop_table("export")
