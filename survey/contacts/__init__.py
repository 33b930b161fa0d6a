"""Contacts: what people are called and how they can be reached safely, apart from everything they answer.

A store of its own: another database, another key, other tables and migrations. It knows people by the number
of their respondent only, and nothing of answers; the rest of the service knows no name. An installation that
names no such store has none, and nothing else changes.

May import `db`, `moments` and `settings`; never a room that holds answers, and those never import this one.
Every look at a name or a number is an event of the trail: see `survey.fieldwork.reaching`, the door of staff.

    keys        what fields are sealed with, and the change of keys
    tables      the tables of the store
    book        keeping, reading, forgetting
    safety      when, how and until which day somebody may be reached
"""

from survey.contacts.book import Book, Details, NotReachable, Standing
from survey.contacts.keys import BadKeys, Unreadable
from survey.contacts.safety import Terms

__all__ = ["BadKeys", "Book", "Details", "NotReachable", "Standing", "Terms", "Unreadable"]
