"""What a person is asked, as it is listed: grouped by whom it is about, in words they can read."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import g

from instruments import Edition
from survey import assents, schedule
from survey.assents import Decision
from survey.schedule import Pocket, Task
from survey.visits import Visit
from survey.web.i18n import speak
from survey.web.pages import audience_of
from survey.web.phrases import Ages, about
from survey.web.services import Services


@dataclass(frozen=True)
class Card:
    """One questionnaire in the list."""

    task: Task
    #: What it is called; empty where no words for it may be shown.
    title: str
    #: The edition of the title.
    edition: Edition
    #: About whom it is.
    about: str
    #: The editions in which it can be read; perhaps none.
    offered: tuple[Edition, ...]

    @property
    def left(self) -> bool:
        """Whether there is still something to do in it, and it can be done."""
        return self.task.status != "complete" and bool(self.offered)

    @property
    def foreign(self) -> bool:
        """Whether its title is in another edition than the page."""
        return bool(self.title) and self.edition != g.edition


@dataclass(frozen=True)
class Overview:
    """Everything that one person is asked now."""

    pocket: Pocket
    #: By whom they are about, each group together.
    cards: tuple[Card, ...]
    #: What a child said last when it was asked whether it takes part in this wave.
    assent: Decision | None = None

    @property
    def of_child(self) -> bool:
        """Whether a child is asked this, in a wave that is open."""
        return self.pocket.role == "child" and self.pocket.wave is not None

    @property
    def to_clear(self) -> bool:
        """Whether this reader is first asked whether the rules are clear: in easy reading, at the start."""
        return g.edition.reading == "easy" and not self.begun and self.pocket.role in ("parent", "child")

    @property
    def left(self) -> tuple[Card, ...]:
        """What is still to be done."""
        return tuple(card for card in self.cards if card.left)

    @property
    def minutes(self) -> int:
        """About how long what is left will take."""
        return sum(card.task.minutes for card in self.left)

    @property
    def begun(self) -> bool:
        """Whether something was done before."""
        return any(card.task.status != "due" for card in self.cards)

    @property
    def groups(self) -> dict[str, list[Card]]:
        """The cards by whom they are about."""
        groups: dict[str, list[Card]] = {}
        for card in self.cards:
            groups.setdefault(card.about, []).append(card)
        return groups


def overview(house: Services, visit: Visit, respondent_id: int) -> Overview:
    """What the person whose pocket is open is asked today; the page speaks to them from here on."""
    pocket = schedule.pocket(house.database, house.protocol, respondent_id, house.today())
    speak(g.edition, audience_of(pocket.role, None if pocket.age_years is None else 12 * pocket.age_years))
    ages = Ages.in_pocket(pocket)
    own = pocket.role == "parent"
    found = [
        _card(house, visit.edition, task, about(task.subject, task.child_id, ages, own=own))
        for task in pocket.tasks
    ]
    order = list(dict.fromkeys(card.about for card in found))
    shown = Overview(pocket, tuple(sorted(found, key=lambda card: order.index(card.about))))
    if not shown.of_child:
        return shown
    return replace(shown, assent=assents.latest(house.database, respondent_id, str(pocket.wave)))


def _card(house: Services, wanted: Edition, task: Task, phrase: str) -> Card:
    instrument = house.catalogue.get(task.instrument, task.version)
    offered = house.offered(instrument)
    if not offered:
        return Card(task, "", wanted, phrase, ())
    edition = next((found for found in (wanted, Edition(wanted.language)) if found in offered), offered[0])
    return Card(task, house.library.wording(instrument, edition).text("title"), edition, phrase, offered)
