"""Printing a family's pack before a visit: one button, one file."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Response, render_template, request

from survey import families
from survey.policy import Action
from survey.web.desk import guard
from survey.web.desk.families import the_family
from survey.web.desk.guard import route
from survey.web.services import WORDS, Services, services

if TYPE_CHECKING:
    from printable.shelf import Shelf


@route("/families/<int:family_id>/pack", Action.PRINT_PACK, "family", methods=("POST",))
def print_pack(family_id: int) -> Response | tuple[str, int]:
    """The pack of a family, ready to print on both sides; or what cannot be printed, and why."""
    content, left_out = _printed(services(), family_id, rest="rest" in request.form)
    if not content:
        page = render_template("desk/no_pack.html", family=the_family(family_id), left_out=left_out)
        return page, 409
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = 'attachment; filename="pack.pdf"'
    return response


@cache
def _shelf() -> Shelf:
    """The templates that this process laid out before."""
    from printable.shelf import Shelf

    return Shelf()


def _printed(house: Services, family_id: int, *, rest: bool) -> tuple[bytes, tuple[str, ...]]:
    """The file of a pack, and what had to be left out.

    No file when there is nothing to print, or when something is left out and nobody asked for the `rest`.
    """
    # The typesetter is loaded when somebody first prints, not when the service starts.
    from printable import pack
    from printable.words import Words
    from survey import batches, senders
    from survey.packs import CannotPrint, Press

    study = house.study
    family = next(found for found in families.listing(house.database) if found.id == family_id)
    assert study is not None  # there is a family
    press = Press(
        house.database, house.protocol, house.library, Words(WORDS), house.settings.paper_keys,
        house.settings.base_url, senders.load(house.settings.sender, house.protocol), study.kind == "live",
        _shelf(), house.now,
    )  # fmt: skip
    plan = press.plan(family, house.today())
    if not plan.envelopes or (plan.left_out and not rest):
        return b"", plan.left_out
    batch = batches.begin(
        house.database, study.id, "family", family.code, f"desk {family.code}", house.today(),
        by=guard.by(), now=house.now(),
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        try:
            made, _ = press.pack(batch, family)
        except CannotPrint as error:
            return b"", (str(error),)
        done = pack.write(Path(folder) / "pack.pdf", [made], house.settings.base_url, title=family.code)
        content = done.path.read_bytes()
    batches.finish(
        house.database, batch.id, packs=done.packs, sides=done.sides, sha256=done.sha256,
        by=guard.by(), now=house.now(),
    )  # fmt: skip
    return content, plan.left_out
