"""The templates of this room: their environment, their words, and how words get in.

What a reader sees that is not wording of an instrument is a gettext msgid in a template, in English;
the caller hands in the function that translates it. Templates escape everything.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from jinja2.ext import babel_extract
from markupsafe import Markup, escape

from instruments.editions import Edition

TEMPLATES = Path(__file__).parent / "templates"

#: The templates without which no questionnaire can be printed.
SHEET = ("sheet.html", "questions.html", "phrases.html", "cover.html", "letter.html", "contact.html")

#: Translates a msgid; the same shape as `gettext.gettext`.
Gettext = Callable[[str], str]


@cache
def environment(folder: Path = TEMPLATES) -> Environment:
    """The templates of a folder: everything is escaped, a name that is not there is an error."""
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )


def fill(template: str, gettext: Gettext, edition: Edition, **context: Any) -> str:
    """The HTML of a template in an edition. Nothing in the context is trusted to be HTML."""

    words = _translating(gettext)
    return environment().get_template(template).render(_=words, edition=edition, **context)


def phrase(name: str, gettext: Gettext, **params: object) -> str:
    """A short text to stamp on a form, by the name of its macro in `phrases.html`.

    `blank`, `about_child(years)`, `about_baby`, `about_yourself`, `about_family`, `about_project`, and for
    a cover `line(title, about, minutes)`, `for_parent(number)` and `for_child(years)`.
    """
    # Plain text: it is stamped, and escaped there.
    macros = environment().get_template("phrases.html").make_module({"_": _translating(gettext)})
    return Markup(getattr(macros, name)(**params)).unescape()


def _translating(gettext: Gettext) -> Callable[..., Markup]:
    def translated(msgid: str, **params: object) -> Markup:
        text = escape(gettext(msgid))
        return text % {name: escape(value) for name, value in params.items()} if params else text

    return translated


@cache
def msgids(*templates: str) -> tuple[str, ...]:
    """Every msgid in the templates of this room, or in some of them, sorted.

    It is what a translation of paper must have; `SHEET` are the templates without which no
    questionnaire can be printed.
    """
    found: set[str] = set()
    for path in TEMPLATES.rglob("*.html"):
        if templates and path.name not in templates:
            continue
        with path.open("rb") as template:
            for _, _, message, _ in babel_extract(template, ("_",), (), {"encoding": "utf-8"}):
                found |= {message} if isinstance(message, str) else {text for text in message or () if text}
    return tuple(sorted(found))
