"""What is written down of a failure of ours: where it happened, never what was being handled.

The message of an exception quotes what it choked on (an answer, a code, a row with its values), and an
address may hold the token of a link. So a log tells kinds, files and lines, and the way from one failure
to the next; a developer finds the place, and nobody finds a person.
"""

from __future__ import annotations

import traceback


def told(error: BaseException | None) -> str:
    """A failure and what led to it, without any of their messages."""
    parts = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        where = "".join(traceback.format_tb(error.__traceback__)).rstrip()
        kind = type(error)
        parts.append(f"{kind.__module__}.{kind.__qualname__}\n{where}".rstrip())
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\nafter ".join(parts)
