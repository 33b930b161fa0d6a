"""A family's pack on paper, as long work: the first of a kind takes seconds to lay out, and a page must not
wait for that.

Harmless to repeat: a print run that was stopped goes on with the codes it began with.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from survey.jobs import Failure, Kind, Work, attach

if TYPE_CHECKING:
    from printable.pack import Pack
    from printable.shelf import Shelf
    from survey.batches import Batch
    from survey.packs import Press

#: Why there is no file: something had to be left out and nobody said to print the rest, or all of it had.
LEFT_OUT = "incomplete"
NOTHING = "nothing"


@cache
def _shelf() -> Shelf:
    """The templates that this process laid out before."""
    from printable.shelf import Shelf

    return Shelf()


def run(work: Work) -> str:
    """Make the pack of a family, and keep its file until it is fetched; a reference to the print run."""
    # The typesetter is loaded when somebody first prints, not when a page asks for it.
    from survey import batches, families, moments, studies

    study = studies.the_study(work.db)
    try:
        family = families.by_id(work.db, work.number("family"))
    except families.NoSuchFamily as error:
        raise Failure("", NOTHING) from error
    if study is None:
        raise Failure("", NOTHING)
    day = dt.date.fromisoformat(work.text("day", str(moments.day(work.now()))))
    press = press_of(work, live=study.kind == "live")
    plan = press.plan(family, day, progress=work.progress)
    if plan.left_out and not (work.told("rest") and plan.envelopes):
        lines = [f"{each.code} {each.reason} {each.edition}" for each in plan.left_out]
        raise Failure("\n".join(dict.fromkeys(lines)), LEFT_OUT if plan.envelopes else NOTHING)
    if not plan.envelopes:
        raise Failure("", NOTHING)
    by = work.job.asked_by
    batch = batches.begin(
        work.db, study.id, "family", family.code, f"job {work.job.id}", day, by=by, now=work.now()
    )
    made, _ = press.pack(batch, family)
    keep(work, batch, [made], "pack.pdf", title=family.code)
    return f"batch {batch.id}"


def keep(work: Work, batch: Batch, made: Iterable[Pack], name: str, *, title: str) -> None:
    """Write packs into one file of this name, keep it until it is fetched, and finish the print run."""
    from printable import pack
    from survey import batches

    with tempfile.TemporaryDirectory() as folder:
        done = pack.write(Path(folder) / name, made, work.settings.base_url, title=title)
        attach(work, done.path, "application/pdf")
    batches.finish(
        work.db, batch.id, packs=done.packs, sides=done.sides, sha256=done.sha256, by=work.job.asked_by,
        now=work.now(),
    )  # fmt: skip


def press_of(work: Work, *, live: bool) -> Press:
    """What prints for a job, with the templates that this process laid out before."""
    from printable.words import Words
    from survey import senders
    from survey.packs import Press
    from survey.wording_packs import OURS

    settings, plan = work.settings, work.plan
    return Press(
        work.db, plan, work.library, Words(OURS.folder), settings.paper_keys, settings.base_url,
        senders.load(settings.sender, plan), live, _shelf(), work.now,
    )  # fmt: skip


KIND = Kind("print_family", run, {"family": int, "day": str, "rest": bool})
