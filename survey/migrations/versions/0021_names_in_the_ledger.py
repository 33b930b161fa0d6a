"""The key with which people are named in the ledger of releases, and that older ones were named anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feedback_key",
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_feedback_key_study_id")),
        sa.PrimaryKeyConstraint("study_id", name=op.f("pk_feedback_key")),
    )
    op.create_table(
        "feedback_rekeyed",
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("cells", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"], ["feedback_release.id"], name=op.f("fk_feedback_rekeyed_release_id")
        ),
        sa.PrimaryKeyConstraint("release_id", name=op.f("pk_feedback_rekeyed")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER feedback_rekeyed_append_only BEFORE UPDATE OR DELETE OR TRUNCATE"
            " ON feedback_rekeyed FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for action in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER feedback_rekeyed_no_{action.lower()} BEFORE {action} ON feedback_rekeyed"
            " BEGIN SELECT RAISE(ABORT, 'feedback_rekeyed is append-only'); END"
        )


def downgrade() -> None:
    """Back, and the key is gone: what is released after that can be compared with nothing released before.

    Where something was published, put back the backup of before the upgrade instead.
    """
    op.drop_table("feedback_rekeyed")
    op.drop_table("feedback_key")
