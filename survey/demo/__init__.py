"""The demonstration study: made up, and shaped like the pilot, with every answer known.

Nothing in it is about anyone. It is made from a seed and a day, so that the same two give the same people
and the same answers (codes and links excepted: those are random, as they should be). Everything enters by
the doors that real people use. May import survey's storage rooms and instruments; nothing of the web.

    pilot       the numbers of the pilot report that the study reproduces
    cast        the people: families, parents, children, professionals, and how long each takes part
    telling     what they answer
    building    putting them into a database; the door is `build`
"""

from survey.demo.building import Demo, Shown, build

__all__ = ["Demo", "Shown", "build"]
