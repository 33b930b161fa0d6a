"""Signing in: two factors, each code once, and nobody locked out by somebody else."""

from __future__ import annotations

import base64
import datetime as dt
from pathlib import Path

import pytest
import sqlalchemy as sa
from argon2 import extract_parameters
from argon2.low_level import Type

from survey import audit
from survey.accounts import invitations, passwords, people, sessions, signing_in, throttle
from survey.accounts.signing_in import NotProved
from survey.accounts.throttle import TooManyTries
from survey.db import Database
from survey.keys import Keyring
from survey.policy import Role
from tests.kinds import url_of
from tests.people import T0, Cast, at
from tests.survey.accounts import staff
from tests.survey.accounts.staff import PASSWORD, SECRET_KEY, Colleague, enter, knock, origin

NOW = at(T0)
LATER = NOW + dt.timedelta(minutes=1)


def fail(db: Database, email: str, times: int, now: dt.datetime, address: str = staff.OFFICE) -> None:
    for _ in range(times):
        with pytest.raises(NotProved):
            signing_in.with_password(db, email, "wrong", origin(email, address), now, secret_key=SECRET_KEY)


def test_a_password_and_a_code_sign_somebody_in(db: Database, admin: Colleague) -> None:
    secret = enter(db, admin)
    session = sessions.find(db, secret, NOW)
    assert (session.stage, session.account.role) == ("full", Role.ADMIN)
    actions = [entry.action for entry in audit.of(db, f"account {admin.id}")]
    assert actions == ["account.invited", "account.accepted", "account.enrolled", "account.signed_in"]


