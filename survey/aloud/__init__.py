"""Reading aloud: recorded or rendered voices for the texts of questionnaires, as packs from outside.

A recording belongs to a text, not to a place: its name is made from the very words it speaks. When the
words change, no recording has their name any more, and none is offered: a stale recording cannot be
played, only be found by the check. May import `survey.wording_packs`, `instruments`; no web, no database.

    spoken      what is said of a question, and the name that a recording of it must have
    voices      installed packs of recordings: which there are, whether they are whole, installing one
    robot       a placeholder voice, by the programs espeak-ng and lame where they are installed
"""

from survey.aloud.spoken import Spoken, editions_texts, name_of, said
from survey.aloud.voices import SILENCE, RefusedVoices, Voices, install, problems

__all__ = [
    "SILENCE",
    "RefusedVoices",
    "Spoken",
    "Voices",
    "editions_texts",
    "install",
    "name_of",
    "problems",
    "said",
]
