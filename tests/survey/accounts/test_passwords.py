"""Which passwords are too easy to guess: what many people use, whatever they put behind it."""

from __future__ import annotations

import pytest
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from survey.accounts import passwords
from tests.survey.accounts.staff import PASSWORD


def lengthened(word: str) -> list[str]:
    """What people make of a short password where a long one is asked for."""
    return [
        word * (1 + passwords.SHORTEST // len(word)),
        f"{word}1234567890123"[:20],
        f"{word}2026!!!!!!!!!"[:20],
    ]


def test_the_passwords_that_most_people_use_are_refused_as_they_are_and_lengthened() -> None:
    listed = FREQUENCY_LISTS["passwords"]
    assert len(listed) >= 3000
    long_enough = [word for word in listed if len(word) >= passwords.SHORTEST]
    assert len(long_enough) > 40
    # One in fifty of the three thousand most common: the rest take half a minute more.
    for word in [*long_enough, *(made for short in listed[:3000:50] for made in lengthened(short))]:
        with pytest.raises(passwords.WeakPassword):
            passwords.check_strength(word)


@pytest.mark.parametrize(
    "password",
    [
        PASSWORD,
        "mijn hond is ziek",
        "een kopje koffie",
        "ik ben op vakantie",
        "شاي بالنعناع مساء",
        "a3f1-99bc-01de",
    ],
)
def test_words_that_have_nothing_to_do_with_each_other_are_taken(password: str) -> None:
    passwords.check_strength(password, "anna@gemeente.example", "Anna de Wit", about=["proef"])


def test_a_long_password_is_measured_by_its_beginning_and_in_a_moment() -> None:
    passwords.check_strength(PASSWORD + " " + "x" * 170)
    with pytest.raises(passwords.WeakPassword):
        passwords.check_strength("P4$$w0rd" * 25)