def test_passwords_are_kept_as_argon2id_with_the_memory_of_rfc_9106(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()
    parameters = extract_parameters(passwords.hashed(PASSWORD))
    assert parameters.type is Type.ID
    assert (parameters.memory_cost, parameters.time_cost) == (64 * 1024, 3)


def test_a_session_with_a_password_alone_is_no_session(db: Database, admin: Colleague) -> None:
    assert sessions.find(db, knock(db, admin), NOW).stage == "code"


def test_a_code_is_good_once(db: Database, admin: Colleague) -> None:
    enter(db, admin)
    with pytest.raises(NotProved):
        enter(db, admin)
    assert enter(db, admin, LATER)


def test_a_code_of_a_minute_ago_is_no_good(db: Database, admin: Colleague) -> None:
    with pytest.raises(NotProved):
        enter(db, admin, LATER + dt.timedelta(minutes=1), admin.code(NOW))


def test_the_secret_from_before_the_code_is_worth_nothing_after_it(db: Database, admin: Colleague) -> None:
    first = knock(db, admin)
    session = sessions.find(db, first, NOW)
    signing_in.with_code(db, session, admin.code(NOW), origin(admin.email), NOW, secret_key=SECRET_KEY)
    with pytest.raises(sessions.SessionOver):
        sessions.find(db, first, NOW)


@pytest.mark.parametrize("email", ["admin@example.org", "nobody@example.org", "' OR 1=1 --", ""])
def test_an_unknown_name_fails_like_a_wrong_password(db: Database, admin: Colleague, email: str) -> None:
    with pytest.raises(NotProved):
        signing_in.with_password(db, email, "not the password", origin(email), NOW, secret_key=SECRET_KEY)


def test_five_failures_make_the_sixth_wait_and_the_pause_grows(db: Database, admin: Colleague) -> None:
    fail(db, admin.email, 5, NOW)
    with pytest.raises(TooManyTries):
        knock(db, admin)
    fail(db, admin.email, 1, NOW + dt.timedelta(seconds=31))
    with pytest.raises(TooManyTries) as refused:
        knock(db, admin, NOW + dt.timedelta(seconds=62))
    assert refused.value.minutes == 1
    assert knock(db, admin, NOW + dt.timedelta(seconds=95))


def test_a_known_password_does_not_make_guesses_at_the_code_free(db: Database, admin: Colleague) -> None:
    for _ in range(5):
        with pytest.raises(NotProved):
            enter(db, admin, code="000000")
    with pytest.raises(TooManyTries):
        enter(db, admin)


def test_a_restart_forgives_nothing(chosen_db: Database) -> None:
    fail(chosen_db, "nobody@example.org", 5, NOW)
    again = Database(url_of(chosen_db))
    with pytest.raises(TooManyTries):
        throttle.begin(again, origin("nobody@example.org"), NOW)
    again.dispose()


def test_a_changed_key_of_the_service_forgives_nothing_and_forgets_no_known_network(
    db: Database, admin: Colleague
) -> None:
    changed = Keyring(b"n" * 40, (SECRET_KEY.encode(),))
    enter(db, admin)
    for network in range(10):
        fail(db, admin.email, 3, LATER, f"198.51.{network}.1")
    for address in ("203.0.113.9", "198.51.100.4"):
        with pytest.raises(TooManyTries):
            throttle.begin(db, throttle.origin(changed, admin.email, address), LATER)
    assert throttle.begin(db, throttle.origin(changed, admin.email, staff.OFFICE), LATER)
    fail(db, "nobody@example.org", 5, LATER)
    with pytest.raises(TooManyTries):
        throttle.begin(db, throttle.origin(changed, "nobody@example.org", staff.OFFICE), LATER)
    assert throttle.begin(db, throttle.origin(b"n" * 40, "nobody@example.org", staff.OFFICE), LATER), (
        "only who takes the former key away at once begins to count anew"
    )


def test_a_colleague_behind_the_same_router_locks_nobody_out(
    db: Database, admin: Colleague, cast: Cast
) -> None:
    enter(db, admin)
    for name in range(15):
        fail(db, f"typo{name}@example.org", 4, LATER)
    assert knock(db, admin, LATER)
    with pytest.raises(TooManyTries):
        throttle.begin(db, origin("stranger@example.org"), LATER)


def test_who_is_guessed_at_from_everywhere_still_gets_in_from_the_office(
    db: Database, admin: Colleague
) -> None:
    enter(db, admin)
    for network in range(10):
        fail(db, admin.email, 3, LATER, f"198.51.{network}.1")
    with pytest.raises(TooManyTries):
        knock(db, admin, LATER, "203.0.113.9")
    assert knock(db, admin, LATER)


def test_a_session_is_over_after_half_an_hour_of_nothing(db: Database, admin: Colleague) -> None:
    secret = enter(db, admin)
    assert sessions.find(db, secret, NOW + dt.timedelta(minutes=29))
    assert sessions.find(db, secret, NOW + dt.timedelta(minutes=58))
    with pytest.raises(sessions.SessionOver):
        sessions.find(db, secret, NOW + dt.timedelta(minutes=90))


def test_a_session_is_over_after_eight_hours_however_busy(db: Database, admin: Colleague) -> None:
    secret = enter(db, admin)
    for hours in range(1, 17):
        moment = NOW + dt.timedelta(minutes=29 * hours)
        if moment - NOW <= sessions.LONGEST:
            assert sessions.find(db, secret, moment)
    with pytest.raises(sessions.SessionOver):
        sessions.find(db, secret, NOW + dt.timedelta(hours=8, minutes=1))


def test_proving_it_again_needs_both_and_lengthens_no_session(db: Database, admin: Colleague) -> None:
    session = sessions.find(db, enter(db, admin), NOW)
    later = NOW + dt.timedelta(minutes=20)
    assert session.is_fresh(NOW)
    assert not session.is_fresh(later)
    who = origin(admin.email)
    for password, code in (("wrong", admin.code(later)), (PASSWORD, "123456"), (PASSWORD, admin.code(later))):
        with pytest.raises(NotProved):
            signing_in.prove(db, session, password, code, who, later, secret_key=SECRET_KEY)
    much_later = later + dt.timedelta(minutes=1)
    fresh = signing_in.prove(
        db, session, PASSWORD, admin.code(much_later), who, much_later, secret_key=SECRET_KEY
    )
    found = sessions.find(db, fresh, much_later)
    assert found.is_fresh(much_later)
    assert found.started_at == session.started_at


def test_a_recovery_code_is_good_once_and_asks_for_a_new_phone(db: Database, admin: Colleague) -> None:
    typed = admin.recovery_codes[0].lower().replace("-", " ").replace("0", "o")
    session = sessions.find(db, enter(db, admin, code=typed), NOW)
    assert session.stage == "enrol"
    with pytest.raises(NotProved):
        signing_in.with_code(
            db, session, admin.recovery_codes[0], origin(admin.email), NOW, secret_key=SECRET_KEY
        )
    _, codes = signing_in.enrol(db, session, admin.code(NOW), origin(admin.email), NOW, secret_key=SECRET_KEY)
    assert len(codes) == 10
    assert not set(codes) & set(admin.recovery_codes)


def test_the_database_holds_no_password_code_or_secret(chosen_db: Database) -> None:
    from tests import people as cast_of_people

    cast = cast_of_people.settle(chosen_db)
    who = staff.settle(chosen_db, cast.study_id, Role.ADMIN, NOW, everywhere=True)
    secret = enter(chosen_db, who)
    stored = everything_in(chosen_db)
    assert who.email.encode() in stored, "what is stored can be read here"
    for text in (PASSWORD, secret, who.key, *who.recovery_codes, who.recovery_codes[0].replace("-", "")):
        assert text.encode() not in stored
    assert base64.b32decode(who.key) not in stored


def everything_in(db: Database) -> bytes:
    """What is in a database: the bytes of an SQLite file and its log, or every value of a PostgreSQL."""
    if db.dialect == "sqlite":
        return b"".join(Path(f"{db.url.database}{end}").read_bytes() for end in ("", "-wal"))
    with db.read() as connection:
        tables = sa.inspect(connection).get_table_names()
        rows = [row for name in tables for row in connection.exec_driver_sql(f"SELECT * FROM {name}")]
    return b"\n".join(
        value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row
    )


def test_an_invitation_is_good_once(db: Database, cast: Cast) -> None:
    _, _, token = staff.invite(db, cast.study_id, Role.RESEARCHER, NOW, everywhere=True)
    signing_in.accept(db, token, PASSWORD, NOW, secret_key=SECRET_KEY)
    with pytest.raises(invitations.InvitationRefused):
        signing_in.accept(db, token, PASSWORD, NOW, secret_key=SECRET_KEY)


def test_an_invitation_is_good_for_a_week(db: Database, cast: Cast) -> None:
    _, _, token = staff.invite(db, cast.study_id, Role.RESEARCHER, NOW, everywhere=True)
    assert signing_in.invited(db, token, NOW + dt.timedelta(days=6)).role is Role.RESEARCHER
    with pytest.raises(invitations.InvitationRefused):
        signing_in.accept(db, token, PASSWORD, NOW + dt.timedelta(days=7, seconds=1), secret_key=SECRET_KEY)


def test_a_newer_invitation_replaces_an_older_one(db: Database, cast: Cast) -> None:
    account_id, _, token = staff.invite(db, cast.study_id, Role.RESEARCHER, NOW, everywhere=True)
    newer = people.reset(db, account_id, now=NOW, actor="test")
    with pytest.raises(invitations.InvitationRefused):
        signing_in.invited(db, token, NOW)
    assert signing_in.invited(db, newer, NOW)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("kort", "too_short"),
        ("aaaaaaaaaaaaaaaaaaaa", "too_simple"),
        ("x1" * 101, "too_long"),
        ("ik ben researcher nu", "holds_name"),
        ("wachtwoordwachtwoord", "common"),
        ("Welkom01Welkom01", "common"),
        ("qwertyuiop12345", "common"),
        ("iseedeadpeople", "common"),
        ("Meetmoment2026!", "holds_context"),
        ("testtest-2026!", "holds_context"),
        ("example.org2026", "holds_context"),
    ],
)
def test_a_password_that_others_would_guess_is_refused(
    db: Database, cast: Cast, password: str, reason: str
) -> None:
    _, _, token = staff.invite(db, cast.study_id, Role.RESEARCHER, NOW, everywhere=True)
    with pytest.raises(passwords.WeakPassword) as refused:
        signing_in.accept(db, token, password, NOW, secret_key=SECRET_KEY)
    assert refused.value.reason == reason
    assert signing_in.accept(db, token, PASSWORD, NOW, secret_key=SECRET_KEY)


