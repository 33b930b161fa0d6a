"""`survey accounts`: the first administrator gets in."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from survey import moments
from survey.accounts import demonstration, people, sessions, signing_in
from survey.cli import main
from survey.db import Database
from survey.policy import Role
from tests import people as cast_of_people
from tests.kinds import url_of
from tests.survey.accounts.staff import PASSWORD, SECRET_KEY, origin


@pytest.fixture
def run(chosen_db: Database, monkeypatch: pytest.MonkeyPatch) -> object:
    cast_of_people.settle(chosen_db)
    monkeypatch.setenv("MEETMOMENT_DATABASE_URL", url_of(chosen_db))
    monkeypatch.setenv("MEETMOMENT_SECRET_KEY", SECRET_KEY)
    return lambda *words: CliRunner().invoke(main, ["accounts", *words])


def token_of(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.output.strip().rpartition("/")[2]


def test_the_first_administrator_is_invited_from_the_command_line(chosen_db: Database, run: object) -> None:
    token = token_of(run("invite", "--role", "admin", "--email", "Ada@example.org"))  # type: ignore[operator]
    account = signing_in.invited(chosen_db, token, moments.now())
    assert (account.email, account.role, account.everywhere) == ("ada@example.org", Role.ADMIN, True)
    again = run("invite", "--role", "admin", "--email", "ada@example.org")  # type: ignore[operator]
    assert again.exit_code == 2
    assert token_of(run("reset", "ada@example.org")) != token  # type: ignore[operator]
    assert "ada@example.org" in run("list").output  # type: ignore[operator]


@pytest.mark.parametrize(
    "words",
    [
        ["invite", "--role", "coordinator", "--email", "c@example.org"],
        ["invite", "--role", "coordinator", "--email", "c@example.org", "--municipality", "ZZ"],
        ["invite", "--role", "admin", "--email", "nobody"],
        ["invite", "--role", "king", "--email", "k@example.org"],
        ["reset", "nobody@example.org"],
        ["code", "!!"],
    ],
)
def test_what_cannot_be_is_refused_with_a_remedy(run: object, words: list[str]) -> None:
    assert run(*words).exit_code == 2  # type: ignore[operator]


def test_after_a_changed_key_everything_is_sealed_anew_and_the_former_one_can_go(
    chosen_db: Database, run: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    people_of_the_demonstration = demonstration.staff(chosen_db, moments.now(), secret_key=SECRET_KEY)
    monkeypatch.setenv("MEETMOMENT_SECRET_KEY", "n" * 40)
    renew = lambda: CliRunner().invoke(main, ["keys", "renew"])  # noqa: E731
    alone = renew()
    assert (alone.exit_code, "MEETMOMENT_OLD_SECRET_KEYS" in alone.output) == (1, True)
    monkeypatch.setenv("MEETMOMENT_OLD_SECRET_KEYS", SECRET_KEY)
    assert f"{len(people_of_the_demonstration)} second factors" in renew().output
    monkeypatch.delenv("MEETMOMENT_OLD_SECRET_KEYS")
    assert renew().exit_code == 0


def test_a_demonstration_has_one_colleague_of_each_role_who_can_sign_in_at_once(
    chosen_db: Database, run: object
) -> None:
    now = moments.now()
    shown = demonstration.staff(chosen_db, now, secret_key=SECRET_KEY, linking_pin=1)
    assert [one.role for one in shown] == list(Role)
    pin = shown[0]
    assert pin.password != PASSWORD
    secret = signing_in.with_password(
        chosen_db, pin.email, pin.password, origin(pin.email), now, secret_key=SECRET_KEY
    )
    session = sessions.find(chosen_db, secret, now)
    code = run("code", pin.key).output.strip()  # type: ignore[operator]
    assert signing_in.with_code(
        chosen_db, session, code, origin(pin.email), moments.now(), secret_key=SECRET_KEY
    )
    with pytest.raises(people.EmailTaken):
        demonstration.staff(chosen_db, now, secret_key=SECRET_KEY)
