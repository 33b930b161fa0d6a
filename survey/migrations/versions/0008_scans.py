"""Scans: piles, files, pages, pictures and readings; and whether a typing was done from a scan."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Both databases add a column with its check in one statement; Alembic would copy the table on SQLite.
    op.execute(
        "ALTER TABLE typing ADD COLUMN source VARCHAR(10) DEFAULT 'entry' NOT NULL"
        " CONSTRAINT ck_typing_source_known CHECK (source IN ('entry', 'scan'))"
    )
    _pile()
    _file()
    _page()
    _reading()


def _pile() -> None:
    op.create_table(
        "scan_pile",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("added_by", sa.String(80), nullable=False),
        sa.Column("added_at", sa.String(24), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("worked_at", sa.String(24), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("read_at", sa.String(24), nullable=True),
        sa.CheckConstraint(
            "status IN ('arriving', 'waiting', 'reading', 'read')", name=op.f("ck_scan_pile_status_known")
        ),
        sa.CheckConstraint(
            "(status = 'read') = (read_at IS NOT NULL)", name=op.f("ck_scan_pile_read_is_dated")
        ),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_scan_pile_study_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan_pile")),
    )


def _file() -> None:
    op.create_table(
        "scan_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pile_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.CheckConstraint(
            "status IN ('waiting', 'read', 'too_many_bytes', 'too_many_pages', 'unknown_kind', 'locked',"
            " 'broken', 'too_slow', 'too_much', 'key', 'failed')",
            name=op.f("ck_scan_file_status_known"),
        ),
        sa.ForeignKeyConstraint(["pile_id"], ["scan_pile.id"], name=op.f("fk_scan_file_pile_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan_file")),
        sa.UniqueConstraint("pile_id", "number", name=op.f("uq_scan_file_pile_id_number")),
    )
    op.create_table(
        "scan_part",
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["scan_file.id"], name=op.f("fk_scan_part_file_id")),
        sa.PrimaryKeyConstraint("file_id", "number", name=op.f("pk_scan_part")),
    )


def _page() -> None:
    op.create_table(
        "scan_page",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("sheet_id", sa.Integer(), nullable=True),
        sa.Column("side", sa.Integer(), nullable=True),
        sa.Column("how", sa.String(10), nullable=True),
        sa.Column("kind", sa.String(10), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("read_at", sa.String(24), nullable=False),
        sa.CheckConstraint(
            "status IN ('read', 'black_and_white', 'too_small', 'too_many_pixels', 'broken', 'empty',"
            " 'no_code', 'not_aligned', 'unknown', 'other_study', 'cover', 'empty_back', 'two_sheets',"
            " 'other_layout', 'doubled', 'withdrawn', 'dead', 'entered', 'confirmed', 'set_aside')",
            name=op.f("ck_scan_page_status_known"),
        ),
        sa.CheckConstraint(
            "status <> 'read' OR (sheet_id IS NOT NULL AND side IS NOT NULL)",
            name=op.f("ck_scan_page_read_is_of_a_sheet"),
        ),
        sa.ForeignKeyConstraint(["file_id"], ["scan_file.id"], name=op.f("fk_scan_page_file_id")),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheet.id"], name=op.f("fk_scan_page_sheet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan_page")),
        sa.UniqueConstraint("file_id", "number", name=op.f("uq_scan_page_file_id_number")),
    )
    op.create_index(op.f("ix_scan_page_sheet_id"), "scan_page", ["sheet_id"])
    op.create_table(
        "scan_picture",
        sa.Column("page_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["page_id"], ["scan_page.id"], name=op.f("fk_scan_picture_page_id")),
        sa.PrimaryKeyConstraint("page_id", name=op.f("pk_scan_picture")),
    )


def _reading() -> None:
    op.create_table(
        "scan_reading",
        sa.Column("page_id", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(40), nullable=False),
        sa.Column("codes", sa.Text(), nullable=False),
        sa.Column("level", sa.String(10), nullable=False),
        sa.Column("reasons", sa.String(200), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("confirmed", sa.Text(), nullable=True),
        sa.CheckConstraint("level IN ('sure', 'look', 'unsure')", name=op.f("ck_scan_reading_level_known")),
        sa.ForeignKeyConstraint(["page_id"], ["scan_page.id"], name=op.f("fk_scan_reading_page_id")),
        sa.PrimaryKeyConstraint("page_id", "item", name=op.f("pk_scan_reading")),
    )


def downgrade() -> None:
    for table in ("scan_reading", "scan_picture", "scan_page", "scan_part", "scan_file", "scan_pile"):
        op.drop_table(table)
    # The check goes with its column, on both databases.
    op.execute("ALTER TABLE typing DROP COLUMN source")
