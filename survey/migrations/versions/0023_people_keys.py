"""The names of people's keys, with which backups are sealed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_OWNERS = ("family", "child", "respondent")


def upgrade() -> None:
    op.create_table(
        "person_key",
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(f"{owner}_id", sa.Integer(), nullable=True) for owner in _OWNERS),
        sa.Column("name", sa.String(32), nullable=False),
        sa.CheckConstraint(
            "CASE WHEN family_id IS NULL THEN 0 ELSE 1 END + CASE WHEN child_id IS NULL THEN 0 ELSE 1 END"
            " + CASE WHEN respondent_id IS NULL THEN 0 ELSE 1 END = 1",
            name=op.f("ck_person_key_one_owner"),
        ),
        sa.CheckConstraint("length(name) = 32", name=op.f("ck_person_key_whole_name")),
        *(
            sa.ForeignKeyConstraint([f"{owner}_id"], [f"{owner}.id"], name=op.f(f"fk_person_key_{owner}_id"))
            for owner in _OWNERS
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_key")),
        *(sa.UniqueConstraint(f"{owner}_id", name=op.f(f"uq_person_key_{owner}_id")) for owner in _OWNERS),
        sa.UniqueConstraint("name", name=op.f("uq_person_key_name")),
    )


def downgrade() -> None:
    """Back, and nobody knows any more whose key is which: who is erased after that stays in earlier backups.

    Until those are thrown away, the ledger of erasures is what keeps them from coming back.
    """
    op.drop_table("person_key")
