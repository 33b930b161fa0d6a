"""What is held about whom is described column by column, and the documents are of this version."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from survey import privacy, retention
from survey.cli import main
from survey.privacy import Undescribed, columns
from survey.privacy.columns import LEVELS
from survey.retention.rules import CLASSES
from survey.schema import METADATA

DOCUMENTS = Path(privacy.__file__).parents[1] / "documentation" / "security"


def test_every_table_and_column_of_both_stores_is_described() -> None:
    tables = privacy.tables()
    assert {table.name for table in tables if table.store == "study"} == set(METADATA.tables)
    assert [table.name for table in tables if table.store == "contacts"] == ["contact"]
    assert {table.level for table in tables} == {*LEVELS}
    assert {table.kept for table in tables} <= {*CLASSES}
    counts = {table.name: len(table.columns) for table in tables}
    assert all(counts[name] == len(table.columns) for name, table in METADATA.tables.items())


def test_names_are_in_the_contact_store_only_but_for_those_of_staff() -> None:
    named = {(table.name, column.name) for table in privacy.tables() for column in table.columns}
    persons = {(table, column) for table, column in named if column in ("name", "email", "phone", "remark")}
    assert persons == {
        ("account", "email"),
        ("account", "name"),
        ("contact", "email"),
        ("contact", "name"),
        ("contact", "phone"),
        ("contact", "remark"),
        ("job_file", "name"),
        ("municipality", "name"),
        ("person_key", "name"),
        ("sheet", "name"),
    }


def test_a_new_column_that_nobody_describes_is_noticed() -> None:
    table = METADATA.tables["family"]
    table.append_column(sa.Column("shoe_size", sa.Integer()))
    try:
        with pytest.raises(Undescribed) as noticed:
            privacy.tables()
    finally:
        table._columns.remove(table.c.shoe_size)
    assert noticed.value.names == ["family.shoe_size"]
    assert privacy.tables()


def test_a_new_table_that_nobody_describes_is_noticed() -> None:
    table = sa.Table("pet", METADATA, sa.Column("id", sa.Integer(), primary_key=True))
    try:
        with pytest.raises(Undescribed) as noticed:
            privacy.tables()
    finally:
        METADATA.remove(table)
    assert noticed.value.names == ["pet"]


def test_a_description_of_what_is_not_there_any_more_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = columns.FILE.read_text(encoding="utf-8")
    file = tmp_path / "columns.yaml"
    file.write_text(text + "  family.shoe_size: how large their shoes are\n", encoding="utf-8")
    monkeypatch.setattr(columns, "FILE", file)
    with pytest.raises(Undescribed, match=r"family\.shoe_size"):
        privacy.tables()


def test_the_words_beside_a_column_in_the_models_are_its_description() -> None:
    (child,) = [table for table in privacy.tables() if table.name == "child"]
    (born,) = [column for column in child.columns if column.name == "birth_month"]
    assert born.about == ("The first day of the month of birth: the day itself is not needed and not kept.")
    assert (child.level, child.kept) == ("pseudonym", "research")


@pytest.mark.parametrize(("name", "file"), [("dictionary", "data_dictionary.md"), ("annex", "dpia_annex.md")])
def test_the_documents_are_of_this_version(name: str, file: str, tmp_path: Path) -> None:
    written = tmp_path / file
    result = CliRunner().invoke(main, ["privacy", name, str(written)])
    assert result.exit_code == 0, result.output
    made = written.read_text(encoding="utf-8")
    assert made == (DOCUMENTS / file).read_text(encoding="utf-8"), f"run: survey privacy {name} FILE"


def test_the_annex_tells_every_rule_level_and_role() -> None:
    text = privacy.annex(retention.load())
    for word in (*CLASSES, *LEVELS, "linking_pin", "researcher", "`answer`", "14 days?"):
        assert word in text
