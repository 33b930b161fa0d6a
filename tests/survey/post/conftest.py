"""A post office over the cast's study, whose carriers are in the hand of the test."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from instruments import Edition
from survey.contacts import Book, Details
from survey.db import Database
from survey.fieldwork import reaching
from survey.fieldwork.reaching import Wish
from survey.post.carriers import Words
from survey.post.sending import PostOffice
from tests.people import T0, Cast, at, plan

#: A Tuesday, ten in the morning where the study lives.
MORNING = at(T0, 8)


@dataclass
class Bag:
    """A carrier that puts everything into a bag, or fails as it is told to."""

    sent: list[tuple[str, Words, str]] = field(default_factory=list)
    fails: list[BaseException] = field(default_factory=list)

    def send(self, to: str, words: Words, reference: str) -> None:
        if self.fails:
            raise self.fails.pop(0)
        self.sent.append((to, words, reference))

    @property
    def address(self) -> str:
        """The address in the last message."""
        return self.sent[-1][1].body.split()[-1]


@dataclass
class Clock:
    now: dt.datetime = MORNING

    def __call__(self) -> dt.datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bag() -> Bag:
    return Bag()


def compose(edition: Edition, young: bool, kind: str, address: str) -> Words:
    return Words(kind, f"{edition} {kind} {address}")


@pytest.fixture
def office(db: Database, cast: Cast, book: Book, bag: Bag, clock: Clock) -> PostOffice:
    carriers = {"mail": bag, "text": bag}
    return PostOffice(db, book, plan(), carriers, compose, "https://vragen.example.org", clock)


@pytest.fixture
def agrees(db: Database, book: Book, clock: Clock) -> Callable[..., None]:
    """`agrees(respondent)`: they want links and reminders, by text on working days from nine to five."""

    def agree(respondent_id: int, channel: str = "text", days: str = "12345") -> None:
        details = Details(email="ayse@example.org", phone="+31612345678")
        wish = Wish(channel, days, 9, 17)
        reaching.keep(db, book, plan(), respondent_id, details, wish, now=clock(), actor="account 1")

    return agree
