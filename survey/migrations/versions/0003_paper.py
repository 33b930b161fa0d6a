"""Paper: templates, print runs, sheets, what came back, who typed it, what was decided, tries of codes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

APPEND_ONLY = ("decision", "settlement")


def upgrade() -> None:
    _paper_template()
    _batch()
    _sheet()
    _sheet_side()
    _typing()
    _decision()
    _settlement()
    _code_try()
    for table in APPEND_ONLY:
        if op.get_bind().dialect.name == "postgresql":
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
        else:
            for action in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table}"
                    f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )


def _paper_template() -> None:
    op.create_table(
        "paper_template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("instrument", sa.String(40), nullable=False),
        sa.Column("version", sa.String(40), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(12), nullable=False),
        sa.Column("reading", sa.String(10), nullable=False),
        sa.Column("sides", sa.Integer(), nullable=False),
        sa.Column("layout", sa.Text(), nullable=False),
        sa.Column("pdf", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", sa.String(24), nullable=False),
        sa.CheckConstraint("sides > 0", name=op.f("ck_paper_template_sides_there")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_template")),
        sa.UniqueConstraint("sha256", name=op.f("uq_paper_template_sha256")),
    )


def _batch() -> None:
    op.create_table(
        "batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("target", sa.String(40), nullable=False),
        sa.Column("file", sa.String(200), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("seed", sa.String(32), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("made_by", sa.String(80), nullable=False),
        sa.Column("made_at", sa.String(24), nullable=False),
        sa.Column("packs", sa.Integer(), nullable=True),
        sa.Column("sides", sa.Integer(), nullable=True),
        sa.Column("sha256", sa.String(64), nullable=True),
        sa.Column("finished_at", sa.String(24), nullable=True),
        sa.CheckConstraint("kind IN ('family', 'wave')", name=op.f("ck_batch_kind_known")),
        sa.CheckConstraint("status IN ('printing', 'stopped', 'done')", name=op.f("ck_batch_status_known")),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_batch_study_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
    )


def _sheet() -> None:
    op.create_table(
        "sheet",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(160), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("respondent_id", sa.Integer(), nullable=False),
        sa.Column("response_id", sa.Integer(), nullable=True),
        sa.Column("template_id", sa.Integer(), nullable=True),
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("printed_at", sa.String(24), nullable=False),
        sa.Column("returned_at", sa.String(24), nullable=True),
        sa.CheckConstraint(
            "(kind = 'questionnaire') = (template_id IS NOT NULL)", name=op.f("ck_sheet_template_fits")
        ),
        sa.CheckConstraint(
            "(kind = 'questionnaire') = (response_id IS NOT NULL)", name=op.f("ck_sheet_response_fits")
        ),
        sa.CheckConstraint(
            "status NOT IN ('returned', 'entered', 'confirmed') OR returned_at IS NOT NULL",
            name=op.f("ck_sheet_return_is_dated"),
        ),
        sa.CheckConstraint("kind IN ('questionnaire', 'cover', 'card')", name=op.f("ck_sheet_kind_known")),
        sa.CheckConstraint(
            "status IN ('printed', 'returned', 'entered', 'confirmed', 'withdrawn', 'dead')",
            name=op.f("ck_sheet_status_known"),
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_sheet_batch_id")),
        sa.ForeignKeyConstraint(["link_id"], ["link.id"], name=op.f("fk_sheet_link_id")),
        sa.ForeignKeyConstraint(["respondent_id"], ["respondent.id"], name=op.f("fk_sheet_respondent_id")),
        sa.ForeignKeyConstraint(["response_id"], ["response.id"], name=op.f("fk_sheet_response_id")),
        sa.ForeignKeyConstraint(["template_id"], ["paper_template.id"], name=op.f("fk_sheet_template_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sheet")),
        sa.UniqueConstraint("batch_id", "name", name=op.f("uq_sheet_batch_id_name")),
        sa.UniqueConstraint("link_id", name=op.f("uq_sheet_link_id")),
    )
    op.create_index("ix_sheet_respondent_id", "sheet", ["respondent_id"])
    op.create_index("ix_sheet_response_id", "sheet", ["response_id"])


def _sheet_side() -> None:
    op.create_table(
        "sheet_side",
        sa.Column("sheet_id", sa.Integer(), nullable=False),
        sa.Column("side", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("seen_by", sa.String(80), nullable=False),
        sa.Column("seen_at", sa.String(24), nullable=False),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheet.id"], name=op.f("fk_sheet_side_sheet_id")),
        sa.PrimaryKeyConstraint("sheet_id", "side", name=op.f("pk_sheet_side")),
    )


def _typing() -> None:
    op.create_table(
        "typing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("response_id", sa.Integer(), nullable=False),
        sa.Column("sheet_id", sa.Integer(), nullable=False),
        sa.Column("entry", sa.Integer(), nullable=False),
        sa.Column("typist", sa.String(80), nullable=False),
        sa.Column("begun_at", sa.String(24), nullable=False),
        sa.Column("finished_at", sa.String(24), nullable=True),
        sa.CheckConstraint("entry IN (1, 2)", name=op.f("ck_typing_entry_known")),
        sa.ForeignKeyConstraint(["response_id"], ["response.id"], name=op.f("fk_typing_response_id")),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheet.id"], name=op.f("fk_typing_sheet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_typing")),
        sa.UniqueConstraint("response_id", "entry", name=op.f("uq_typing_response_id_entry")),
        sa.UniqueConstraint("response_id", "typist", name=op.f("uq_typing_response_id_typist")),
    )
    op.create_index("ix_typing_sheet_id", "typing", ["sheet_id"])


def _decision() -> None:
    op.create_table(
        "decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("response_id", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(40), nullable=False),
        sa.Column("first", sa.Text(), nullable=False),
        sa.Column("second", sa.Text(), nullable=False),
        sa.Column("settled", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.String(80), nullable=False),
        sa.Column("decided_at", sa.String(24), nullable=False),
        sa.ForeignKeyConstraint(["response_id"], ["response.id"], name=op.f("fk_decision_response_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    op.create_index("ix_decision_response_id", "decision", ["response_id"])


def _settlement() -> None:
    op.create_table(
        "settlement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("response_id", sa.Integer(), nullable=False),
        sa.Column("sheet_id", sa.Integer(), nullable=False),
        sa.Column("kept", sa.String(10), nullable=False),
        sa.Column("rule", sa.String(10), nullable=False),
        sa.Column("paper_at", sa.String(24), nullable=False),
        sa.Column("web_at", sa.String(24), nullable=True),
        sa.Column("decided_by", sa.String(80), nullable=False),
        sa.Column("reason", sa.String(400), nullable=False),
        sa.Column("decided_at", sa.String(24), nullable=False),
        sa.CheckConstraint("rule IN ('only', 'earliest', 'person')", name=op.f("ck_settlement_rule_known")),
        sa.CheckConstraint("kept IN ('paper', 'web')", name=op.f("ck_settlement_kept_known")),
        sa.ForeignKeyConstraint(["response_id"], ["response.id"], name=op.f("fk_settlement_response_id")),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheet.id"], name=op.f("fk_settlement_sheet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement")),
    )
    op.create_index("ix_settlement_response_id", "settlement", ["response_id"])


def _code_try() -> None:
    op.create_table(
        "code_try",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(24), nullable=False),
        sa.Column("network_key", sa.String(64), nullable=False),
        sa.Column("code_key", sa.String(64), nullable=False),
        sa.Column("opened", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_try")),
    )
    op.create_index("ix_code_try_at", "code_try", ["at"])
    op.create_index("ix_code_try_network_key_at", "code_try", ["network_key", "at"])


def downgrade() -> None:
    for table in (
        "code_try", "settlement", "decision", "typing", "sheet_side", "sheet", "batch", "paper_template",
    ):  # fmt: skip
        op.drop_table(table)
