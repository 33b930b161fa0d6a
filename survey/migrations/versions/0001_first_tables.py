"""The first tables: study, people, links, responses, answers, events.

Written out once and never changed: what the tables became later is in the migrations that follow.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

FIRST_OF_MONTH = {
    "sqlite": "substr(birth_month, 9) = '01'",
    "postgresql": "EXTRACT(DAY FROM birth_month) = 1",
}
APPEND_ONLY = ("save_event", "event")


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    _study()
    _people(dialect)
    _links()
    _answers()
    _events()
    (_append_only_sqlite if dialect == "sqlite" else _append_only_postgresql)()


def _study() -> None:
    op.create_table(
        "study",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("protocol", sa.String(200), nullable=False),
        sa.Column("languages", sa.String(200), nullable=False),
        sa.Column("created_at", sa.String(24), nullable=False),
        sa.CheckConstraint("kind IN ('demo', 'live')", name=op.f("ck_study_kind_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study")),
        sa.UniqueConstraint("key", name=op.f("uq_study_key")),
    )
    op.create_table(
        "municipality",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(20), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_municipality_study_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_municipality")),
        sa.UniqueConstraint("study_id", "code", name=op.f("uq_municipality_study_id_code")),
    )
    op.create_table(
        "professional",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("code", sa.String(12), nullable=False),
        sa.Column("clock_start", sa.Date(), nullable=True),
        sa.Column("predecessor_id", sa.Integer(), nullable=True),
        sa.Column("active_from", sa.Date(), nullable=False),
        sa.Column("active_to", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "role IN ('linking_pin', 'childcare_worker', 'interviewer')",
            name=op.f("ck_professional_role_known"),
        ),
        sa.CheckConstraint("active_to >= active_from", name=op.f("ck_professional_active_in_order")),
        sa.ForeignKeyConstraint(
            ["predecessor_id"], ["professional.id"], name=op.f("fk_professional_predecessor_id")
        ),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_professional_study_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_professional")),
        sa.UniqueConstraint("code", name=op.f("uq_professional_code")),
        sa.UniqueConstraint("id", "role", name=op.f("uq_professional_id_role")),
    )


def _people(dialect: str) -> None:
    op.create_table(
        "family",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("municipality_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(12), nullable=False),
        sa.Column("t0", sa.Date(), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("created_at", sa.String(24), nullable=False),
        sa.CheckConstraint("status IN ('active', 'paused', 'stopped')", name=op.f("ck_family_status_known")),
        sa.ForeignKeyConstraint(
            ["municipality_id"], ["municipality.id"], name=op.f("fk_family_municipality_id")
        ),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_family_study_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_family")),
        sa.UniqueConstraint("code", name=op.f("uq_family_code")),
    )
    op.create_index(op.f("ix_family_municipality_id"), "family", ["municipality_id"])
    op.create_table(
        "child",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("family_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(12), nullable=False),
        sa.Column("birth_month", sa.Date(), nullable=False),
        sa.Column("sex", sa.String(5), nullable=True),
        sa.Column("reporter_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("sex IN ('girl', 'boy', 'other')", name=op.f("ck_child_sex_known")),
        sa.CheckConstraint(FIRST_OF_MONTH[dialect], name=op.f("ck_child_first_of_month")),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_child_family_id")),
        # SQLite takes a reference to a table that is still to come, and no later one; PostgreSQL the reverse.
        *(
            [sa.ForeignKeyConstraint(["reporter_id"], ["respondent.id"], name=op.f("fk_child_reporter_id"))]
            if dialect == "sqlite"
            else []
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_child")),
        sa.UniqueConstraint("code", name=op.f("uq_child_code")),
        sa.UniqueConstraint("id", "family_id", name=op.f("uq_child_id_family_id")),
    )
    op.create_index(op.f("ix_child_family_id"), "child", ["family_id"])
    op.create_table(
        "assignment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("professional_id", sa.Integer(), nullable=False),
        sa.Column("family_id", sa.Integer(), nullable=True),
        sa.Column("child_id", sa.Integer(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "CASE WHEN family_id IS NULL THEN 0 ELSE 1 END"
            " + CASE WHEN child_id IS NULL THEN 0 ELSE 1 END = 1",
            name=op.f("ck_assignment_one_target"),
        ),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_assignment_in_order")),
        sa.ForeignKeyConstraint(["child_id"], ["child.id"], name=op.f("fk_assignment_child_id")),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_assignment_family_id")),
        sa.ForeignKeyConstraint(
            ["professional_id"], ["professional.id"], name=op.f("fk_assignment_professional_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
    )
    op.create_index(op.f("ix_assignment_child_id"), "assignment", ["child_id"])
    op.create_index(op.f("ix_assignment_family_id"), "assignment", ["family_id"])
    op.create_index(op.f("ix_assignment_professional_id"), "assignment", ["professional_id"])
    op.create_table(
        "respondent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("family_id", sa.Integer(), nullable=True),
        sa.Column("child_id", sa.Integer(), nullable=True),
        sa.Column("professional_id", sa.Integer(), nullable=True),
        sa.Column("code", sa.String(12), nullable=False),
        sa.Column("language", sa.String(12), nullable=False),
        sa.Column("reading", sa.String(10), nullable=False),
        sa.Column("created_at", sa.String(24), nullable=False),
        sa.CheckConstraint(
            "CASE role WHEN 'parent' THEN family_id IS NOT NULL AND child_id IS NULL"
            " AND professional_id IS NULL WHEN 'child' THEN family_id IS NOT NULL"
            " AND child_id IS NOT NULL AND professional_id IS NULL"
            " ELSE family_id IS NULL AND child_id IS NULL AND professional_id IS NOT NULL END",
            name=op.f("ck_respondent_role_fits"),
        ),
        sa.CheckConstraint("reading IN ('standard', 'easy')", name=op.f("ck_respondent_reading_known")),
        sa.CheckConstraint(
            "role IN ('parent', 'child', 'linking_pin', 'childcare_worker', 'interviewer')",
            name=op.f("ck_respondent_role_known"),
        ),
        sa.ForeignKeyConstraint(
            ["child_id", "family_id"], ["child.id", "child.family_id"], name=op.f("fk_respondent_child_id")
        ),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_respondent_family_id")),
        sa.ForeignKeyConstraint(
            ["professional_id", "role"],
            ["professional.id", "professional.role"],
            name=op.f("fk_respondent_professional_id"),
        ),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_respondent_study_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_respondent")),
        sa.UniqueConstraint("child_id", name=op.f("uq_respondent_child_id")),
        sa.UniqueConstraint("code", name=op.f("uq_respondent_code")),
        sa.UniqueConstraint("professional_id", name=op.f("uq_respondent_professional_id")),
    )
    op.create_index(op.f("ix_respondent_family_id"), "respondent", ["family_id"])
    if dialect != "sqlite":
        op.create_foreign_key(op.f("fk_child_reporter_id"), "child", "respondent", ["reporter_id"], ["id"])


def _links() -> None:
    op.create_table(
        "link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("respondent_id", sa.Integer(), nullable=True),
        sa.Column("family_id", sa.Integer(), nullable=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("created_at", sa.String(24), nullable=False),
        sa.Column("expires_at", sa.String(24), nullable=True),
        sa.Column("revoked_at", sa.String(24), nullable=True),
        sa.CheckConstraint(
            "CASE WHEN respondent_id IS NULL THEN 0 ELSE 1 END"
            " + CASE WHEN family_id IS NULL THEN 0 ELSE 1 END = 1",
            name=op.f("ck_link_one_target"),
        ),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_link_family_id")),
        sa.ForeignKeyConstraint(["respondent_id"], ["respondent.id"], name=op.f("fk_link_respondent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link")),
        sa.UniqueConstraint("digest", name=op.f("uq_link_digest")),
    )
    op.create_index(op.f("ix_link_family_id"), "link", ["family_id"])
    op.create_index(op.f("ix_link_respondent_id"), "link", ["respondent_id"])
    op.create_table(
        "visit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("respondent_id", sa.Integer(), nullable=True),
        sa.Column("language", sa.String(12), nullable=False),
        sa.Column("reading", sa.String(10), nullable=False),
        sa.Column("started_at", sa.String(24), nullable=False),
        sa.Column("last_seen", sa.String(24), nullable=False),
        sa.Column("ended_at", sa.String(24), nullable=True),
        sa.CheckConstraint("reading IN ('standard', 'easy')", name=op.f("ck_visit_reading_known")),
        sa.ForeignKeyConstraint(["link_id"], ["link.id"], name=op.f("fk_visit_link_id")),
        sa.ForeignKeyConstraint(["respondent_id"], ["respondent.id"], name=op.f("fk_visit_respondent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
        sa.UniqueConstraint("digest", name=op.f("uq_visit_digest")),
    )
    op.create_index(op.f("ix_visit_link_id"), "visit", ["link_id"])


def _answers() -> None:
    op.create_table(
        "response",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("respondent_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(160), nullable=False),
        sa.Column("battery", sa.String(40), nullable=False),
        sa.Column("instrument", sa.String(40), nullable=False),
        sa.Column("version", sa.String(40), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(10), nullable=False),
        sa.Column("child_id", sa.Integer(), nullable=True),
        sa.Column("wave", sa.String(40), nullable=False),
        sa.Column("age_months", sa.Integer(), nullable=True),
        sa.Column("language", sa.String(12), nullable=False),
        sa.Column("reading", sa.String(10), nullable=False),
        sa.Column("mode", sa.String(10), nullable=False),
        sa.Column("assistance", sa.String(12), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=False),
        sa.Column("first_opened_at", sa.String(24), nullable=False),
        sa.Column("completed_at", sa.String(24), nullable=True),
        sa.Column("entered_at", sa.String(24), nullable=True),
        sa.Column("late", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.CheckConstraint(
            "(subject = 'child') = (child_id IS NOT NULL)", name=op.f("ck_response_subject_fits")
        ),
        sa.CheckConstraint(
            "assistance IN ('none', 'helper', 'interpreter')", name=op.f("ck_response_assistance_known")
        ),
        sa.CheckConstraint("mode IN ('web', 'paper', 'assisted')", name=op.f("ck_response_mode_known")),
        sa.CheckConstraint("reading IN ('standard', 'easy')", name=op.f("ck_response_reading_known")),
        sa.CheckConstraint(
            "status <> 'complete' OR completed_at IS NOT NULL", name=op.f("ck_response_complete_is_dated")
        ),
        sa.CheckConstraint(
            "status IN ('open', 'complete', 'stopped', 'void')", name=op.f("ck_response_status_known")
        ),
        sa.CheckConstraint(
            "subject IN ('child', 'respondent', 'family', 'project')", name=op.f("ck_response_subject_known")
        ),
        sa.CheckConstraint("age_months BETWEEN 0 AND 1800", name=op.f("ck_response_age_possible")),
        sa.CheckConstraint("opens_on <= closes_on", name=op.f("ck_response_window_in_order")),
        sa.ForeignKeyConstraint(["child_id"], ["child.id"], name=op.f("fk_response_child_id")),
        sa.ForeignKeyConstraint(["respondent_id"], ["respondent.id"], name=op.f("fk_response_respondent_id")),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_response_study_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_response")),
        sa.UniqueConstraint("key", name=op.f("uq_response_key")),
    )
    op.create_index(op.f("ix_response_child_id"), "response", ["child_id"])
    op.create_index(op.f("ix_response_respondent_id"), "response", ["respondent_id"])
    op.create_table(
        "save_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("response_id", sa.Integer(), nullable=False),
        sa.Column("entry", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.String(64), nullable=False),
        sa.Column("source", sa.String(10), nullable=False),
        sa.Column("visit_id", sa.Integer(), nullable=True),
        sa.Column("screen", sa.String(40), nullable=False),
        sa.Column("language", sa.String(12), nullable=False),
        sa.Column("reading", sa.String(10), nullable=False),
        sa.Column("given", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.String(24), nullable=False),
        sa.CheckConstraint("reading IN ('standard', 'easy')", name=op.f("ck_save_event_reading_known")),
        sa.CheckConstraint("sequence <> ''", name=op.f("ck_save_event_sequence_there")),
        sa.CheckConstraint("source IN ('web', 'entry', 'scan')", name=op.f("ck_save_event_source_known")),
        sa.CheckConstraint("entry IN (0, 1, 2)", name=op.f("ck_save_event_entry_known")),
        sa.ForeignKeyConstraint(["response_id"], ["response.id"], name=op.f("fk_save_event_response_id")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_save_event_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_save_event")),
        sa.UniqueConstraint(
            "response_id", "entry", "sequence", name=op.f("uq_save_event_response_id_entry_sequence")
        ),
    )
    op.create_table(
        "answer",
        sa.Column("response_id", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(40), nullable=False),
        sa.Column("entry", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("missing", sa.String(20), nullable=True),
        sa.Column("visit_id", sa.Integer(), nullable=True),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.String(24), nullable=False),
        sa.CheckConstraint(
            "missing IN ('skipped', 'not_applicable', 'unreadable', 'two_marks')",
            name=op.f("ck_answer_missing_known"),
        ),
        sa.CheckConstraint(
            "CASE WHEN value IS NULL THEN 0 ELSE 1 END"
            " + CASE WHEN text IS NULL THEN 0 ELSE 1 END"
            " + CASE WHEN missing IS NULL THEN 0 ELSE 1 END = 1",
            name=op.f("ck_answer_one_value"),
        ),
        sa.CheckConstraint("entry IN (0, 1, 2)", name=op.f("ck_answer_entry_known")),
        sa.ForeignKeyConstraint(["event_id"], ["save_event.id"], name=op.f("fk_answer_event_id")),
        sa.ForeignKeyConstraint(["response_id"], ["response.id"], name=op.f("fk_answer_response_id")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_answer_visit_id")),
        sa.PrimaryKeyConstraint("response_id", "item", "entry", name=op.f("pk_answer")),
        sqlite_with_rowid=False,
    )


def _events() -> None:
    op.create_table(
        "event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(24), nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("object", sa.String(80), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    op.create_index("ix_event_object", "event", ["object"])


def _append_only_sqlite() -> None:
    for table in APPEND_ONLY:
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table}"
                f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def _append_only_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    # Children and respondents refer to each other: the ring is opened first.
    if op.get_bind().dialect.name == "sqlite":
        op.execute("UPDATE child SET reporter_id = NULL")
    else:
        op.drop_constraint(op.f("fk_child_reporter_id"), "child", type_="foreignkey")
    for table in (
        "event", "answer", "save_event", "response", "visit", "link", "respondent", "assignment", "child",
        "family", "professional", "municipality", "study",
    ):  # fmt: skip
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change()")
