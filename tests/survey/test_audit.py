"""The audit trail: sealed, and every kind of tampering noticed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from click.testing import CliRunner
from sqlalchemy.exc import DBAPIError

from survey import audit, links
from survey.cli import main
from survey.db import Database
from tests import people
from tests.kinds import url_of
from tests.people import T0, Cast, at


def tamper(db: Database, table: str, *statements: str) -> None:
    """Change what is append-only, as somebody would who has the database in hand."""
    if db.dialect == "sqlite":
        off = [f"DROP TRIGGER {table}_no_update", f"DROP TRIGGER {table}_no_delete"]
    else:
        off = [f"ALTER TABLE {table} DISABLE TRIGGER ALL"]

    def work(connection: object) -> None:
        for statement in [*off, *statements]:
            connection.exec_driver_sql(statement)  # type: ignore[attr-defined]

    db.write(work)


def test_a_trail_that_nobody_touched_is_whole(db: Database, cast: Cast) -> None:
    verdict = audit.verify(db)
    assert verdict.problems == ()
    assert verdict.events > 4
    links.make(db, respondent_id=cast.mother, now=at(T0))
    assert audit.verify(db, head=verdict.head).problems == ()


def test_seals_cannot_be_changed_by_mistake(db: Database, cast: Cast) -> None:
    for statement in ("UPDATE seal SET digest = ''", "DELETE FROM seal"):
        with pytest.raises(DBAPIError, match="append-only"):
            db.write(lambda connection, sql=statement: connection.exec_driver_sql(sql))


def test_a_changed_event_is_noticed(db: Database, cast: Cast) -> None:
    tamper(db, "event", "UPDATE event SET actor = 'somebody else' WHERE id = 2")
    assert audit.verify(db).problems == ("event 2 was changed, or one before it was removed",)


def test_an_event_slipped_in_is_noticed(db: Database, cast: Cast) -> None:
    tamper(
        db,
        "event",
        "INSERT INTO event (id, at, actor, action, object, detail)"
        " VALUES (999, '2026-09-01T12:00:00.000Z', 'x', 'y', 'z', '{}')",
    )
    assert audit.verify(db).problems == ("event 999 has no seal: it was slipped in",)


def test_an_event_removed_with_its_seal_is_noticed(db: Database, cast: Cast) -> None:
    tamper(db, "seal", "DELETE FROM seal WHERE event_id = 2")
    tamper(db, "event", "DELETE FROM event WHERE id = 2")
    assert audit.verify(db).problems == ("event 3 was changed, or one before it was removed",)


def test_an_end_that_was_cut_off_is_noticed_by_who_kept_the_last_seal(db: Database, cast: Cast) -> None:
    kept = audit.verify(db)
    tamper(db, "seal", f"DELETE FROM seal WHERE event_id = {kept.events}")
    tamper(db, "event", f"DELETE FROM event WHERE id = {kept.events}")
    assert audit.verify(db).problems == ()
    assert len(audit.verify(db, head=kept.head).problems) == 1


def test_many_who_write_at_once_leave_one_chain(db: Database, cast: Cast) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: links.make(db, respondent_id=cast.mother, now=at(T0)), range(40)))
    assert audit.verify(db).problems == ()


def test_the_command_says_whether_the_trail_is_whole(
    chosen_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.settle(chosen_db)
    monkeypatch.setenv("MEETMOMENT_DATABASE_URL", url_of(chosen_db))
    monkeypatch.setenv("MEETMOMENT_SECRET_KEY", "k" * 40)
    whole = CliRunner().invoke(main, ["audit", "verify"])
    assert whole.exit_code == 0, whole.output
    head = whole.output.split()[-1]
    assert CliRunner().invoke(main, ["audit", "verify", "--head", head]).exit_code == 0
    tamper(chosen_db, "event", "UPDATE event SET actor = 'x' WHERE id = 1")
    broken = CliRunner().invoke(main, ["audit", "verify"])
    assert (broken.exit_code, "event 1 was changed" in broken.output) == (1, True)
