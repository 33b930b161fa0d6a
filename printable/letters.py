"""What goes with the sheets: cover, information, consent and assent, cards and labels.

The texts are msgids of the templates. They say what the software does (a code instead of a name, a
free choice, stopping at any time); a study has them checked before it uses them, and until then they
carry a line that says so. Names are written by hand: nothing here prints the name of a respondent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from babel.lists import format_list

from instruments.editions import Edition
from printable import codes, pages, pdf, qr
from printable.codes import Marker
from printable.pages import Gettext
from printable.pdf import Template
from printable.shelf import Render

Audience = Literal["parent", "child", "professional"]


@dataclass(frozen=True)
class Sender:
    """Who writes: what letters and covers say about the study."""

    study: str
    organisation: str
    phone: str
    hours: str
    email: str
    #: Months after the start at which questionnaires come, from the protocol: (0, 6, 12, 18, 24).
    months: tuple[int, ...] = (0, 6, 12, 18, 24)
    #: Whether the study has approved the texts; until then every letter says that it has not.
    approved: bool = False


@dataclass(frozen=True)
class Card:
    """A card or label: the code of a respondent, and one neutral line such as "Child of 9"."""

    code: str
    text: str = ""


def cover(
    edition: Edition,
    gettext: Gettext,
    sender: Sender,
    base: str,
    *,
    audience: Audience = "parent",
    render: Render = pdf.render,
) -> Template:
    """The page on top of one respondent's sheets; stamped like a sheet, it stays with the respondent.

    Its slots: the large QR and code, and the texts `for` (a neutral role, or a name when the caller
    may print one) and `contents` (one line for each questionnaire).
    """
    made = _letter(
        "cover.html", edition, gettext, sender, render, audience=audience, site=_site(base), base=base
    )
    if made.pages > 1:
        raise pdf.Unprintable([f"the cover in {edition} runs over its page: its texts are too long"])
    return made


def information(
    edition: Edition,
    gettext: Gettext,
    sender: Sender,
    *,
    audience: Audience = "parent",
    render: Render = pdf.render,
) -> Template:
    """The information letter: what is asked, the free choice, what happens with answers, whom to call."""
    return _letter("information.html", edition, gettext, sender, render, audience=audience)


def consent(edition: Edition, gettext: Gettext, sender: Sender, *, render: Render = pdf.render) -> Template:
    """The consent form of parents: for themselves and for children, two signatures where two decide.

    Its slot `code` takes the code of the family; it never carries the code of an answer sheet.
    """
    return _letter("consent.html", edition, gettext, sender, render)


def assent(
    edition: Edition,
    gettext: Gettext,
    sender: Sender,
    *,
    signs: bool = False,
    render: Render = pdf.render,
) -> Template:
    """The child's own form: "Do you want to join in?" Yes, no, not now.

    Args:
        signs: from twelve years on, with a place for a signature.
    """
    return _letter("assent.html", edition, gettext, sender, render, signs=signs)


def cards(
    found: Sequence[Card], edition: Edition, gettext: Gettext, base: str, *, render: Render = pdf.render
) -> Template:
    """Cards to cut out, ten on a page: for a child, with the QR and code of its own questionnaires."""
    drawn = [(card, qr.symbol(codes.address(base, Marker(card.code, 0)))) for card in found]
    content = pages.fill("cards.html", gettext, edition, cards=drawn, site=_site(base), shown=codes.shown)
    return render(content, ("standard", "cards"))


def labels(
    found: Sequence[Card], edition: Edition, gettext: Gettext, *, render: Render = pdf.render
) -> Template:
    """Labels for envelopes, 24 of 70 x 37 mm on a page: a code and a neutral line, never a name."""
    content = pages.fill("labels.html", gettext, edition, labels=found, shown=codes.shown)
    return render(content, ("standard", "labels"))


def _letter(
    template: str, edition: Edition, gettext: Gettext, sender: Sender, render: Render, **context: object
) -> Template:
    months = [str(month) for month in sender.months if month]
    content = pages.fill(
        template,
        gettext,
        edition,
        sender=sender,
        later=format_list(months, locale=edition.language),
        **context,
    )
    easy = ("easy",) if edition.reading == "easy" else ()
    return render(content, ("standard", *easy, "letter"))


def _site(base: str) -> str:
    """The address as a person types it."""
    return base.rstrip("/").removeprefix("https://").removeprefix("http://") + "/q"
