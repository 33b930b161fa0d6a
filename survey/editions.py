"""An edition as the database holds it: the two columns `language` and `reading`."""

from __future__ import annotations

from functools import cache
from typing import cast

from instruments.editions import Edition, Reading


@cache
def stored(language: str, reading: str) -> Edition:
    """The edition of two columns; the database lets nothing but `standard` and `easy` into the second."""
    return Edition(language, cast("Reading", reading))
