"""Accounts of staff, their invitations, sessions and sign-in attempts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(24), nullable=False),
        sa.Column("account_key", sa.String(64), nullable=False),
        sa.Column("network_key", sa.String(64), nullable=False),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('failed', 'passed', 'signed_in')", name=op.f("ck_sign_in_attempt_outcome_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    op.create_index("ix_sign_in_attempt_account_key_at", "sign_in_attempt", ["account_key", "at"])
    op.create_index("ix_sign_in_attempt_network_key_at", "sign_in_attempt", ["network_key", "at"])
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(200), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("everywhere", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("professional_id", sa.Integer(), nullable=True),
        sa.Column("language", sa.String(12), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("password", sa.String(200), nullable=True),
        sa.Column("factor", sa.String(64), nullable=True),
        sa.Column("factor_step", sa.Integer(), nullable=True),
        sa.Column("factor_at", sa.String(24), nullable=True),
        sa.Column("created_at", sa.String(24), nullable=False),
        sa.CheckConstraint(
            "role IN ('linking_pin', 'coordinator', 'childcare_worker', 'policy_officer', 'researcher',"
            " 'data_manager', 'admin')",
            name=op.f("ck_account_role_known"),
        ),
        sa.CheckConstraint("status IN ('invited', 'active', 'closed')", name=op.f("ck_account_status_known")),
        sa.ForeignKeyConstraint(
            ["professional_id"], ["professional.id"], name=op.f("fk_account_professional_id")
        ),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_account_study_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("email", name=op.f("uq_account_email")),
        sa.UniqueConstraint("professional_id", name=op.f("uq_account_professional_id")),
    )
    op.create_table(
        "account_place",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("municipality_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_place_account_id")),
        sa.ForeignKeyConstraint(
            ["municipality_id"], ["municipality.id"], name=op.f("fk_account_place_municipality_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "municipality_id", name=op.f("pk_account_place")),
    )
    op.create_table(
        "done_once",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(40), nullable=False),
        sa.Column("address", sa.String(200), nullable=False),
        sa.Column("at", sa.String(24), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_done_once_account_id")),
        sa.PrimaryKeyConstraint("account_id", "token", name=op.f("pk_done_once")),
    )
    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("created_at", sa.String(24), nullable=False),
        sa.Column("expires_at", sa.String(24), nullable=False),
        sa.Column("used_at", sa.String(24), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_invitation_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("digest", name=op.f("uq_invitation_digest")),
    )
    op.create_index(op.f("ix_invitation_account_id"), "invitation", ["account_id"])
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("used_at", sa.String(24), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_recovery_code_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("account_id", "digest", name=op.f("uq_recovery_code_account_id_digest")),
    )
    op.create_table(
        "staff_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(10), nullable=False),
        sa.Column("started_at", sa.String(24), nullable=False),
        sa.Column("last_seen", sa.String(24), nullable=False),
        sa.Column("proved_at", sa.String(24), nullable=False),
        sa.Column("ended_at", sa.String(24), nullable=True),
        sa.CheckConstraint("stage IN ('code', 'enrol', 'full')", name=op.f("ck_staff_session_stage_known")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_staff_session_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_session")),
        sa.UniqueConstraint("digest", name=op.f("uq_staff_session_digest")),
    )
    op.create_index(op.f("ix_staff_session_account_id"), "staff_session", ["account_id"])


def downgrade() -> None:
    for table in (
        "staff_session", "recovery_code", "invitation", "done_once", "account_place", "account",
        "sign_in_attempt",
    ):  # fmt: skip
        op.drop_table(table)
