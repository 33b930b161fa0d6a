"""The outcomes of the pilot's report: which scores it follows over the waves, and how it corrects them.

Source: pilot report, section 4.2.5 and appendix 2; figures 8 to 14.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Outcome:
    """A score that is followed from T0 on."""

    #: Whose it is: decides the file, and what the model corrects for.
    who: Literal["child", "parent"]
    instrument: str
    score: str
    title: str
    #: The figure of the report that shows it, and the table of its appendix 2.
    figure: int
    appendix: int

    @property
    def column(self) -> str:
        """The column of the score in the wide file."""
        return f"{self.instrument}_{self.score}"

    @property
    def file(self) -> str:
        """The wide file in which it stands."""
        return "parent_about_child" if self.who == "child" else "parent"


OUTCOMES = (
    Outcome("child", "pedsql", "total", "Quality of life of children of two and older (PedsQL)", 8, 1),
    Outcome("child", "sdq", "total_difficulties", "Emotional and behavioural problems (SDQ)", 9, 2),
    Outcome("parent", "who5", "score", "Well-being of parents (WHO-5)", 10, 3),
    Outcome("parent", "vgk", "waardering", "Appreciation in the family (VGK Waardering)", 11, 5),
    Outcome("parent", "vgk", "samenwerking", "Cooperation in the family (VGK Samenwerking)", 12, 4),
    Outcome("parent", "parenting_scale", "overreactivity", "Overreactive parenting (Parenting Scale)", 13, 6),
    Outcome("parent", "parenting_scale", "laxness", "Lax parenting (Parenting Scale)", 14, 7),
)
