"""The desk: where staff sign in and run the fieldwork, without ever seeing an answer.

Every page is entered in `guard.route` with the action it needs; a page that is not is refused. Pages work
without JavaScript; a small script adds copying and sharing where a browser can.

    guard       who is here, and whether they may: before every page
    words       the catalogues of staff, Dutch and English
    signing_in, me      the door, and somebody's own account
    month       what is due, for whom
    families    the page of a family: people, links, pause, stop
    adding      a family on one page
    handing_over    families to a colleague
    household   families that part, join or move
    consents, placements    the ledger, and what children were offered
    contact     how somebody is reached, and sending them a link or a reminder
    workers     professionals and the children they work with
    pulses      a questionnaire outside the waves, to professionals
    waves       when each wave is open for a family
    pauses, events      municipalities asked nothing for a while; what was done
    packs       a family's pack on paper: asked for, how far it is, the file
    entry, entry_side, entry_settle     paper that came back: found, typed, decided
    feedback    what municipalities are told, and the draft that waits for somebody
    exports     answers and scores for researchers, made by a worker
    scans, scans_review     paper that was scanned: handed in; confirmed beside its pictures
    colleagues  who works here: inviting, beginning anew, leaving
    forms       what forms send
"""

from __future__ import annotations

from survey.web.desk import (
    adding,
    colleagues,
    consents,
    contact,
    entry,
    entry_settle,
    entry_side,
    events,
    exports,
    failures,
    families,
    feedback,
    furniture,
    handing_over,
    household,
    me,
    month,
    packs,
    pauses,
    placements,
    pulses,
    scans,
    scans_review,
    signing_in,
    start,
    waves,
    workers,
)
from survey.web.desk.guard import bp

#: The rooms whose pages are on the blueprint once they are imported.
ROOMS = (
    adding, colleagues, consents, contact, entry, entry_settle, entry_side, events, exports, families,
    feedback, furniture, handing_over, household, me, month, packs, pauses, placements, pulses, scans,
    scans_review, signing_in, start, waves, workers,
)  # fmt: skip

failures.install()

__all__ = ["bp"]
