"""What is asked, of whom, when, and what the answers mean.

Pure: no web, no paper, no database, no clock. May import pydantic, PyYAML, Babel (for writing
directions) and nothing of ours.

The door:
    catalogue()                     every version of every instrument, loaded once
    routing.asked / screens         what is shown: the one place that decides visibility
    checks.parse / check            which answers are possible
    scoring.score                   scale scores and cut-off flags, exact, null where unknown
    protocol.load / default         waves, windows, and who is asked what at which age
    wording.Library                 the words of an instrument in an edition, complete or not offered
    codebook.variables              the variables of a version, for exports
"""

from instruments.editions import Edition
from instruments.loading import Catalogue, UnknownInstrument, catalogue
from instruments.model import Given, Instrument, Item, Missing
from instruments.reading import BrokenFile, Problem

__all__ = [
    "BrokenFile",
    "Catalogue",
    "Edition",
    "Given",
    "Instrument",
    "Item",
    "Missing",
    "Problem",
    "UnknownInstrument",
    "catalogue",
]
