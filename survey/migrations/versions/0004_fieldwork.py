"""Fieldwork: pauses, hand-overs, drop-out, consent, placements."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "departure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("family_id", sa.Integer(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("wish", sa.String(10), nullable=False),
        sa.Column("recorded_by", sa.String(80), nullable=False),
        sa.CheckConstraint(
            "reason IN ('function_lapsed', 'out_of_home', 'family_wish', 'contact_lost', 'unknown')",
            name=op.f("ck_departure_reason_known"),
        ),
        sa.CheckConstraint("wish IN ('keep', 'erase')", name=op.f("ck_departure_wish_known")),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_departure_family_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_departure")),
    )
    op.create_index(op.f("ix_departure_family_id"), "departure", ["family_id"])
    op.create_table(
        "handover",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("family_id", sa.Integer(), nullable=False),
        sa.Column("from_id", sa.Integer(), nullable=True),
        sa.Column("to_id", sa.Integer(), nullable=False),
        sa.Column("message", sa.String(500), nullable=False),
        sa.Column("at", sa.String(24), nullable=False),
        sa.Column("recorded_by", sa.String(80), nullable=False),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_handover_family_id")),
        sa.ForeignKeyConstraint(["from_id"], ["professional.id"], name=op.f("fk_handover_from_id")),
        sa.ForeignKeyConstraint(["to_id"], ["professional.id"], name=op.f("fk_handover_to_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
    )
    op.create_index(op.f("ix_handover_family_id"), "handover", ["family_id"])
    op.create_table(
        "pause",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("municipality_id", sa.Integer(), nullable=True),
        sa.Column("family_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("recorded_by", sa.String(80), nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_pause_in_order")),
        sa.CheckConstraint("municipality_id IS NULL OR family_id IS NULL", name=op.f("ck_pause_one_target")),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_pause_family_id")),
        sa.ForeignKeyConstraint(
            ["municipality_id"], ["municipality.id"], name=op.f("fk_pause_municipality_id")
        ),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_pause_study_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pause")),
    )
    op.create_index(op.f("ix_pause_family_id"), "pause", ["family_id"])
    op.create_table(
        "placement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("child_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("days_a_week", sa.Integer(), nullable=True),
        sa.Column("hours_a_week", sa.Integer(), nullable=True),
        sa.Column("location", sa.String(20), nullable=False),
        sa.Column("recorded_by", sa.String(80), nullable=False),
        sa.CheckConstraint(
            "kind IN ('bso', 'day_care', 'sport', 'homework', 'other', 'none')",
            name=op.f("ck_placement_kind_known"),
        ),
        sa.CheckConstraint("days_a_week BETWEEN 1 AND 7", name=op.f("ck_placement_days_possible")),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_placement_in_order")),
        sa.CheckConstraint("hours_a_week BETWEEN 1 AND 100", name=op.f("ck_placement_hours_possible")),
        sa.ForeignKeyConstraint(["child_id"], ["child.id"], name=op.f("fk_placement_child_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_placement")),
    )
    op.create_index(op.f("ix_placement_child_id"), "placement", ["child_id"])
    op.create_table(
        "consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("respondent_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(10), nullable=False),
        sa.Column("giver", sa.String(15), nullable=False),
        sa.Column("decision", sa.String(10), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("information", sa.String(40), nullable=False),
        sa.Column("language", sa.String(12), nullable=False),
        sa.Column("reading", sa.String(10), nullable=False),
        sa.Column("medium", sa.String(10), nullable=False),
        sa.Column("override_reason", sa.String(200), nullable=False),
        sa.Column("recorded_by", sa.String(80), nullable=False),
        sa.Column("recorded_at", sa.String(24), nullable=False),
        sa.CheckConstraint(
            "decision IN ('informed', 'given', 'refused', 'withdrawn')",
            name=op.f("ck_consent_decision_known"),
        ),
        sa.CheckConstraint(
            "giver IN ('self', 'guardian_a', 'guardian_b', 'sole_guardian', 'young_person', 'child')",
            name=op.f("ck_consent_giver_known"),
        ),
        sa.CheckConstraint("medium IN ('paper', 'screen', 'spoken')", name=op.f("ck_consent_medium_known")),
        sa.CheckConstraint("purpose IN ('programme', 'research')", name=op.f("ck_consent_purpose_known")),
        sa.CheckConstraint("reading IN ('standard', 'easy')", name=op.f("ck_consent_reading_known")),
        sa.ForeignKeyConstraint(["respondent_id"], ["respondent.id"], name=op.f("fk_consent_respondent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index(op.f("ix_consent_respondent_id"), "consent", ["respondent_id"])


def downgrade() -> None:
    for table in ("consent", "placement", "pause", "handover", "departure"):
        op.drop_table(table)
