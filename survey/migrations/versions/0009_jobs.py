"""Long work: jobs, and the files they made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("key", sa.String(160), nullable=True),
        sa.Column("arguments", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.String(80), nullable=False),
        sa.Column("asked_at", sa.String(24), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.String(24), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(80), nullable=True),
        sa.Column("lease_until", sa.String(24), nullable=True),
        sa.Column("cancel_asked_at", sa.String(24), nullable=True),
        sa.Column("result", sa.String(200), nullable=False),
        sa.Column("problem", sa.String(2000), nullable=False),
        sa.Column("finished_at", sa.String(24), nullable=True),
        sa.CheckConstraint(
            "status IN ('waiting', 'running', 'done', 'failed', 'cancelled')",
            name=op.f("ck_job_status_known"),
        ),
        sa.CheckConstraint(
            "(status = 'running') = (worker IS NOT NULL)", name=op.f("ck_job_running_somewhere")
        ),
        sa.CheckConstraint("(worker IS NULL) = (lease_until IS NULL)", name=op.f("ck_job_lease_of_a_worker")),
        sa.CheckConstraint("attempts >= 0 AND done >= 0 AND total >= 0", name=op.f("ck_job_counts_possible")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.UniqueConstraint("key", name=op.f("uq_job_key")),
    )
    op.create_index("ix_job_status_not_before", "job", ["status", "not_before"])
    op.create_index("ix_job_kind", "job", ["kind"])
    op.create_table(
        "job_file",
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("piece", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("media_type", sa.String(80), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.String(24), nullable=False),
        sa.CheckConstraint("piece >= 0 AND piece < pieces", name=op.f("ck_job_file_piece_possible")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_job_file_job_id")),
        sa.PrimaryKeyConstraint("job_id", "piece", name=op.f("pk_job_file")),
    )


def downgrade() -> None:
    op.drop_table("job_file")
    op.drop_table("job")
