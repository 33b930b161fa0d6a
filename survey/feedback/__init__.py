"""What municipalities are told: by calendar, in two pages, and never about a group that is too small.

A release is made as a draft (a person looks at it), then published by a person; from then on its bytes stand
still. What was published is in a ledger, and nothing is published that together with it gives a small group
away: see decisions/0012. May import survey's storage rooms, exports, the report's numbers, instruments and
the typesetter's door in printable; none of the web.

    safety      what an adversary who adds and subtracts everything can learn: pure
    selection   which figures of which places are shown, again or not at all
    rounding    how exactly a number is shown
    gathering   the values of people behind the figures, from the data
    regions     municipalities that are shown together, fixed before the first answer
    due_dates   by when each release is due
    naming      whom the ledger means: digests with a key that lies sealed
    tables, ledger      drafts and what was published, append-only
    words, contents, drawing, pages     the two pages in Dutch and English, with charts, as HTML and PDF
    totals      the grades that professionals are told at the end of their own form
    standing    the calendar, with what was made and published of it
    making      a draft from the data: the doors `make` and `publish`
"""
