"""Small texts that several pages share: about whom, who, how long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from babel.lists import format_list
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _

from survey.schedule import FamilyPage, Pocket


@dataclass(frozen=True)
class Ages:
    """How the children whom a person answers about are told apart: by age, and a number where ages meet.

    A child's age is that at which its version was chosen; where a birthday fell between two
    questionnaires, it is the later one in all of them, so that one child does not look like two.
    """

    years: dict[int, int]

    @classmethod
    def in_pocket(cls, pocket: Pocket) -> Ages:
        """The children of all questionnaires of one person."""
        years: dict[int, int] = {}
        for task in pocket.tasks:
            if task.child_id is not None and task.child_age_years is not None:
                years[task.child_id] = max(task.child_age_years, years.get(task.child_id, 0))
        return cls(years)

    @classmethod
    def of_children(cls, page: FamilyPage) -> Ages:
        """The children who answer themselves, by respondent."""
        return cls(
            {found.respondent_id: found.age_years for found in page.pockets if found.age_years is not None}
        )

    def ordinal(self, child: int) -> int:
        """1, 2, … among those of the same age, the eldest first; 0 where the age alone tells."""
        if Counter(self.years.values())[self.years[child]] < 2:
            return 0
        same = [other for other, years in self.years.items() if years == self.years[child]]
        return same.index(child) + 1


def about(subject: str, child: int | None, ages: Ages, *, own: bool) -> str:
    """`about your child of 7 years (2)`; without a capital.

    Args:
        own: whether the child is the reader's own.
    """
    if subject == "respondent":
        return str(_("about yourself"))
    if subject == "family":
        return str(_("about your family"))
    if child is None or child not in ages.years:
        return str(_("about the project"))
    years = ages.years[child]
    if years == 0:
        words = _("about your child under 1 year") if own else _("about the child under 1 year")
    elif own:
        words = ngettext("about your child of %(num)s year", "about your child of %(num)s years", years)
    else:
        words = ngettext("about the child of %(num)s year", "about the child of %(num)s years", years)
    return numbered(str(words), ages.ordinal(child))


def numbered(words: str, ordinal: int) -> str:
    """`… (2)`; the words alone for 0."""
    return words if ordinal == 0 else str(_("%(words)s (%(number)s)", words=words, number=ordinal))


def minutes(number: int) -> str:
    """`about 6 minutes`."""
    return str(ngettext("about %(num)s minute", "about %(num)s minutes", number))


def listed(parts: Sequence[str]) -> str:
    """`a, b and c`, in the order given and without repeats, as the language lists things."""
    return format_list(list(dict.fromkeys(parts)), locale=get_locale())
