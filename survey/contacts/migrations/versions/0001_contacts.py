"""How people can be reached."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("respondent_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("days", sa.String(7), nullable=False),
        sa.Column("from_hour", sa.Integer(), nullable=False),
        sa.Column("until_hour", sa.Integer(), nullable=False),
        sa.Column("agreed_on", sa.Date(), nullable=False),
        sa.Column("good_until", sa.Date(), nullable=False),
        sa.Column("kept_by", sa.String(80), nullable=False),
        sa.Column("kept_at", sa.String(24), nullable=False),
        sa.CheckConstraint("channel IN ('none', 'mail', 'text')", name=op.f("ck_contact_channel_known")),
        sa.CheckConstraint(
            "channel <> 'mail' OR email IS NOT NULL", name=op.f("ck_contact_mail_has_address")
        ),
        sa.CheckConstraint("channel <> 'text' OR phone IS NOT NULL", name=op.f("ck_contact_text_has_number")),
        sa.CheckConstraint(
            "from_hour >= 0 AND from_hour < until_hour AND until_hour <= 24",
            name=op.f("ck_contact_hours_in_order"),
        ),
        sa.CheckConstraint("days <> ''", name=op.f("ck_contact_some_day")),
        sa.CheckConstraint("agreed_on <= good_until", name=op.f("ck_contact_agreement_in_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.UniqueConstraint("respondent_id", name=op.f("uq_contact_respondent_id")),
    )


def downgrade() -> None:
    op.drop_table("contact")
