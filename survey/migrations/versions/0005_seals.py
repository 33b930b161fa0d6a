"""Seals of the audit trail; the events that are there are sealed in the order in which they stand."""

from __future__ import annotations

import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "seal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_seal_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal")),
        sa.UniqueConstraint("event_id", name=op.f("uq_seal_event_id")),
    )
    connection = op.get_bind()
    before = ""
    events = connection.exec_driver_sql(
        "SELECT id, at, actor, action, object, detail FROM event ORDER BY id"
    ).fetchall()
    for event in events:
        before = hashlib.sha256(json.dumps([before, *event]).encode()).hexdigest()
        connection.execute(
            sa.text("INSERT INTO seal (event_id, digest) VALUES (:event, :digest)"),
            {"event": event[0], "digest": before},
        )
    if connection.dialect.name == "sqlite":
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER seal_no_{action.lower()} BEFORE {action} ON seal"
                " BEGIN SELECT RAISE(ABORT, 'seal is append-only'); END"
            )
    else:
        op.execute(
            "CREATE TRIGGER seal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON seal"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    op.drop_table("seal")
