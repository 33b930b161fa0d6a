"""Members who go from one family to another."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "household_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(15), nullable=False),
        sa.Column("respondent_id", sa.Integer(), nullable=False),
        sa.Column("from_id", sa.Integer(), nullable=False),
        sa.Column("to_id", sa.Integer(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("recorded_by", sa.String(80), nullable=False),
        sa.CheckConstraint(
            "kind IN ('parted', 'out_of_home', 'joined', 'withdrew')",
            name=op.f("ck_household_change_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["respondent_id"], ["respondent.id"], name=op.f("fk_household_change_respondent_id")
        ),
        sa.ForeignKeyConstraint(["from_id"], ["family.id"], name=op.f("fk_household_change_from_id")),
        sa.ForeignKeyConstraint(["to_id"], ["family.id"], name=op.f("fk_household_change_to_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household_change")),
    )
    for column in ("respondent_id", "from_id", "to_id"):
        op.create_index(op.f(f"ix_household_change_{column}"), "household_change", [column])


def downgrade() -> None:
    op.drop_table("household_change")
