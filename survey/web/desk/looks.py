"""How the desk looks: the style sheet of all pages with a little on top, and a script that may fail."""

from __future__ import annotations

from pathlib import Path

from survey.web.looks import STYLE, policy_hash, small

#: The style sheet as it stands in pages of the desk.
DESK_STYLE = STYLE + small((Path(__file__).parent / "desk.css").read_text(encoding="utf-8"))
#: Only our own script, which adds copying and sharing; nothing depends on it.
POLICY = (
    f"default-src 'none'; style-src '{policy_hash(DESK_STYLE)}'; script-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
