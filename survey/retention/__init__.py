"""Retention: how long everything is kept, as data; what is due to go, and its going.

May import the rooms of `survey` that keep something; not `web` or `cli`.

    rules       the rules, read from a file and checked
    due         what every rule would let go on a day
    applying    letting it go, with a line in the trail; the worker does it every day
    replaying   after a backup was put back: wiping again whom the ledger of erasures names
"""

from __future__ import annotations

from survey.retention.applying import apply
from survey.retention.due import Due, plan
from survey.retention.replaying import LedgerKeyGone, replay
from survey.retention.rules import Rule, Rules, load

__all__ = ["Due", "LedgerKeyGone", "Rule", "Rules", "apply", "load", "plan", "replay"]
