"""How pages look: one small style sheet, read once, sent inside every page.

Inside, because a page is then one request on a bad line, and nothing is left on a shared phone. The
content security policy allows this style sheet by its hash, and no other.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

from markupsafe import Markup

from printable import pictures


def small(css: str) -> str:
    """The same style sheet without comments and needless space."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s+", " ", css)
    return re.sub(r"\s*([{};,])\s*", r"\1", css).replace(";}", "}").strip()


@cache
def drawing(name: str) -> Markup:
    """One of our drawings, to stand inside a page beside the words that say the same.

    Raises printable.pictures.NoPicture.
    """
    # In a page of HTML the name space is understood, and spaces between tags are weight only. What is
    # drawn is the very file that paper shows.
    svg = re.sub(r">\s+<", "><", pictures.drawing(name).strip())
    svg = svg.replace(' xmlns="http://www.w3.org/2000/svg"', "")
    return Markup(svg.replace("<svg ", '<svg aria-hidden="true" ', 1))


def policy_hash(style: str) -> str:
    """The source expression of a style sheet for the content security policy."""
    return "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


#: The style sheet as it stands in pages.
STYLE = small((Path(__file__).parent / "page.css").read_text(encoding="utf-8"))
#: Its source expression for the policy.
STYLE_HASH = policy_hash(STYLE)
