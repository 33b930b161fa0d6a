"""The way back: every step of the tables can be undone, and nothing goes that nobody said may go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from click.testing import CliRunner, Result

from survey import audit, links, steps, way_back
from survey.answers import Sitting
from survey.cli import main
from survey.contacts import keys
from survey.contacts.tables import ContactsBase
from survey.db import Database
from survey.schema import METADATA
from survey.steps import LaterTables
from survey.way_back import NOTHING, Loss, UnknownForm, WouldLose
from tests import filling
from tests.people import T0, Cast, at
from tests.survey.sittings import save

NOW = at(T0)
Shape = dict[str, list[str]]
Columns = dict[str, list[str]]
Content = dict[str, list[dict[str, object]]]


@pytest.fixture
def study(db: Database, cast: Cast, sitting: Sitting) -> Database:
    """A study with something in every table and in every column that came later."""
    save(db, sitting, {"1": 3, "2": 4})
    links.make(db, respondent_id=cast.father, now=NOW, assistance="helper")
    filling.fill(db, METADATA)
    return db


def shape(db: Database) -> Shape:
    """How the tables are made, in the database's own words: columns, rules, indexes, triggers."""
    with db.read() as connection:
        if db.dialect == "sqlite":
            found = connection.exec_driver_sql(
                "SELECT type || ' ' || name, sql FROM sqlite_master WHERE sql IS NOT NULL"
            )
        else:
            found = connection.exec_driver_sql(
                "SELECT 'column', concat_ws(' ', table_name, column_name, data_type,"
                " character_maximum_length, is_nullable, column_default) FROM information_schema.columns"
                " WHERE table_schema = 'public'"
                " UNION ALL SELECT 'rule', concat_ws(' ', conrelid::regclass, conname,"
                " pg_get_constraintdef(oid)) FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
                " UNION ALL SELECT 'index', indexdef FROM pg_indexes WHERE schemaname = 'public'"
                " UNION ALL SELECT 'trigger', pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"
                " UNION ALL SELECT 'function', pg_get_functiondef(oid) FROM pg_proc"
                " WHERE pronamespace = 'public'::regnamespace"
            )
        listed: Shape = {}
        for kind, words in found:
            if "alembic_version" not in f"{kind} {words}":
                listed.setdefault(kind, []).append(re.sub(r"\s+", " ", words))
    return {kind: sorted(words) for kind, words in listed.items()}


