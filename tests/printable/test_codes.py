"""The code on a sheet survives people: typing, reading out, mixing up."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printable import codes
from printable.codes import Marker

CODES = st.integers(0, (1 << 40) - 1).filter(lambda n: n % 37 < 32).map(lambda n: codes.new(lambda _: n))


@given(CODES)
def test_a_code_is_read_as_it_is_printed(code: str) -> None:
    assert len(code) == codes.LENGTH
    assert codes.normalise(codes.shown(code)) == code
    assert codes.normalise(f"  {codes.shown(code).lower()} ") == code


@given(CODES, st.integers(0, 8), st.sampled_from(codes.ALPHABET))
def test_one_wrong_character_is_always_noticed(code: str, place: int, other: str) -> None:
    wrong = code[:place] + other + code[place + 1 :]
    if wrong == code:
        return
    with pytest.raises(codes.Mistyped) as told:
        codes.normalise(wrong)
    assert told.value.reason == "check"


@given(CODES, st.integers(0, 7))
def test_two_neighbours_that_changed_places_are_always_noticed(code: str, place: int) -> None:
    wrong = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    if wrong == code:
        return
    with pytest.raises(codes.Mistyped):
        codes.normalise(wrong)


@given(CODES)
def test_letters_that_look_like_digits_are_taken_for_them(code: str) -> None:
    assert codes.normalise(code.replace("0", "O").replace("1", "l")) == code
    assert codes.normalise(code.replace("0", "o").replace("1", "I")) == code


def test_a_code_is_never_issued_when_its_check_sign_cannot_be_typed() -> None:
    numbers = iter([36, 32, 5])
    assert codes.new(lambda bits: next(numbers)) == "000000055"


def test_new_codes_are_random_over_forty_bits() -> None:
    issued = {codes.new(random.Random(7).getrandbits)} | {codes.new() for _ in range(2000)}
    assert len(issued) == 2001


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "too_short"),
        ("6SC6-S6ZK", "too_short"),
        ("6SC6-S6ZK-11", "too_long"),
        ("6SC6-S6ZK-U", "no_such_character"),
    ],
)
def test_what_is_no_code_says_why(typed: str, reason: str) -> None:
    with pytest.raises(codes.Mistyped) as told:
        codes.normalise(typed)
    assert told.value.reason == reason


@given(CODES, st.integers(0, codes.MOST_SIDES))
def test_an_address_leads_back_to_its_code_and_side(code: str, side: int) -> None:
    address = codes.address("https://vragen.example.org/", Marker(code, side))
    assert address == address.upper()
    assert address.startswith("HTTPS://VRAGEN.EXAMPLE.ORG/Q/")
    assert codes.read(address) == codes.read(address.lower()) == Marker(code, side)


def test_an_address_that_was_cut_or_mended_is_not_a_marker() -> None:
    address = codes.address("https://example.org", Marker(codes.new(), 3))
    for wrong in (address[:-1], address + "0", address[:-2], "HTTPS://EXAMPLE.ORG/", ""):
        with pytest.raises(codes.Mistyped):
            codes.read(wrong)


def test_a_sheet_with_more_sides_than_characters_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 31 sides"):
        codes.address("https://example.org", Marker(codes.new(), 32))
