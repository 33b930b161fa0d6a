"""Assent: what children say, wave by wave, when they are asked whether they want to take part."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "assent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("respondent_id", sa.Integer(), nullable=False),
        sa.Column("wave", sa.String(40), nullable=False),
        sa.Column("decision", sa.String(10), nullable=False),
        sa.Column("visit_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(12), nullable=False),
        sa.Column("reading", sa.String(10), nullable=False),
        sa.Column("said_at", sa.String(24), nullable=False),
        sa.CheckConstraint("decision IN ('yes', 'no', 'not_now')", name=op.f("ck_assent_decision_known")),
        sa.CheckConstraint("reading IN ('standard', 'easy')", name=op.f("ck_assent_reading_known")),
        sa.ForeignKeyConstraint(["respondent_id"], ["respondent.id"], name=op.f("fk_assent_respondent_id")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_assent_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assent")),
    )
    op.create_index(op.f("ix_assent_respondent_id"), "assent", ["respondent_id"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER assent_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON assent"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    else:
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER assent_no_{action.lower()} BEFORE {action} ON assent"
                " BEGIN SELECT RAISE(ABORT, 'assent is append-only'); END"
            )


def downgrade() -> None:
    op.drop_table("assent")