@pytest.fixture
def fresh(db: Database, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty place of the kind of the database."""
    url = f"sqlite:///{tmp_path / 'fresh.db'}"
    if db.dialect == "postgresql":
        url = request.getfixturevalue("postgres_url")
    found = Database(url)
    yield found
    found.dispose()


def columns(db: Database) -> Columns:
    """The tables there are, with their columns; the note of the form left out."""
    with db.read() as connection:
        found = sa.inspect(connection).get_multi_columns()
    return {
        table: [str(column["name"]) for column in listed]
        for (_, table), listed in found.items()
        if table != "alembic_version"
    }


def content(db: Database) -> Content:
    """What stands in every table."""
    everything = {table: sa.select(*map(sa.column, listed)) for table, listed in columns(db).items()}
    with db.read() as connection:
        return {
            table: [dict(row) for row in connection.execute(rows.select_from(sa.table(table))).mappings()]
            for table, rows in everything.items()
        }


def only(found: Content, wanted: Columns) -> dict[str, list[str]]:
    """What stood in some columns. The trail is left out, which tells of every way back itself."""
    return {
        table: sorted(repr([row[name] for name in listed]) for row in found[table])
        for table, listed in wanted.items()
        if table not in ("event", "seal")
    }


def go_back(db: Database, to: str) -> int:
    """Go back, and lose what has to be lost; how many rows that was."""
    form = db.form()
    try:
        way_back.go_back(db, to, by="test", now=NOW)
    except WouldLose as would:
        assert db.form() == form
        way_back.go_back(db, to, lose=would.rows, by="test", now=NOW)
        return would.rows
    return 0


def test_every_step_goes_back_and_forward_on_a_study_with_rows_in_every_table(
    study: Database, fresh: Database
) -> None:
    forms = [form.number for form in way_back.forms(study)]
    made = {}
    for form in reversed(forms):
        fresh.upgrade(form)
        made[form] = shape(fresh)
    filled = content(study)
    assert min(map(len, filled.values())) > 0, "every table has rows"
    for later, form in pairwise(forms):
        tables, rows = len(columns(study)), go_back(study, form)
        there = columns(study)
        assert rows >= tables - len(there), "what is in a table that goes is counted"
        assert (study.form(), shape(study)) == (form, made[form])
        # Forward again the same tables come back, empty but for the seals, which are made of the events.
        assert study.upgrade(later) == form
        assert shape(study) == made[later]
        again = content(study)
        assert only(again, there) == only(filled, there), "what stays is as it was"
        remade = {table: len(rows) for table, rows in again.items() if table not in there and rows}
        assert remade.keys() <= {"seal"}
        way_back.go_back(study, form, lose=sum(remade.values()), by="test", now=NOW)
        assert shape(study) == made[form]
    # From the first form to the newest at once.
    study.upgrade()
    assert study.is_current()
    assert shape(study) == made[forms[0]]
    assert only(content(study), there) == only(filled, there)
    assert {repr(event) for event in filled["event"]} <= {repr(event) for event in content(study)["event"]}
    assert audit.verify(study).problems == ()
    with study.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, METADATA) == []


def test_from_the_newest_form_to_none_at_all_and_forward_again(study: Database, fresh: Database) -> None:
    fresh.upgrade()
    rows = sum(map(len, content(study).values()))
    with pytest.raises(WouldLose) as would:
        way_back.go_back(study, NOTHING, by="test", now=NOW)
    assert would.value.rows == rows
    way_back.go_back(study, NOTHING, lose=rows, by="test", now=NOW)
    assert study.form() is None
    assert shape(study) == {}
    assert study.upgrade() is None
    assert shape(study) == shape(fresh)


def test_what_would_be_lost_is_counted_by_table_and_by_column(study: Database) -> None:
    before = content(study), shape(study)
    with pytest.raises(WouldLose, match="1 of callback, ") as would:
        way_back.go_back(study, "0006", by="test", now=NOW)
    losses = {str(loss): loss.rows for loss in would.value.losses}
    # One of the links is for answering with somebody's help; that the others are not is what they had.
    assert losses["link.assistance"] == 1
    assert losses["typing.source"] == 1
    assert losses["pulse"] == 1
    assert not {"answer", "save_event", "event", "seal", "assent"} & losses.keys()
    assert (content(study), shape(study)) == before, "a refusal changes nothing"


def test_so_many_rows_may_go_and_not_one_more(study: Database) -> None:
    newest = way_back.forms(study)[0].number
    with pytest.raises(WouldLose) as would:
        way_back.go_back(study, "0017", by="test", now=NOW)
    counted = would.value.rows
    links_before = len(content(study)["link"])
    filling.another(study, METADATA.tables["pulse"], one_off="later")
    for lose in (0, counted, counted + 2):
        with pytest.raises(WouldLose):
            way_back.go_back(study, "0017", lose=lose, by="test", now=NOW)
    assert study.form() == newest
    losses = way_back.go_back(study, "0017", lose=counted + 1, by="Fatma", now=NOW)
    assert Loss("pulse", 2) in losses
    assert len(content(study)["link"]) == links_before
    study.upgrade()
    (told,) = audit.of(study, f"tables {newest}")
    assert (told.actor, told.action) == ("Fatma", "tables.went_back")
    assert told.detail == {"to": "0017", "lost": {str(loss): loss.rows for loss in losses}}
    assert audit.verify(study).problems == ()


def test_a_step_that_fails_leaves_everything_as_it_was(
    study: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, made = content(study), shape(study)
    with pytest.raises(WouldLose) as would:
        way_back.go_back(study, "0006", by="test", now=NOW)
    plain, taken = steps.downgrade, []

    def fails_for_real(connection: sa.Connection, chain: str, to: str) -> None:
        plain(connection, chain, to)
        taken.append(to)
        if len(taken) == 2:
            raise OSError("the disk is full")

    monkeypatch.setattr(steps, "downgrade", fails_for_real)
    with pytest.raises(OSError, match="full"):
        way_back.go_back(study, "0006", lose=would.value.rows, by="test", now=NOW)
    assert (content(study), shape(study)) == (before, made)


def test_only_a_form_that_lies_behind_can_be_gone_back_to(study: Database, fresh: Database) -> None:
    newest = way_back.forms(study)[0].number
    for form in ("0099", "", "head", newest, "-1"):
        with pytest.raises(UnknownForm, match=r"choose from .*, 0001, base"):
            way_back.go_back(study, form, by="test", now=NOW)
    with pytest.raises(UnknownForm, match="no tables"):
        way_back.go_back(fresh, "0001", by="test", now=NOW)


def test_tables_that_a_later_version_made_are_neither_brought_forward_nor_back(db: Database) -> None:
    db.write(lambda connection: connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'"))
    before = shape(db)
    assert not db.is_current()
    with pytest.raises(LaterTables, match="form 9999"):
        db.upgrade()
    with pytest.raises(LaterTables, match="survey study downgrade"):
        way_back.go_back(db, "0001", by="test", now=NOW)
    assert shape(db) == before


def test_the_contact_store_goes_back_and_forward_too(database_url: str) -> None:
    store = Database(database_url, chain="survey.contacts:migrations")
    store.upgrade()
    made = shape(store)
    filling.fill(store, ContactsBase.metadata)
    with pytest.raises(WouldLose, match="1 of contact"):
        way_back.go_back(store, NOTHING, by="test", now=NOW)
    assert len(content(store)["contact"]) == 1
    way_back.go_back(store, NOTHING, lose=1, by="test", now=NOW)
    assert shape(store) == {}
    assert store.upgrade() is None
    assert (shape(store), content(store)) == (made, {"contact": []})
    store.dispose()


# --- on the command line; what is beneath it was seen on both kinds

ON_SQLITE = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


@pytest.fixture
def environment(study: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contacts = Database(f"sqlite:///{tmp_path / 'names.db'}", chain="survey.contacts:migrations")
    contacts.upgrade()
    filling.fill(contacts, ContactsBase.metadata)
    contacts.dispose()
    for name, value in {
        "SECRET_KEY": "k" * 40,
        "DATABASE_URL": study.url.render_as_string(hide_password=False),
        "CONTACTS_URL": f"sqlite:///{tmp_path / 'names.db'}",
        "CONTACTS_KEYS": keys.fresh(),
    }.items():
        monkeypatch.setenv(f"MEETMOMENT_{name}", value)


def survey(*words: str) -> Result:
    return CliRunner().invoke(main, ["study", *words])


@pytest.mark.usefixtures("environment")
@ON_SQLITE
def test_an_administrator_goes_back_by_what_the_command_says(study: Database) -> None:
    newest, before, *_ = (form.number for form in way_back.forms(study))
    assert re.search(rf"^{newest} +here ", survey("forms").output, re.MULTILINE)
    refused = survey("downgrade", "--to", "0011")
    assert refused.exit_code == 1
    assert "1 row of pulse would be lost: " in refused.output
    assert "Nothing was changed. Make a backup" in refused.output
    (command,) = re.findall(r"survey study (downgrade --to 0011 --lose \d+)$", refused.output.strip())
    assert study.is_current()
    done = survey(*command.split())
    assert done.exit_code == 0
    assert "form 0011" in done.output
    assert study.form() == "0011"
    again = survey("upgrade")
    assert f"up to date, of form {newest}. It was of form 0011." in again.output
    assert "It was" not in survey("upgrade").output
    # There is nothing more to lose; to say that there is, is a mistake.
    assert "leave --lose out" in survey("downgrade", "--to", before, "--lose", "3").output
    assert "nothing was lost" in survey("downgrade", "--to", before).output


@pytest.mark.usefixtures("environment")
@ON_SQLITE
def test_names_and_numbers_go_back_by_themselves_and_the_study_notes_it(study: Database) -> None:
    refused = survey("downgrade", "--to", "base", "--store", "contacts")
    assert "--to base --lose 1 --store contacts" in refused.output
    assert survey("downgrade", "--to", "base", "--store", "contacts", "--lose", "1").exit_code == 0
    assert study.is_current()
    (told,) = audit.of(study, "store contacts")
    assert told.detail == {"to": "base", "lost": {"contact": 1}}
    assert "There are no tables yet." in survey("forms").output


@pytest.mark.usefixtures("environment")
@ON_SQLITE
def test_a_form_that_there_is_not_and_a_store_that_there_is_not_are_refused(
    study: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wrong = survey("downgrade", "--to", "0099")
    assert (wrong.exit_code, "does not lie behind" in wrong.output) == (2, True)
    monkeypatch.delenv("MEETMOMENT_CONTACTS_URL")
    none = survey("downgrade", "--to", "base", "--store", "contacts")
    assert (none.exit_code, "keeps no contacts" in none.output) == (2, True)
    study.write(
        lambda connection: connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    )
    assert "Here is form 9999" in survey("forms").output
    for words in (("upgrade",), ("downgrade", "--to", "0001")):
        later = survey(*words)
        assert (later.exit_code, "form 9999, which a newer version" in later.output) == (2, True)
    monkeypatch.setenv("MEETMOMENT_DATABASE_URL", f"sqlite:///{tmp_path / 'nowhere.db'}")
    for words in (("forms",), ("downgrade", "--to", "0001")):
        assert "does not exist" in survey(*words).output
    assert not (tmp_path / "nowhere.db").exists()
