"""Questionnaires outside the waves, to professionals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pulse",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("one_off", sa.String(40), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=False),
        sa.Column("started_by", sa.String(80), nullable=False),
        sa.Column("started_at", sa.String(24), nullable=False),
        sa.CheckConstraint("opens_on <= closes_on", name=op.f("ck_pulse_in_order")),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_pulse_study_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pulse")),
        sa.UniqueConstraint("study_id", "one_off", name=op.f("uq_pulse_study_id_one_off")),
    )


def downgrade() -> None:
    op.drop_table("pulse")
