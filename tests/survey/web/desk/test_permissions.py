"""Every page of the desk, for every role, in their own place and elsewhere: who gets in, and who does not.

The table below is written from the requirements (who does what, how far), not from the policy's own table.
A page that is in neither fails here.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import update

from survey import families
from survey.accounts.tables import Account
from survey.db import Database
from survey.policy import Role
from survey.web.desk import guard
from survey.web.desk.guard import REGISTRY
from tests.kinds import on_postgresql
from tests.people import T0, Cast, at
from tests.survey.accounts import staff
from tests.survey.web.conftest import Clock
from tests.survey.web.desk.conftest import Desk

pytestmark = on_postgresql

#: Roles by letter.
LETTERS = {
    "L": Role.LINKING_PIN,
    "C": Role.COORDINATOR,
    "W": Role.CHILDCARE_WORKER,
    "P": Role.POLICY_OFFICER,
    "R": Role.RESEARCHER,
    "D": Role.DATA_MANAGER,
    "A": Role.ADMIN,
}
EVERYBODY = "LCWPRDA"

#: action -> who may: with what is their own, with what is in their municipality, with what is elsewhere.
#: (R, D and A of these tests work in the whole study, the others in one municipality.)
TABLE = {
    "own_account": (EVERYBODY, "", ""),
    "own_form": ("LW", "", ""),
    "list_families": ("LCRD", "", ""),
    "view_family": ("LCD", "CD", "D"),
    "add_family": ("LC", "", ""),
    "edit_family": ("LC", "C", ""),
    "give_link": ("LC", "C", ""),
    "record_consent": ("LCD", "CD", "D"),
    "contacts": ("LD", "D", "D"),
    "send_link": ("LC", "C", ""),
    "record_placement": ("LC", "C", ""),
    "print_pack": ("LC", "C", ""),
    "hand_over": ("LC", "C", ""),
    "pause": ("LC", "C", ""),
    "pause_many": ("C", "", ""),
    "pulse": ("R", "", ""),
    "extend_wave": ("C", "C", ""),
    "stop_family": ("LC", "C", ""),
    "professionals": ("C", "C", ""),
    "list_accounts": ("CA", "CA", "A"),
    "invite": ("CA", "", ""),
    "reset_account": ("CA", "CA", "A"),
    "change_role": ("A", "A", "A"),
    "enter_paper": ("R", "R", "R"),
    "scan_paper": ("LCR", "", ""),
    "export": ("R", "R", "R"),
    "export_free_text": ("R", "R", "R"),
    "read_audit": ("DA", "DA", "DA"),
    "read_report": ("CPR", "CPR", "R"),
    "check_feedback": ("R", "R", "R"),
    "release_feedback": ("R", "R", "R"),
    "erase": ("D", "D", "D"),
}


#: What pages may be about that nobody has in this test.
NOT_THERE = (
    "batch_id",
    "export_id",
    "job_id",
    "page_id",
    "pile_id",
    "release_id",
    "respondent_id",
    "sheet_id",
    "typing_id",
)


def rules(app: Flask) -> list[tuple[str, str, str]]:
    """Every page of the desk: name, address, method."""
    return [
        (rule.endpoint, rule.rule, method)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/desk")
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def test_every_page_of_the_desk_is_registered_with_what_it_asks(app: Flask) -> None:
    assert {name for name, _rule, _method in rules(app)} == set(REGISTRY)
    assert len(REGISTRY) > 40


def test_a_page_that_is_not_registered_is_refused_to_everybody(
    app: Flask, coordinator: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(REGISTRY, "desk.this_month")
    assert coordinator.get("/desk/month").status == 404


def test_a_page_without_an_action_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="needs an action"):
        guard.route("/x", None, "nothing")(lambda: "")


def test_the_pages_for_who_is_not_signed_in_are_these_and_no_others() -> None:
    found = {name for name, rule in REGISTRY.items() if rule.action is None}
    assert found == {
        f"desk.{name}"
        for name in (
            "sign_in", "give_password", "code", "give_code", "enrol", "first_code", "invitation", "accept",
            "sign_out",
        )
    }  # fmt: skip


@pytest.fixture
def things(db: Database, cast: Cast, town: int, elsewhere: int) -> dict[str, dict[str, int]]:
    """What pages are about: one's own, one in the same municipality, one elsewhere."""

    def family(place: int) -> int:
        made = families.add_family(
            db, cast.study_id, place, T0, parents=[families.Parent()], children=[], now=at(T0)
        )
        return made.family_id

    def worker(place: int, name: str) -> tuple[int, int]:
        who = staff.settle(db, cast.study_id, Role.LINKING_PIN, at(T0), places=[place], email=name)
        return who.id, who.account.professional_id or 0

    near, near_worker = worker(town, "near@example.org")
    far, far_worker = worker(elsewhere, "far@example.org")
    return {
        "own": {
            "family_id": cast.family_id,
            "respondent_id": cast.mother,
            "account_id": near,
            "professional_id": near_worker,
            "municipality_id": town,
        },
        "near": {
            "family_id": family(town),
            "respondent_id": 1,
            "account_id": near,
            "professional_id": near_worker,
            "municipality_id": town,
        },
        "far": {
            "family_id": family(elsewhere),
            "respondent_id": 1,
            "account_id": far,
            "professional_id": far_worker,
            "municipality_id": elsewhere,
        },
    }


@pytest.mark.parametrize("letter", list(EVERYBODY))
def test_every_page_lets_in_who_may_and_nobody_else(
    letter: str,
    app: Flask,
    db: Database,
    cast: Cast,
    clock: Clock,
    hire: Callable[..., Desk],
    things: dict[str, dict[str, int]],
) -> None:
    role = LETTERS[letter]
    everywhere = letter in "RDA"
    desk = hire(role, everywhere=everywhere, sign_in=False, email="walker@example.org")
    if letter == "L":
        db.write(
            lambda connection: connection.execute(
                update(Account)
                .where(Account.id == desk.who.id)
                .values(professional_id=cast.fatma_professional)
            )
        )
    walked = 0
    for name, rule, method in rules(app):
        page = REGISTRY[name]
        if page.action is None:
            continue
        allowed = TABLE[page.action.word]
        scoped = page.about in ("family", "account", "professional", "municipality")
        for reach, who in zip(("own", "near", "far"), allowed, strict=True):
            if reach != "own" and not scoped:
                continue
            address = re.sub(r"<int:(\w+)>", lambda hit, at=reach: str(things[at].get(hit[1], 1)), rule)
            address = re.sub(r"<\w+:\w+>|<\w+>", "1", address)
            # Anew where a recent proof is asked for, and after a page that signed them out.
            if not walked or page.action.fresh or desk.get("/desk/account").path != "/desk/account":
                clock.wait(seconds=60)
                desk.client = app.test_client()
                desk.sign_in()
                desk.get("/desk/account")
            response = desk.client.open(address, method=method, data={"csrf": desk.token})
            status, walked = response.status_code, walked + 1
            if letter in who:
                assert status not in (401, 403, 500), (role, method, address, status)
                there = not any(name in rule for name in NOT_THERE)
                assert status != 404 or method == "POST" or not there, (role, address)
                assert "/desk/sign-in" not in response.headers.get("Location", "") or name == "desk.sign_out"
            else:
                assert status in (403, 404), (role, method, address, status)
    assert walked > 40