def test_who_begins_anew_or_leaves_is_out_of_every_browser_at_once(db: Database, admin: Colleague) -> None:
    secret = enter(db, admin)
    people.reset(db, admin.id, now=NOW, actor="test")
    with pytest.raises(sessions.SessionOver):
        sessions.find(db, secret, NOW)
    people.close(db, admin.id, now=NOW, actor="test")
    with pytest.raises(NotProved):
        knock(db, admin, LATER)
    with pytest.raises(people.NoSuchAccount):
        people.reset(db, admin.id, now=NOW, actor="test")


def test_another_password_signs_other_browsers_out_and_not_this_one(db: Database, admin: Colleague) -> None:
    elsewhere = enter(db, admin)
    here = enter(db, admin, LATER)
    signing_in.change_password(db, sessions.find(db, here, LATER), "een heel ander woord", LATER)
    assert sessions.find(db, here, LATER)
    with pytest.raises(sessions.SessionOver):
        sessions.find(db, elsewhere, LATER)


def test_a_linking_pin_gets_a_pseudonym_and_its_end_with_the_account(db: Database, cast: Cast) -> None:
    pin = staff.settle(db, cast.study_id, Role.LINKING_PIN, NOW)
    assert pin.account.professional_id not in (None, cast.fatma_professional)
    with pytest.raises(people.EmailTaken):
        staff.invite(db, cast.study_id, Role.ADMIN, NOW, email=pin.email.upper())


def test_two_people_who_accept_one_invitation_at_once_get_one_account(
    chosen_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from tests import people as cast_of_people

    cast = cast_of_people.settle(chosen_db)
    _, _, token = staff.invite(chosen_db, cast.study_id, Role.ADMIN, NOW, everywhere=True)

    def accept(_: int) -> bool:
        try:
            signing_in.accept(chosen_db, token, PASSWORD, NOW, secret_key=SECRET_KEY)
        except invitations.InvitationRefused:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(accept, range(4))) == 1
