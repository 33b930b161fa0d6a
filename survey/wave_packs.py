"""The packs of everybody for whom a wave is open, as long work: for hundreds of families it takes minutes,
and who asks for it can go and do something else.

Nothing is printed before all is planned: where something would be left out, the work ends by telling what,
and is asked for again with the word to print the rest. Harmless to repeat: a print run that was stopped goes
on with the codes it began with.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from survey.family_packs import LEFT_OUT, NOTHING, keep, press_of
from survey.jobs import Cancelled, Failure, Kind, Work

if TYPE_CHECKING:
    from printable.pack import Pack
    from survey.batches import Batch
    from survey.families import Family
    from survey.packs import LeftOut, Press


def run(work: Work) -> str:
    """Make the packs, and keep their file until it is fetched; a reference to the print run."""
    # The typesetter is loaded when somebody first prints, not when somebody asks for it.
    from printable.pdf import Unprintable
    from printable.qr import Unfit
    from survey import batches, moments, packs, studies

    study = studies.the_study(work.db)
    wave = work.text("wave")
    day = dt.date.fromisoformat(work.text("day", str(moments.day(work.now()))))
    found = packs.in_wave(work.db, work.plan, wave, day)
    if study is None or not found:
        raise Failure(f"{wave} is open for no family on {day}", NOTHING)
    press = press_of(work, live=study.kind == "live")
    if not work.told("rest"):
        _refuse_what_is_left_out(work, press, found, wave, day)
    by = work.job.asked_by
    batch = batches.begin(work.db, study.id, "wave", wave, f"job {work.job.id}", day, by=by, now=work.now())
    try:
        _write(work, press, batch, found, wave)
    except Cancelled:
        batches.stop(work.db, batch.id, by=by, now=work.now())
        raise
    except (Unprintable, Unfit, packs.CannotPrint) as error:
        batches.stop(work.db, batch.id, by=by, now=work.now())
        raise Failure(str(error), NOTHING) from error
    return f"batch {batch.id}"


def _refuse_what_is_left_out(
    work: Work, press: Press, found: Sequence[Family], wave: str, day: dt.date
) -> None:
    """Look at everybody's pack without recording anything. Raises Failure where one is not whole."""
    left_out: list[LeftOut] = []
    for done, family in enumerate(found):
        work.progress(done, 2 * len(found))
        left_out += press.plan(family, day, wave).left_out
    if left_out:
        lines = sorted({str(each) for each in left_out})
        raise Failure("\n".join([f"{len(lines)} left out:", *lines]), LEFT_OUT)


def _write(work: Work, press: Press, batch: Batch, found: Sequence[Family], wave: str) -> None:
    # What was planned counts for half of the work.
    before = 0 if work.told("rest") else len(found)

    def packs() -> Iterator[Pack]:
        for done, family in enumerate(found):
            work.progress(before + done, before + len(found))
            yield press.pack(batch, family, wave)[0]

    keep(work, batch, packs(), f"{wave}.pdf", title=f"wave {wave}")


KIND = Kind("print_wave", run, {"wave": str, "day": str, "rest": bool})
