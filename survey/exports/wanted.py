"""What an export is asked for: its filter, and what it holds only when somebody says why.

By default an export knows ages as bands, no municipality and no free text, because four children in a small
town are a family that can be known (background: people, section 6.2).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal, get_args

from instruments import Edition
from instruments.protocol import Protocol

#: What an export holds only when it is asked for.
Extra = Literal["xlsx", "fhir", "xlsform"]
EXTRAS: tuple[Extra, ...] = get_args(Extra)

#: The files that hold what somebody wrote in their own words: an archive and a permission of their own. Why a
#: wave closed later is a colleague's free text, and names an illness or a person as easily.
FREE_TEXT = ("free_text", "free_text_windows")

#: A reason is as long as this at the most, in characters.
LONGEST_REASON = 500

#: Bands of age by their code: the first and the last completed month, and the label. Source: the bands of
#: table 2 of the pilot's report; who is older is a band of its own.
AGE_BANDS: Mapping[int, tuple[int, int, str]] = {
    1: (0, 23, "0-1 years"),
    2: (24, 95, "2-7 years"),
    3: (96, 143, "8-11 years"),
    4: (144, 215, "12-17 years"),
    5: (216, 227, "18 years and older"),
}


class NotWithoutReason(ValueError):
    """Free text, ages in months or municipalities were asked for, and nobody says why."""


class NoSuchWave(ValueError):
    """The plan has no wave of that name."""


@dataclass(frozen=True)
class Wanted:
    """What an export is to hold."""

    #: The waves it is about; none: all of them.
    waves: tuple[str, ...] = ()
    #: The edition of the labels.
    labels: str = "nl"
    also: tuple[Extra, ...] = ()
    #: The codebook as PDF too, which takes some ten seconds.
    pdf: bool = True
    #: What people wrote in their own words, in files of their own (`FREE_TEXT`).
    free_text: bool = False
    #: Ages of children in months rather than in bands.
    months: bool = False
    #: The municipality of each family.
    municipality: bool = False
    #: Why, where one of the three is asked for.
    reason: str = ""

    @property
    def edition(self) -> Edition:
        """The edition of the labels. Raises ValueError when it is not one."""
        return Edition.parse(self.labels)

    @property
    def needs_reason(self) -> bool:
        """Whether somebody has to say why."""
        return self.free_text or self.months or self.municipality

    def holds(self, wave: str) -> bool:
        """Whether a wave is in it."""
        return not self.waves or wave in self.waves

    def check(self, plan: Protocol) -> None:
        """Refuse what cannot be asked.

        Raises:
            NotWithoutReason
            NoSuchWave
            ValueError: the labels are not in an edition.
        """
        _ = self.edition
        known = [wave.id for wave in plan.waves]
        unknown = [wave for wave in self.waves if wave not in known]
        if unknown:
            raise NoSuchWave(f"{unknown[0]} is not a wave of this plan; its waves are {', '.join(known)}")
        if self.needs_reason and not self.reason.strip():
            raise NotWithoutReason(
                "free text, ages in months and municipalities are given only with a reason; say why"
            )

    def written(self) -> str:
        """As JSON, for the register of exports."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def read(cls, text: str) -> Wanted:
        """As it was written."""
        found = json.loads(text)
        return cls(**{**found, "waves": tuple(found["waves"]), "also": tuple(found["also"])})


#: All there is: for the reports of the team, which show no single person.
EVERYTHING = Wanted(free_text=True, months=True, municipality=True, reason="reports of the team")


def band_of(months: int | None) -> int | None:
    """The band of an age in completed months."""
    if months is None:
        return None
    return next((code for code, (low, high, _) in AGE_BANDS.items() if low <= months <= high), max(AGE_BANDS))
