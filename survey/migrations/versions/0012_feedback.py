"""Feedback to municipalities: drafts, their documents, and the ledger of what was published."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0008"
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "feedback_regions", "feedback_release", "feedback_cell", "feedback_document", "feedback_publication",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "feedback_regions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("regions", sa.Text(), nullable=False),
        sa.Column("fixed_at", sa.String(24), nullable=False),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_feedback_regions_study_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback_regions")),
    )
    op.create_table(
        "feedback_release",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("data_on", sa.Date(), nullable=False),
        sa.Column("made_at", sa.String(24), nullable=False),
        sa.Column("made_by", sa.String(80), nullable=False),
        sa.Column("manifest", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_feedback_release_number_from_one")),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_feedback_release_study_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback_release")),
    )
    op.create_table(
        "feedback_cell",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("figure", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("place", sa.String(60), nullable=False),
        sa.Column("period", sa.String(20), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("members", sa.Text(), nullable=False),
        sa.Column("split", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"], ["feedback_release.id"], name=op.f("fk_feedback_cell_release_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback_cell")),
    )
    op.create_index(op.f("ix_feedback_cell_release_id"), "feedback_cell", ["release_id"])
    op.create_table(
        "feedback_document",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("municipality_id", sa.Integer(), nullable=True),
        sa.Column("language", sa.String(12), nullable=False),
        sa.Column("form", sa.String(10), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.CheckConstraint("form IN ('pdf', 'page')", name=op.f("ck_feedback_document_form_known")),
        sa.CheckConstraint("language IN ('nl', 'en')", name=op.f("ck_feedback_document_language_known")),
        sa.ForeignKeyConstraint(
            ["municipality_id"], ["municipality.id"], name=op.f("fk_feedback_document_municipality_id")
        ),
        sa.ForeignKeyConstraint(
            ["release_id"], ["feedback_release.id"], name=op.f("fk_feedback_document_release_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback_document")),
    )
    op.create_index(op.f("ix_feedback_document_release_id"), "feedback_document", ["release_id"])
    op.create_table(
        "feedback_publication",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("published_at", sa.String(24), nullable=False),
        sa.Column("published_by", sa.String(80), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"], ["feedback_release.id"], name=op.f("fk_feedback_publication_release_id")
        ),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_feedback_publication_study_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback_publication")),
        sa.UniqueConstraint("release_id", name=op.f("uq_feedback_publication_release_id")),
        sa.UniqueConstraint("study_id", "number", name=op.f("uq_feedback_publication_study_id_number")),
    )
    for table in APPEND_ONLY:
        _append_only(table)


def _append_only(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for action in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table}"
            f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def downgrade() -> None:
    for table in (
        "feedback_publication", "feedback_document", "feedback_cell", "feedback_release", "feedback_regions",
    ):  # fmt: skip
        op.drop_table(table)
