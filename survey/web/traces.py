"""Whether what somebody wrote leads to a person: a telephone number, an e-mail address, a code of ours.

A free text is the riskiest field there is. Names cannot be found by a rule; these can, and are asked to be
left out before anything is stored. Only on screen: what stands on paper is typed as it stands.
"""

from __future__ import annotations

import re

from survey import codes

_E_MAIL = re.compile(r"[^\s@]+@[^\s@.]+\.[^\s@]+")
#: Taken out first: the digits of a day are no telephone number.
_DAY = re.compile(r"\b\d{1,2}[-/. ]\d{1,2}[-/. ](?:19|20)\d{2}\b|\b(?:19|20)\d{2}-\d{2}-\d{2}\b")
_DIALLED = re.compile(r"(?<!\w)(?:\+|0)[\d\s()./-]{7,}\d")
_FEWEST_DIGITS, _MOST_DIGITS = 9, 15
#: A code as we print it; small letters without a digit are words with a stroke.
_OUR_CODE = re.compile(r"\b(?:[0-9A-Z]{3}-[0-9A-Z]{3}|(?=\S*\d)[0-9a-z]{3}-[0-9a-z]{3})\b")
_SHEET_CODE = re.compile(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]\b", re.IGNORECASE)


def leads_to_somebody(text: str) -> bool:
    """Whether a text holds something by which a person can be reached or found."""
    return bool(_E_MAIL.search(text)) or _holds_a_number(text) or _holds_a_code(text)


def _holds_a_number(text: str) -> bool:
    found = _DIALLED.findall(_DAY.sub(" | ", text))
    return any(_FEWEST_DIGITS <= len(re.findall(r"\d", dialled)) <= _MOST_DIGITS for dialled in found)


def _holds_a_code(text: str) -> bool:
    if _SHEET_CODE.search(text):
        return True
    for printed in _OUR_CODE.findall(text):
        try:
            codes.normalise(printed)
        except codes.Mistyped:
            continue
        return True
    return False
