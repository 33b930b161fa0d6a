"""The two pages as HTML and as PDF: the same contents, as a part of a page at the desk and on paper."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from instruments.feedback import Smallest
from printable.pages import environment
from survey.feedback.contents import Contents
from survey.feedback.drawing import svg
from survey.feedback.words import Words

TEMPLATES = Path(__file__).parent / "templates"


def fragment(contents: Contents, words: Words, smallest: Smallest, round_below: int) -> str:
    """The part of a page at the desk: everything beneath the heading."""
    return environment(TEMPLATES).get_template("fragment.html").render(
        _=words.gettext, day=words.day, language=words.language, svg=svg, contents=contents,
        smallest=smallest, round_below=round_below,
    )  # fmt: skip


def title(contents: Contents, words: Words) -> str:
    """The heading of a document."""
    _ = words.gettext
    if contents.place is None:
        return str(Markup(_("Feedback %(number)s: whole project", number=contents.about.number)).unescape())
    text = _("Feedback %(number)s for %(place)s", number=contents.about.number, place=contents.place)
    return str(text.unescape())


def document(contents: Contents, words: Words, inside: str) -> str:
    """A whole document around a fragment, to be typeset."""
    return environment(TEMPLATES).get_template("document.html").render(
        _=words.gettext, day=words.day, language=words.language, contents=contents,
        title=title(contents, words), fragment=Markup(inside),
    )  # fmt: skip


def pdf(html: str) -> bytes:
    """The document as a tagged PDF.

    Raises:
        printable.pdf.Unprintable: a name has letters that the fonts lack, or a word is too long.
    """
    from printable import pdf as typesetter  # it takes a second to load

    return typesetter.render(html, ("feedback",)).pdf
