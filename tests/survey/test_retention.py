"""Everything is kept as long as the rules say and no longer, and an erasure outlives every backup."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from instruments import BrokenFile
from instruments.protocol import add_months
from survey import audit, callbacks, code_tries, families, moments, professionals, retention
from survey.accounts import throttle
from survey.accounts.throttle import Origin
from survey.cli import main
from survey.db import Database
from survey.fieldwork import handover, leaving, pausing, reaching
from survey.fieldwork.erasure_ledger import Ledger
from survey.fieldwork.tables import Handover, Pause
from survey.jobs import kinds
from survey.keys import Keyring
from survey.models import Base
from survey.retention import Rules
from survey.retention.rules import CLASSES, FILE
from survey.windows import ExtensionRow
from tests import people
from tests.kinds import url_of
from tests.people import T0, Cast, at, plan
from tests.survey.sittings import open_response, save

NOW = at(T0)
#: When the last wave of the cast's family is due.
LAST = add_months(T0, max(wave.months for wave in plan().waves))
KEYS = Keyring(b"k" * 40)


def rows(db: Database, table: str) -> int:
    with db.read() as connection:
        found = connection.scalar(sa.select(sa.func.count()).select_from(Base.metadata.tables[table]))
    return found or 0


def rules(tmp_path: Path, **months: int | None) -> Rules:
    """The rules that ship, with other terms."""
    text = FILE.read_text(encoding="utf-8")
    for name, term in months.items():
        before, _, after = text.partition(f"  - id: {name}\n")
        head, _, rest = after.partition("months: ")
        said, rest = "null" if term is None else str(term), rest.partition("\n")[2]
        text = f"{before}  - id: {name}\n{head}months: {said}\n{rest}"
    file = tmp_path / "rules.yaml"
    file.write_text(text, encoding="utf-8")
    return retention.load(file)


def apply(
    db: Database, on: dt.date, ours: Rules | None = None, ledger: Ledger | None = None
) -> dict[str, int]:
    """What is let go on a day, by rule."""
    done = retention.apply(db, plan(), ours or retention.load(), now=at(on), actor="test", ledger=ledger)
    return {one.rule.id: one.count for one in done}


def test_time_passes_and_everything_goes_when_its_time_has_come(
    db: Database, cast: Cast, tmp_path: Path
) -> None:
    throttle.begin(db, Origin(("a" * 64,), ("b" * 64,)), NOW)
    who = code_tries.origin(b"k", "x", "192.0.2.7")
    db.write(lambda connection: code_tries.note_on(connection, who, NOW, opened=False))
    callbacks.ask(db, cast.mother, ["morning"], NOW)
    colleague = professionals.add(db, cast.study_id, "linking_pin", T0, now=NOW).id
    handover.move(db, [cast.family_id], colleague, "Bel mevrouw De Vries", now=NOW, actor="test")
    pause = pausing.begin(db, cast.study_id, "ziekenhuis", family_id=cast.family_id, now=NOW, actor="test")
    pausing.end(db, plan(), pause, now=NOW, actor="test")
    save(db, open_response(db, cast.mother, "who5"), {"1": 4}, source="entry")
    ours = rules(tmp_path, research=180)

    assert apply(db, add_months(T0, 6), ours) == {}
    assert apply(db, add_months(T0, 6) + dt.timedelta(1), ours) == {"callbacks": 1}
    assert apply(db, add_months(T0, 12), ours) == {}
    assert apply(db, add_months(T0, 12) + dt.timedelta(1), ours) == {"logs": 2}
    assert apply(db, add_months(LAST, 6), ours) == {}
    assert apply(db, add_months(LAST, 6) + dt.timedelta(1), ours) == {"staff_texts": 2}
    with db.read() as connection:
        assert list(connection.execute(sa.select(Handover.message, Handover.from_id))) != []
        assert set(connection.scalars(sa.select(Handover.message))) == {""}
        assert set(connection.scalars(sa.select(Pause.reason))) == {""}
    assert rows(db, "answer") == 1
    assert apply(db, add_months(LAST, 180), ours) == {}
    assert apply(db, add_months(LAST, 180) + dt.timedelta(1), ours) == {"research": 1}
    assert (rows(db, "answer"), rows(db, "save_event"), rows(db, "family")) == (0, 0, 0)
    assert apply(db, add_months(LAST, 900), ours) == {}
    verdict = audit.verify(db)
    assert verdict.problems == ()
    applied = [entry for entry in audit.of(db, "study") if entry.action == "retention.applied"]
    assert [dict(entry.detail) for entry in applied] == [
        {"callback": 1},
        {"sign_in_attempt": 1, "code_try": 1},
        {"handover": 1, "pause": 1},
        {"families": 1},
    ]


def test_research_stays_until_the_study_says_for_how_long(db: Database, cast: Cast) -> None:
    assert apply(db, add_months(LAST, 1200)) == {}
    assert rows(db, "family") == 1


def test_a_last_wave_that_closes_later_is_waited_for(db: Database, cast: Cast, tmp_path: Path) -> None:
    wave = max(plan().waves, key=lambda one: one.months)
    later = LAST + dt.timedelta(100)
    with db.read() as connection:
        assert reaching.ends(connection, plan()) == {cast.family_id: LAST}
    row = {
        "family_id": cast.family_id, "wave": wave.id, "closes_on": later, "reason": "x",
        "recorded_by": "test", "recorded_at": NOW,
    }  # fmt: skip
    db.write(lambda connection: connection.execute(sa.insert(ExtensionRow).values(row)))
    ours = rules(tmp_path, research=180)
    assert apply(db, add_months(later, 180), ours).get("research") is None
    assert apply(db, add_months(later, 180) + dt.timedelta(1), ours)["research"] == 1


@pytest.mark.parametrize(("wish", "gone"), [("erase", {"wish": 1}), ("keep", {})])
def test_a_family_that_wished_it_is_wiped_after_two_weeks_and_another_is_not(
    chosen_db: Database, wish: str, gone: dict[str, int]
) -> None:
    cast = people.settle(chosen_db)
    leaving.stop(chosen_db, cast.family_id, "family_wish", wish, now=NOW, actor="test")
    assert apply(chosen_db, T0 + dt.timedelta(14)) == {}
    assert apply(chosen_db, T0 + dt.timedelta(15)) == gone
    assert rows(chosen_db, "family") == 1 - len(gone)


def test_a_family_that_came_back_is_not_wiped_for_a_wish_of_before(chosen_db: Database) -> None:
    cast = people.settle(chosen_db)
    leaving.stop(chosen_db, cast.family_id, "family_wish", "erase", now=NOW, actor="test")
    families.set_status(chosen_db, cast.family_id, "active", now=NOW, actor="test")
    assert apply(chosen_db, T0 + dt.timedelta(15)) == {}


def test_planning_changes_nothing(chosen_db: Database) -> None:
    cast = people.settle(chosen_db)
    leaving.stop(chosen_db, cast.family_id, "family_wish", "erase", now=NOW, actor="test")
    found = retention.plan(chosen_db, plan(), retention.load(), at(T0 + dt.timedelta(15)), None)
    assert {one.rule.id: one.families for one in found if one.count} == {"wish": (cast.family_id,)}
    assert rows(chosen_db, "family") == 1


def test_the_worker_does_it_every_day() -> None:
    kind = kinds.find("retention")
    assert (kind.daily, dict(kind.arguments)) == (True, {})


# --- rules


def test_the_rules_that_ship_are_whole_and_say_what_is_not_confirmed() -> None:
    ours = retention.load()
    assert {rule.id for rule in ours.rules} == {*CLASSES}
    assert ours["contacts"].months == 6
    assert ours["logs"].months == 12
    assert ours["research"].months is None
    assert {rule.id for rule in ours.rules if not rule.to_verify} == {"trail"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("months: 6", "months: -1"),
        ("months: 6", "months: 6\n    days: 3"),
        ("id: logs", "id: lgs"),
        ("id: logs", "id: trail"),
        ("from: itself", "from: tomorrow"),
        ("    why: as logs", "    colour: red\n    why: as logs"),
        ("months: null\n    then: wiped, as", "months: 9\n    elsewhere: x\n    then: wiped, as"),
        # The proof of consent would go with answers that go sooner.
        ("    months: null\n    then: wiped", "    months: 60\n    then: wiped"),
    ],
)
def test_rules_that_make_no_sense_are_refused(tmp_path: Path, old: str, new: str) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "rules.yaml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BrokenFile):
        retention.load(file)


# --- the command


@pytest.fixture
def run(chosen_db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    folder = tmp_path / "elsewhere"
    folder.mkdir(exist_ok=True)
    monkeypatch.setenv("MEETMOMENT_SECRET_KEY", "k" * 40)
    monkeypatch.setenv("MEETMOMENT_DATABASE_URL", url_of(chosen_db))
    monkeypatch.setenv("MEETMOMENT_ERASURE_DIR", str(folder))

    def run(*words: str) -> Result:
        return CliRunner().invoke(main, ["retention", *words])

    return run


def test_the_command_plans_applies_and_replays(
    chosen_db: Database, run: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert callable(run)
    cast = people.settle(chosen_db)
    leaving.stop(chosen_db, cast.family_id, "family_wish", "erase", now=NOW, actor="test")
    monkeypatch.setattr(moments, "now", lambda: at(T0 + dt.timedelta(20)))
    planned = run("plan")
    assert planned.exit_code == 0, planned.output
    assert "1 families" in planned.output
    assert "until the study says?" in planned.output
    assert run("apply").output == "wish: 1 families\n"
    assert run("apply").output == "Nothing has had its time.\n"
    assert run("replay").output == "0 families that had been erased were wiped again.\n"
    monkeypatch.setenv("MEETMOMENT_SECRET_KEY", "n" * 40)
    refused = run("replay")
    assert refused.exit_code == 1
    assert "MEETMOMENT_OLD_SECRET_KEYS" in refused.output
    monkeypatch.delenv("MEETMOMENT_ERASURE_DIR")
    assert "MEETMOMENT_ERASURE_DIR" in run("replay").output
