"""Codes: short, checked, forgiving about how they are typed."""

from __future__ import annotations

import pytest

from survey import codes


def test_a_new_code_reads_back_however_it_is_typed() -> None:
    for _ in range(200):
        code = codes.new()
        assert len(code) == 7
        assert codes.normalise(code) == code
        assert codes.normalise(f" {code.lower().replace('-', ' ')} ") == code
        assert codes.normalise(code.replace("0", "O").replace("1", "l")) == code


def test_every_single_wrong_character_is_caught() -> None:
    for _ in range(20):
        plain = codes.new().replace("-", "")
        for place in range(codes.LENGTH):
            for wrong in set(codes.ALPHABET) - {plain[place]}:
                with pytest.raises(codes.Mistyped):
                    codes.normalise(plain[:place] + wrong + plain[place + 1 :])


def test_any_two_characters_that_changed_places_are_caught() -> None:
    for _ in range(200):
        plain = codes.new().replace("-", "")
        for one in range(codes.LENGTH):
            for other in range(one + 1, codes.LENGTH):
                swapped = list(plain)
                swapped[one], swapped[other] = swapped[other], swapped[one]
                if "".join(swapped) != plain:
                    with pytest.raises(codes.Mistyped):
                        codes.normalise("".join(swapped))


@pytest.mark.parametrize("text", ["", "K7P", "K7P-4WX-1", "U00-000", "K7P_4WX", "àààààà", "٣٣٣٣٣٣"])
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(codes.Mistyped):
        codes.normalise(text)
