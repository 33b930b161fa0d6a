"""Where a respondent is in a questionnaire: the screens that are shown now, and the one in front.

Everything about visibility is asked of `instruments.routing`; this only keeps the answers together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from instruments import Edition, Given, Instrument, Missing, routing
from instruments.routing import Screen
from instruments.wording import Wording
from survey.aloud import SILENCE, Voices
from survey.answers import Sitting
from survey.assents import NotJoining
from survey.responses import ResponseClosed, WaveClosed
from survey.web.i18n import Audience
from survey.web.pages import Page, audience_of
from survey.web.services import Services
from survey.web.visitor import spoken


class Elsewhere(Exception):
    """The respondent should be at another address of this questionnaire; nothing is wrong."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


class NoSuchScreen(LookupError):
    """The questionnaire has no such question."""


class NotOffered(Exception):
    """The questionnaire cannot be shown in the edition of this visit, nor in that of its answers."""


@dataclass(frozen=True)
class Questionnaire:
    """One response in front of its respondent."""

    sitting: Sitting
    instrument: Instrument
    wording: Wording
    #: The edition of everything around the questions.
    interface: Edition
    voices: Voices = SILENCE
    #: The most questions on a page, in this study; None: those of the definition.
    most: int | None = None

    @property
    def single(self) -> bool:
        """One question at a time: for children and young people, and in easy reading."""
        return self.audience != "adult" or self.interface.reading == "easy"

    @property
    def audience(self) -> Audience:
        """How the respondent is spoken to."""
        return audience_of(self.instrument.informant, self.sitting.response.age_months)

    @property
    def given(self) -> dict[str, Given]:
        """The answers that this visit may show: its own."""
        own, answers = self.sitting.own, self.sitting.answers
        return {item: answers[item] for item in own if not isinstance(answers[item], Missing)}

    @property
    def checkable(self) -> bool:
        """Whether its answers may be looked at once more: by adults, what was given in this visit."""
        return self.audience == "adult" and bool(self.given)

    def screens(self, answers: Mapping[str, Given] | None = None) -> tuple[Screen, ...]:
        """The screens that are shown with these answers, by default with those that are stored."""
        known = self.sitting.answers if answers is None else answers
        months = self.sitting.response.age_months
        return routing.screens(self.instrument, known, months, single=self.single, most=self.most)

    def address(self, key: str = "") -> str:
        """The address of a screen; without a key, of the first one that is open."""
        return f"/q/{self.sitting.response.id}/{key}".rstrip("/")

    def first_open(self) -> str:
        """Where to go on: the address of the first open screen, or of the end.

        Where every answer was kept as it was given, but nobody went on from the last screen, it is that
        screen: it is the respondent who says that this was it.
        """
        shown = self.screens()
        found = routing.first_open(shown, self.sitting.answers)
        if found is None and self.sitting.response.status == "open" and shown:
            found = shown[-1]
        return self.address(found.key if found else "done")

    def at(self, key: str) -> Place:
        """The screen of a question.

        Raises:
            NoSuchScreen: the questionnaire has no such question.
            Elsewhere: the question stands on a screen with another name, or is not asked now.
        """
        shown = self.screens()
        screen = routing.screen_of(shown, key)
        if screen is None:
            if any(item.id == key for item in self.instrument.items):
                raise Elsewhere(self.first_open())
            raise NoSuchScreen(key)
        if screen.key != key:
            raise Elsewhere(self.address(screen.key))
        return Place(self, shown, screen)


@dataclass(frozen=True)
class Place:
    """One screen in front of the respondent."""

    questionnaire: Questionnaire
    shown: tuple[Screen, ...]
    screen: Screen

    @property
    def here(self) -> str:
        """The address of the screen."""
        return self.questionnaire.address(self.screen.key)

    @property
    def back(self) -> str:
        """The address of the screen before it; of the overview for the first."""
        before = routing.previous_screen(self.shown, self.screen.key)
        return "/mine" if before is None else self.questionnaire.address(before.key)

    @property
    def page(self) -> Page:
        """What is shown, apart from the respondent's own part."""
        asked = self.questionnaire
        opening = self.screen is self.shown[0]
        return Page(
            asked.instrument,
            self.screen,
            asked.wording,
            asked.interface,
            opening,
            asked.audience,
            asked.voices,
        )

    @property
    def blank(self) -> tuple[str, ...]:
        """The items of the screen that have neither an answer nor a reason why there is none."""
        answers = self.questionnaire.sitting.answers
        return tuple(item.id for item in self.screen.items if item.id not in answers)


def questionnaire(house: Services, sitting: Sitting) -> Questionnaire:
    """What a sitting has in front of it, in the words for it.

    Raises:
        WaveClosed, ResponseClosed: it may not be answered today, or not any more.
        NotOffered: there are no words for it that this visit can read.
        NotJoining: it is a child's, who has not said yes in this wave.
    """
    response = sitting.response
    if not response.is_open(house.today()):
        closed = WaveClosed if response.status in ("open", "complete") else ResponseClosed
        raise closed(response.key)
    instrument = house.catalogue.get(response.instrument, response.version)
    if instrument.informant == "child" and sitting.assent != "yes":
        raise NotJoining
    offered, interface = house.offered(instrument), spoken(sitting.visit.edition)
    for edition in (sitting.visit.edition, interface, response.edition):
        if edition in offered:
            wording, most = house.library.wording(instrument, edition), house.items_per_page
            return Questionnaire(sitting, instrument, wording, interface, house.voices, most)
    raise NotOffered(response.key)
