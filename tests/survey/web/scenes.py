"""Every page that a respondent can be shown, in one edition: made once, looked at in many ways.

A scene is a page in a state: `empty`, `asked` (something was left open), `error` (answers that cannot be),
`refused` (another form that cannot be taken) or `filled`, and a few more. Most come from
the service itself, as the cast walks through it; what only happens when something breaks is rendered
directly. `templates_shown` tells which templates that covers, so that a new one cannot be forgotten.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import flask
from lxml import html as lxml_html

import instruments
from instruments import Edition, catalogue, protocol, routing
from instruments.checks import Refused
from instruments.wording import Library
from survey import wording_packs
from survey.db import Database
from survey.settings import Settings
from survey.web import Services, create_app, pages
from survey.web.i18n import Catalogues, speak
from survey.web.pages import Own, Page
from survey.web.services import WORDS
from tests import people
from tests.kinds import url_of
from tests.survey.web.conftest import Clock, Visitor
from tests.survey.web.test_pages import ANSWERS, KINDS, made_up

LANGUAGES = ("nl", "en", "ar", "tr", "pl", "uk")
TEMPLATES = Path(pages.__file__).parent / "templates"
OWN = Own(csrf="token", sequence="name", here="/q/1/a", back="/mine", about="-", left="1800")

#: What can be wrong with an answer, by kind.
WRONG = {
    "choice": Refused("not_an_option"),
    "choices": Refused("not_an_option"),
    "number": Refused("out_of_range", lowest=1, highest=9),
    "date": Refused("not_a_date"),
    "text": Refused("too_long", longest=20),
}


@dataclasses.dataclass(frozen=True)
class Scene:
    """A page as a browser gets it."""

    name: str
    state: str
    path: str
    html: str
    #: The content security policy that came with it; empty for pages that were rendered directly.
    policy: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.state})"

    @property
    def page(self) -> lxml_html.HtmlElement:
        """The page, parsed."""
        return lxml_html.document_fromstring(self.html)

    @property
    def big(self) -> bool:
        """Whether it is for children or in easy reading."""
        return "big" in (self.page.get("class") or "").split()


class Stage:
    """The service in front of an empty study in which everybody reads one edition."""

    def __init__(self, database: Database, edition: Edition) -> None:
        self.database = database
        self.edition = edition
        self.clock = Clock(people.at(people.T1))
        self.cast = people.settle(database, languages=LANGUAGES, edition=edition)
        settings = Settings(
            secret_key="k" * 40, database_url=url_of(database), base_url="http://localhost", clock=self.clock
        )
        library = Library([wording_packs.OURS], instruments.catalogue())
        house = Services(settings, database, protocol.default(), catalogue(), library, Catalogues(WORDS))
        self.app = create_app(settings, house)
        self.app.testing = True
        self.templates_shown: set[str] = set()

    @functools.cached_property
    def scenes(self) -> tuple[Scene, ...]:
        """Every page, made the first time it is asked for."""

        def seen(_: object, template: SimpleNamespace, **__: object) -> None:
            self.templates_shown.add(str(template.name))

        with flask.template_rendered.connected_to(seen, self.app):
            return (*self._of_guests(), *self._of_people(), *self._of_every_kind(), *self._of_failures())

    def visitor(self) -> Visitor:
        """A browser whose owner once chose this edition here."""
        client = self.app.test_client()
        client.set_cookie("edition", str(self.edition))
        return Visitor(client, self.database, self.clock)

    def _of_guests(self) -> Iterator[Scene]:
        guest = self.visitor()
        for name, path in [
            ("home", "/"),
            ("link", "/l/" + "x" * 22),
            ("edition", "/edition?from=/help"),
            ("help", "/help"),
            ("thanks", "/thanks"),
            ("code", "/q"),
            ("accessibility", "/accessibility"),
            ("withdrawn", "/withdrawn"),
        ]:
            yield _scene(name, "empty", guest.get(path))
        yield _scene("code", "refused", guest.post("/Q", {"code": "6SC6-S6ZK-2"}))

    def _of_people(self) -> Iterator[Scene]:
        cast = self.cast
        yield _scene("family", "empty", self.visitor().open(family_id=cast.family_id))
        yield from self._of_a_parent(self.visitor().open(cast.mother))
        yield from self._of_a_child(self.visitor().open(cast.daan))
        yield from self._of_a_professional(self.visitor().open(cast.fatma))
        now, self.clock.now = self.clock.now, people.at(people.T1 + dt.timedelta(days=140))
        yield _scene("family", "nothing", self.visitor().open(family_id=cast.family_id))
        yield _scene("pocket", "nothing", self.visitor().open(cast.mother))
        self.clock.now = now

    def _of_a_parent(self, mother: Visitor) -> Iterator[Scene]:
        yield _scene("pocket", "empty", mother)
        yield from self._of_a_screen("question of a list", mother.start("who5"))
        yield _scene("later", "empty", mother.press("later"))
        yield _scene("pocket", "begun", mother.get("/mine"))
        yield _scene("pause", "empty", mother.start("who5").press("pause"))
        mother.get("/mine")
        yield _scene("done", "empty", finish(mother.start("who5")))
        (check,) = mother.page.xpath("//a[contains(@href, '/check')]/@href")
        yield _scene("check of answers", "filled", mother.get(check))
        for asked in ("stop", "seen"):
            yield _scene(f"clear {asked}", "empty", mother.get(f"/clear/{asked}"))
            yield _scene(f"rule of a parent ({asked})", "filled", mother.get(f"/clear/{asked}?said=no"))
        yield _scene("pocket", "filled", mother.get("/mine"))
        yield _scene("help", "in a visit", mother.get("/help"))
        yield _scene("call", "empty", mother.get("/call"))
        csrf = mother.fields["csrf"]
        yield _scene("call", "error", mother.post("/call", {"csrf": csrf}))
        yield _scene("call", "asked for", mother.post("/call", {"csrf": csrf, "part": "morning"}))
        yield _scene("call", "asked before", mother.post("/call", {"csrf": csrf, "part": "morning"}))
        yield _scene("withdrawing", "empty", mother.get("/withdraw"))
        mother.get("/mine")
        yield from self._of_a_screen("question with a mark", mother.get("/mine").start("parenting_scale"))

    def _of_a_child(self, child: Visitor) -> Iterator[Scene]:
        yield _scene("child alone", "empty", child)
        yield _scene("child not alone", "empty", child.get("/alone/later"))
        yield _scene("child joining", "empty", child.get("/join"))
        yield _scene("child not joining", "empty", child.join("no"))
        yield _scene("child joining", "after no", child.get("/join"))
        yield _scene("child practising", "empty", child.join())
        yield _scene("child practising", "filled", child.post(child.path, child.fields))
        yield _scene("help to a child", "in a visit", child.get("/help"))
        yield _scene("pocket of a child", "empty", child.get("/mine"))
        yield from self._of_a_screen("question to a child", child.start("evaluation_child"))
        yield _scene("thanks of a child", "filled", finish(child.get("/mine").start("evaluation_child")))

    def _of_a_professional(self, pin: Visitor) -> Iterator[Scene]:
        yield _scene("pocket of a professional", "empty", pin)
        yield _scene("thanks of a professional", "filled", finish(pin.start("evaluation_linking_pin")))

    def _of_a_screen(self, name: str, visitor: Visitor) -> Iterator[Scene]:
        """The screen in front: as it is, with an impossible answer, with nothing answered, and filled in."""
        here = visitor.path
        asked = list(choices(visitor))
        plain = _scene(name, "empty", visitor)
        yield plain
        # What a script shows later on: the question whether somebody is still there, and that all is saved.
        html = re.sub(r'data-back="([^"]*)"></p>', r'data-back="\1">\1</p>', plain.html)
        yield dataclasses.replace(plain, state="waiting", html=html.replace(" hidden>", ">"))
        yield _scene(name, "error", visitor.press(**dict.fromkeys(asked, "99")))
        yield _scene(name, "asked", visitor.get(here).press())
        visitor.get(here).press("later", **{item: codes[0] for item, codes in choices(visitor).items()})
        yield _scene(name, "filled", visitor.get(here))

    def _of_every_kind(self) -> Iterator[Scene]:
        """Questions of every kind, also those that no questionnaire of ours has; their words say little."""
        single = self.edition.reading == "easy"
        wrong = {item.id: WRONG[item.kind] for item in KINDS.items}
        typed = {item.id: ["-1"] for item in KINDS.items}
        for number in range(len(routing.screens(KINDS, {}, single=single))):
            page = dataclasses.replace(made_up(number, single=single), interface=self.edition)
            with self.app.test_request_context("/q/1/a"):
                speak(self.edition)
                for state, html in {
                    "empty": pages.show_with(page, OWN),
                    "filled": pages.show_with(page, dataclasses.replace(OWN, given=ANSWERS)),
                    "asked": pages.show_with(page, OWN, blank=_items(page)),
                    "error": pages.show_with(
                        page,
                        dataclasses.replace(OWN, typed=typed),
                        problems={item: wrong[item] for item in _items(page)},
                    ),
                }.items():
                    yield Scene(f"question of every kind {number}", state, "/q/1/a", html)

    def _of_failures(self) -> Iterator[Scene]:
        card = SimpleNamespace(offered=(Edition("nl"), Edition("ar")), task=SimpleNamespace(key="k"))
        none = SimpleNamespace(offered=(), task=SimpleNamespace(key="k"))
        names = sorted(path.stem for path in (TEMPLATES / "problems").glob("*.html") if path.stem != "notice")
        error = SimpleNamespace(minutes=5)
        shown: dict[str, tuple[str, dict[str, object]]] = {
            f"problem {name}": (f"problems/{name}.html", {"error": error}) for name in names
        }
        shown["choice of words"] = ("choose.html", {"card": card, "csrf": "token"})
        shown["no words"] = ("choose.html", {"card": none, "csrf": "token"})
        grades = [(who, "8.5") for who in ("parent", "child", "linking_pin", "childcare_worker")]
        told = {"grades": grades, "lowest": 1, "highest": 10}
        ended = {"role": "linking_pin", "told": told, "family": False, "of": None}
        shown["thanks with what came out"] = ("thanks.html", ended)
        for name, (template, values) in shown.items():
            with self.app.test_request_context("/q/1/1"):
                speak(self.edition)
                yield Scene(name, "empty", "/q/1/1", flask.render_template(template, **values))


def choices(visitor: Visitor) -> dict[str, list[str]]:
    """The items with options on the page in front, and their codes."""
    found: dict[str, list[str]] = {}
    for field in visitor.page.xpath("//fieldset//input[@type='radio' or @type='checkbox']"):
        found.setdefault(field.get("name").removeprefix("i."), []).append(field.get("value"))
    return found


def finish(visitor: Visitor) -> Visitor:
    """Answer screen after screen until the questionnaire ends; what has no options is skipped."""
    for _ in range(200):
        if not visitor.page.xpath("//button[@name='do']"):
            return visitor
        visitor.press("skip", **{item: codes[0] for item, codes in choices(visitor).items()})
    raise AssertionError("the questionnaire does not end")


def _items(page: Page) -> list[str]:
    return [item.id for item in page.screen.items]


def _scene(name: str, state: str, visitor: Visitor) -> Scene:
    response = visitor.response
    policy = response.headers["Content-Security-Policy"]
    return Scene(name, state, visitor.path, response.get_data(as_text=True), policy)
