"""`survey contacts` and `survey reminders`: from an address that was kept to a text that arrives."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from survey import families, links, moments, studies
from survey.cli import main
from survey.contacts import Book, Details, keys
from survey.db import Database
from survey.fieldwork import reaching
from survey.fieldwork.reaching import Wish
from survey.post import queue
from survey.settings import Settings
from tests.kinds import url_of
from tests.people import plan
from tests.survey.post.test_carriers import gateway

Run = Callable[..., Result]


@pytest.fixture
def settings(chosen_db: Database, contacts_url: str) -> Settings:
    return Settings(
        "k" * 40,
        url_of(chosen_db),
        contacts_url=contacts_url,
        contacts_keys=(keys.fresh(),),
    )


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    def run(*words: str, **environment: str) -> Result:
        usual = {
            "SECRET_KEY": settings.secret_key, "DATABASE_URL": settings.database_url,
            "CONTACTS_URL": settings.contacts_url, "CONTACTS_KEYS": " ".join(settings.contacts_keys),
        }  # fmt: skip
        for name, value in (usual | environment).items():
            monkeypatch.setenv(f"MEETMOMENT_{name}", value)
        return CliRunner().invoke(main, list(words))

    return run


@pytest.fixture
def mother(chosen_db: Database, settings: Settings, run: Run) -> int:
    """A mother who is to be reminded today, at any hour."""
    today = moments.day(moments.now())
    study = studies.create(chosen_db, "test", "demo", languages=("nl",))
    town = families.add_municipality(chosen_db, study, "G1", "Teststad")
    made = families.add_family(
        chosen_db, study, town, today - dt.timedelta(20),
        parents=[families.Parent()], children=[families.Child(dt.date(2020, 1, 1))],
    )  # fmt: skip
    assert run("study", "upgrade").exit_code == 0
    book = Book.of(settings)
    assert book is not None
    reaching.keep(
        chosen_db, book, plan(), made.parents[0], Details("Ayşe", phone="0612345678"),
        Wish("text", "1234567", 0, 24), now=moments.now(), actor="test",
    )  # fmt: skip
    book.dispose()
    return made.parents[0]


def test_a_reminder_goes_by_text_once(run: Run, mother: int, chosen_db: Database) -> None:
    with gateway() as (texts, received):
        way = {"TEXT_URL": texts.url, "TEXT_KEY": texts.key, "TEXT_FROM": texts.sender}
        first = run("reminders", "send", **way)
        assert first.output == "1 reminders were put in the queue.\n1 sent\n"
        assert run("reminders", "send", **way).output == "0 reminders were put in the queue.\n"
    (text,) = received
    assert text["recipients"] == ["31612345678"]
    token = text["body"].split("/l/")[1].split()[0]
    assert links.find(chosen_db, token, moments.now()).respondent_id == mother
    # What the command says can stand in the log of a scheduler.
    assert not any(secret in first.output for secret in ("612345678", token, "Ay"))


def test_only_what_waits_is_sent_when_one_asks_for_that(run: Run, mother: int, chosen_db: Database) -> None:
    with gateway() as (texts, received):
        way = {"TEXT_URL": texts.url, "TEXT_KEY": texts.key, "TEXT_FROM": texts.sender}
        assert "0 reminders" in run("reminders", "send", "--only-waiting", **way).output
    assert received == []
    assert queue.of_people(chosen_db, [mother])[mother] == ()


def test_without_a_carrier_or_a_store_the_command_says_what_to_set(run: Run, mother: int) -> None:
    refused = run("reminders", "send")
    assert refused.exit_code == 2
    assert "MEETMOMENT_SMTP_URL" in refused.stderr
    refused = run("reminders", "send", CONTACTS_URL="", CONTACTS_KEYS="")
    assert refused.exit_code == 2
    assert "MEETMOMENT_CONTACTS_URL" in refused.stderr


def test_keys_are_made_and_changed_from_the_command_line(
    run: Run, mother: int, settings: Settings, chosen_db: Database
) -> None:
    newest = run("contacts", "key").output.strip()
    old = settings.contacts_keys[0]
    refused = run("contacts", "renew", CONTACTS_KEYS=newest)
    assert refused.exit_code == 1
    assert "Nothing was changed" in refused.stderr
    assert run("contacts", "renew", CONTACTS_KEYS=f"{newest},{old}").output.startswith("1 people")
    assert run("contacts", "renew", CONTACTS_KEYS=newest).exit_code == 0
    assert run("contacts", "renew", CONTACTS_KEYS="not a key").exit_code == 2
    assert run("contacts", "expire", CONTACTS_KEYS=newest).output == "0 people were wiped.\n"


def test_a_command_that_only_reads_never_comes_near_names(run: Run, mother: int) -> None:
    done = run("accounts", "list", CONTACTS_URL="postgresql://nobody@127.0.0.1:9/names")
    assert done.exit_code == 0, done.output
