"""What a message says that brings somebody a link: neutral words, for whoever reads along.

No name, no code, nothing about what is asked or by whom. The words are those of the interface, in the
edition of the person; a young person is spoken to as such.
"""

from __future__ import annotations

from instruments import Edition
from survey.post.carriers import Words
from survey.web.i18n import CHILD, Catalogues


def announcement(catalogues: Catalogues, edition: Edition, young: bool, kind: str, address: str) -> Words:
    """What the message of a `kind` (`link` or `reminder`) says."""
    words = catalogues.words(edition)
    gettext = words.ugettext

    def say(message: str) -> str:
        return str(words.upgettext(CHILD, message) if young else gettext(message))

    if kind == "reminder":
        opening = say("Hello. You can still answer the questions here:")
    else:
        opening = say("Hello. There are questions ready for you:")
    lines = [opening, address, say("You decide whether you answer.")]
    return Words(str(gettext("Some questions are ready")), "\n".join(lines) + "\n")
