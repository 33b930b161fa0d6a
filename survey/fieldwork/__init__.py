"""Fieldwork: what staff do so that the right people are asked at the right time, without seeing an answer.

Works with codes, dates and states only. May import the other rooms of survey but `web` and `cli`.

    scopes          where a family or a professional is, and who works with it: what the policy asks
    month           per family what is due, open, late, done or paused
    handing         links for people, where consent allows
    households      families that part, join or move; children placed out of home
    handover        families from one professional to another, with a message and a history
    pausing         families, municipalities or the study asked nothing for a while, with a reason
    reaching        names and numbers in the contact store, every look at them noted
    leaving         drop-out with the pilot's reasons
    erasure         everything of a family is wiped; that it was done remains
    consent         the ledger: who was told, who decided what, for whom
    placements      what each child was offered and used, from when to when
"""
