"""Everything that can be wrong with a request: its own answer, in the reader's words, and nothing changed."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask import Flask

from survey import answers, responses, visits
from survey.db import Database, DatabaseBusy
from survey.web import errors
from survey.web.security import LARGEST_BODY
from tests import people
from tests.people import Cast
from tests.survey.web.conftest import Clock, Visitor

Unchanged = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def who5(visitor: Visitor, cast: Cast) -> Visitor:
    """The mother, before the WHO-5."""
    return visitor.open(cast.mother).start("who5")


def told(visitor: Visitor, status: int, dutch: str, english: str, send: Callable[[], object]) -> None:
    """The same failure is told in Dutch and in English."""
    for edition, heading in (("nl", dutch), ("en", english)):
        if visitor.client.get_cookie("visit"):
            token = visitor.get("/mine").fields["csrf"]
            visitor.post("/edition", {"csrf": token, "edition": edition, "from": "/help"})
        visitor.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = edition
        send()
        assert (visitor.response.status_code, visitor.heading) == (status, heading)
        assert visitor.title == f"{heading} – Meetmoment"
        assert visitor.page.get("lang") == edition


@pytest.mark.parametrize("value", ["6", "-1", "x", "5.0", "5 ", "٥٥", "99999999999999999999", "5\x00"])
def test_a_value_that_is_not_on_the_list(who5: Visitor, unchanged: Unchanged, value: str) -> None:
    form, path = who5.form(**{"1": value}), who5.path
    if value.strip() == "5":
        assert who5.post(path, form).response.status_code == 200
        return
    with unchanged():
        who5.post(path, form)
    assert who5.response.status_code == 422
    assert who5.title.startswith("Probleem: ")
    assert "Kies een van de antwoorden die er staan." in who5.text


def test_two_answers_to_a_question_that_takes_one(who5: Visitor, unchanged: Unchanged) -> None:
    with unchanged():
        who5.press(**{"1": ["1", "2"]})
    assert who5.response.status_code == 422


@pytest.mark.parametrize("name", ["i.p1", "i.6", "i.", "i.1.5"])
def test_an_item_of_another_page(who5: Visitor, unchanged: Unchanged, name: str) -> None:
    form = who5.form(**{"1": 3}) | {name: "1"}
    path = who5.path

    def send() -> None:
        with unchanged():
            who5.post(path, form)

    told(who5, 400, "Deze pagina klopt niet meer", "This page has changed", send)
    assert who5.page.xpath("//main//a/@href") == [path]


def test_a_page_of_another_questionnaire(who5: Visitor, unchanged: Unchanged) -> None:
    form, path = who5.form(**{"1": 3}), who5.path
    with unchanged():
        who5.post(path[:-1] + "p1", form)
    assert (who5.response.status_code, who5.heading) == (404, "Deze pagina bestaat niet")


@pytest.mark.parametrize("sequence", ["", "a b", "x" * 65, "é"])
def test_a_form_without_a_proper_name(who5: Visitor, unchanged: Unchanged, sequence: str) -> None:
    form = who5.form(**{"1": 3}) | {"sequence": sequence}
    with unchanged():
        who5.post(who5.path, form)
    assert (who5.response.status_code, who5.heading) == (400, "Deze pagina klopt niet meer")


@pytest.mark.parametrize("csrf", [None, "", "x" * 24, "é"])
@pytest.mark.parametrize("path", ["/q/1/1", "/mine/open", "/family/open", "/edition"])
def test_a_form_without_the_token_of_the_visit(
    who5: Visitor, unchanged: Unchanged, path: str, csrf: str | None
) -> None:
    form = who5.form(**{"1": 3}) | {"edition": "en", "task": "x", "respondent": "1"}
    form = {name: value for name, value in form.items() if name != "csrf"}
    with unchanged():
        who5.post(path, form if csrf is None else form | {"csrf": csrf})
    assert (who5.response.status_code, who5.heading) == (403, "Deze pagina was niet te vertrouwen")


def test_a_token_of_another_visit(
    who5: Visitor, new_visitor: Callable[[], Visitor], cast: Cast, unchanged: Unchanged
) -> None:
    other = new_visitor().open(cast.mother)
    form = who5.form(**{"1": 3}) | {"csrf": other.fields["csrf"]}
    with unchanged():
        who5.post(who5.path, form)
    assert who5.response.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "http://localhost.elsewhere.example"},
    ],
)
@pytest.mark.parametrize("path", ["/q/1/1", "/exit", "/edition", "/l/AAAA"])
def test_a_form_from_another_site(
    who5: Visitor, unchanged: Unchanged, path: str, headers: dict[str, str]
) -> None:
    form = who5.form(**{"1": 3}) | {"edition": "en"}
    with unchanged():
        who5.post(path, form, headers=headers)
    assert (who5.response.status_code, who5.heading) == (403, "Deze pagina was niet te vertrouwen")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
        {"Origin": "null"},
        {"Origin": "http://localhost"},
    ],
)
def test_a_form_from_our_own_pages_whatever_the_browser_says_of_it(
    who5: Visitor, headers: dict[str, str]
) -> None:
    form = who5.form(**dict.fromkeys("12345", 3))
    assert who5.post(who5.path, form, headers=headers).path.endswith("/done")


@pytest.mark.parametrize("path", ["/q/1/1", "/exit", "/edition", "/l/AAAA", "/nowhere"])
def test_a_body_of_ten_megabytes(who5: Visitor, unchanged: Unchanged, path: str) -> None:
    body = b"i.1=" + b"3" * 10_000_000

    def send() -> None:
        with unchanged():
            who5.post(path, body, content_type="application/x-www-form-urlencoded")

    told(who5, 413, "Dat is te veel tekst", "That is too much text", send)


def test_a_body_that_does_not_say_how_long_it_is(who5: Visitor, unchanged: Unchanged) -> None:
    body = io.BytesIO(b"i.1=" + b"3" * (LARGEST_BODY + 1))
    with unchanged():
        who5.response = who5.client.post(
            who5.path,
            input_stream=body,
            content_type="application/x-www-form-urlencoded",
            environ_overrides={"wsgi.input_terminated": True},
        )
    assert (who5.response.status_code, who5.heading) == (413, "Dat is te veel tekst")


def test_a_closed_wave(who5: Visitor, clock: Clock, cast: Cast, unchanged: Unchanged) -> None:
    form, path = who5.form(**{"1": 3}), who5.path
    clock.now = people.at(people.T0.replace(month=12, day=30))
    who5.open(cast.mother)
    form["csrf"] = who5.fields["csrf"]
    assert who5.get(path).response.status_code == 200
    clock.wait(hours=11)

    def send() -> None:
        clock.wait(minutes=1)
        with unchanged():
            who5.post(path, form)

    who5.open(cast.mother)
    form["csrf"] = who5.fields["csrf"]
    told(who5, 410, "Deze periode is voorbij", "This period is over", send)
    assert who5.get(path).response.status_code == 410
    assert who5.get("/mine").response.status_code == 200


def test_a_task_of_a_wave_that_is_over(
    visitor: Visitor, cast: Cast, clock: Clock, unchanged: Unchanged
) -> None:
    visitor.open(cast.mother)
    task = next(task for task in visitor.tasks if "who5" in task)
    clock.now = people.at(people.T1)
    visitor.open(cast.mother)
    with unchanged():
        visitor.post("/mine/open", {"csrf": visitor.fields["csrf"], "task": task})
    assert visitor.response.status_code == 410


def test_a_response_that_was_stopped(who5: Visitor, db: Database, unchanged: Unchanged) -> None:
    form, path = who5.form(**{"1": 3}), who5.path
    responses.set_status(db, 1, "stopped")
    with unchanged():
        who5.post(path, form)
    assert who5.response.status_code == 410


@pytest.mark.parametrize(
    "task", ["6:x:who5:0:T0", "1:parent_self:sdq:0:T0", "nonsense", "x" * 161, "a b", ""]
)
def test_a_questionnaire_that_is_not_asked(
    visitor: Visitor, cast: Cast, unchanged: Unchanged, task: str
) -> None:
    visitor.open(cast.mother)
    with unchanged():
        visitor.post("/mine/open", {"csrf": visitor.fields["csrf"], "task": task})
    assert visitor.response.status_code in (400, 409)
    assert visitor.heading in ("Deze vragen staan hier niet", "Deze pagina klopt niet meer")


@pytest.mark.parametrize("respondent", ["", "x", "1e3", "99"])
def test_a_person_who_is_not_there(
    visitor: Visitor, cast: Cast, unchanged: Unchanged, respondent: str
) -> None:
    visitor.open(family_id=cast.family_id)
    with unchanged():
        visitor.post("/family/open", {"csrf": visitor.fields["csrf"], "respondent": respondent})
    assert visitor.response.status_code in (400, 404)


@pytest.mark.parametrize("edition", ["", "xx", "nl-hard", "ar", "../nl"])
def test_an_edition_that_is_not_offered(
    visitor: Visitor, cast: Cast, unchanged: Unchanged, edition: str
) -> None:
    visitor.open(cast.mother)
    with unchanged():
        visitor.post("/edition", {"csrf": visitor.fields["csrf"], "edition": edition})
    assert visitor.response.status_code == 400


def test_another_persons_response_looks_as_if_it_did_not_exist(
    who5: Visitor, new_visitor: Callable[[], Visitor], cast: Cast, unchanged: Unchanged
) -> None:
    other = new_visitor().open(cast.father)
    theirs = other.get("/q/1/1").response
    none = other.get("/q/999/1").response
    assert theirs.status_code == none.status_code == 404
    assert theirs.data.replace(b"/q/1/1", b"") == none.data.replace(b"/q/999/1", b"")
    with unchanged():
        other.post("/q/1/1", who5.form(**{"1": 3}))
    assert other.response.status_code == 404


def test_a_visit_that_was_idle_for_too_long(who5: Visitor, clock: Clock, unchanged: Unchanged) -> None:
    form, path = who5.form(**{"1": 3}), who5.path
    clock.wait(minutes=36)
    with unchanged():
        who5.post(path, form)
    assert (who5.response.status_code, who5.heading) == (403, "Welkom terug")
    assert "is bewaard" in who5.text


def test_no_visit_at_all(visitor: Visitor, cast: Cast, unchanged: Unchanged) -> None:
    for path in ("/mine", "/family", "/q/1/1", "/q/1", "/q/1/done", "/q/1/later"):
        told(visitor, 403, "Welkom", "Welcome", lambda path=path: visitor.get(path))
    for path in ("/mine/open", "/family/open", "/q/1/1"):
        with unchanged():
            assert visitor.post(path).response.status_code == 403


@pytest.mark.parametrize(
    "path", ["/nowhere", "/q/x/1", "/q/2147483648", "/q/99999999999999999999/1", "/l/", "/static/nothing"]
)
def test_an_address_that_does_not_exist(visitor: Visitor, cast: Cast, path: str) -> None:
    told(visitor, 404, "Deze pagina bestaat niet", "This page does not exist", lambda: visitor.get(path))


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/q/1/1", "POST"),
        ("DELETE", "/mine", "GET"),
        ("GET", "/exit", "POST"),
        ("POST", "/mine", "GET"),
    ],
)
def test_a_method_that_a_page_does_not_have(
    visitor: Visitor, cast: Cast, method: str, path: str, allowed: str
) -> None:
    visitor.response = visitor.client.open(path, method=method)
    assert (visitor.response.status_code, visitor.heading) == (405, "Zo kan deze pagina niet open")
    assert allowed in visitor.response.headers["Allow"]


def test_a_failure_of_ours_is_told_kindly_and_logged_without_the_address(
    app: Flask,
    visitor: Visitor,
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("out of luck")

    monkeypatch.setattr(visits, "open", fail)
    token = "S3cretT0ken" * 2

    def send() -> None:
        visitor.post(f"/l/{token}")

    told(visitor, 500, "Er ging bij ons iets mis", "Something went wrong on our side", send)
    assert "landing.open_link" in caplog.text
    assert token not in caplog.text


def test_a_database_that_fails_altogether_still_gives_a_page(
    app: Flask, visitor: Visitor, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def fail(*_: object, **__: object) -> None:
        raise OSError("gone")

    monkeypatch.setattr("survey.studies.the_study", fail)
    visitor.get("/")
    assert (visitor.response.status_code, visitor.heading) == (500, "Er ging bij ons iets mis")


def test_a_busy_database_asks_to_try_again(
    who5: Visitor, monkeypatch: pytest.MonkeyPatch, unchanged: Unchanged
) -> None:
    def busy(*_: object, **__: object) -> None:
        raise DatabaseBusy

    monkeypatch.setattr(answers, "record", busy)
    with unchanged():
        who5.press(**{"1": 3})
    assert (who5.response.status_code, who5.heading) == (503, "Het is nu erg druk")
    assert who5.response.headers["Retry-After"]


def test_every_failure_that_is_mapped_has_its_page(app: Flask) -> None:
    names = {name for _, name in errors.PAGES.values()} | set(errors._BY_STATUS.values()) | {"server"}
    there = {
        name.removeprefix("problems/").removesuffix(".html")
        for name in app.jinja_env.list_templates()
        if "problems/" in name
    }
    assert there == names | {"notice"}
