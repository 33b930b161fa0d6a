"""The service, really listening, in front of the cast; and a guide that answers questionnaires on a phone."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Page

from survey import links
from survey.db import Database
from survey.settings import Settings
from tests import people
from tests.browser import hold_to_a_phone
from tests.kinds import opened
from tests.listening import listening

#: What a plan says of an item: a code, a text, or None to leave it open.
Choice = Callable[[str], int | str | None]
Plan = Mapping[str, Choice]


@dataclass
class House:
    """The running service and its database."""

    database: Database
    cast: people.Cast
    address: str
    settings: Settings
    now: list[dt.datetime] = field(default_factory=list)

    def link(self, **target: int) -> str:
        """A new link of a respondent (`respondent_id=`) or a family (`family_id=`)."""
        return f"{self.address}/l/{links.make(self.database, now=self.now[0], **target)}"


@pytest.fixture
def languages() -> tuple[str, ...]:
    """The languages of the study; a module of journeys may have others."""
    return ("nl", "en")


@pytest.fixture
def house(chosen_url: str, languages: tuple[str, ...]) -> Iterator[House]:
    """The cast's study on the day of its first follow-up, served on this machine."""
    now = [people.at(people.T1)]
    settings = Settings(secret_key="k" * 40, database_url=chosen_url, clock=lambda: now[0])
    with opened(chosen_url) as database, listening() as server:
        database.upgrade()
        cast = people.settle(database, languages=languages)
        server.serve(settings)
        settings = dataclasses.replace(settings, base_url=server.address)
        yield House(database, cast, server.address, settings, now)


@dataclass
class Guide:
    """Answers on a phone as a person does: reads the screen in front, fills it in, goes on."""

    page: Page
    shots: Path | None = None
    #: What was answered: the key of the response and the item, with the answer, None where it was skipped.
    given: dict[tuple[str, str], int | str | None] = field(default_factory=dict)

    def noting(self, key: str, choose: Choice) -> Choice:
        """The same choices, remembered."""

        def chosen(item: str) -> int | str | None:
            self.given[key, item] = answer = choose(item)
            return answer

        return chosen

    def begin(self, link: str) -> None:
        """Open a link and press its button."""
        self.page.goto(link)
        self.look("link")
        self.press("form[action^='/l/'] button")

    def press(self, button: str) -> None:
        """Press the first such button or link, and wait until the page that it leads to is there."""
        with self.page.expect_navigation():
            self.page.locator(button).first.click()

    def join(self) -> None:
        """As a child: be alone, say yes, and practise; ends where the questions begin."""
        for name, press in [("alone", "a[href='/join']"), ("join", "button[value=yes]"), ("practice", "")]:
            self.look(name)
            if press:
                self.press(press)
        self.page.locator("label.option").first.click()
        self.press("button.first")
        self.look("practised")

    def answer_everything(self, plan: Plan) -> int:
        """Answer whatever is left in the pocket, one questionnaire after the other; how many there were."""
        count = 0
        while (task := self.page.locator("button.first[name=task]")).count():
            key = task.first.get_attribute("value") or ""
            instrument = key.split(":")[2]
            self.press("button.first[name=task]")
            self.answer_questionnaire(self.noting(key, plan[instrument]))
            count += 1
        return count

    def answer_questionnaire(self, choose: Callable[[str], int | str | None]) -> None:
        """Answer screen after screen until the questionnaire ends."""
        while self.page.locator("form[action^='/q/']").count():
            self.look("-".join(self.page.url.rsplit("/", 2)[1:]))
            self.answer_screen(choose)

    def answer_screen(self, choose: Callable[[str], int | str | None]) -> None:
        """Fill in the screen in front and go on; what is left open is skipped by its button."""
        left_open = False
        for fieldset in self.page.locator("fieldset").all():
            name = fieldset.locator("input, textarea").first.get_attribute("name") or ""
            answer = choose(name.removeprefix("i."))
            if answer is None:
                left_open = True
            elif isinstance(answer, str):
                fieldset.locator("input, textarea").fill(answer)
            else:
                fieldset.locator(f"label:has(input[value='{answer}'])").click()
        # With our script the page goes on when the answer is stored, which is after the click.
        self.press(f"button[value={'skip' if left_open else 'next'}]")

    def look(self, name: str) -> None:
        """Hold the screen to what holds for every screen, and keep a picture of it where wanted."""
        hold_to_a_phone(self.page)
        assert self.page.locator("html").get_attribute("lang")
        if self.shots is not None:
            self.page.screenshot(path=str(self.shots / f"{name}.png"), full_page=True)


@pytest.fixture
def new_guide(new_phone: Callable[..., Page], request: pytest.FixtureRequest) -> Callable[..., Guide]:
    """Hands out phones with a guide; with scripts on, pictures go to `.shots/<test>` (never committed)."""
    folder = Path(request.config.rootpath) / ".shots" / request.node.name
    folder.mkdir(parents=True, exist_ok=True)

    def hand_out(language: str = "nl-NL", *, javascript: bool = True) -> Guide:
        return Guide(new_phone(language, javascript=javascript), folder if javascript else None)

    return hand_out
