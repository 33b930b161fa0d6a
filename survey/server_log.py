"""The server's own log, without what was asked for: an address may hold the token of a link.

gunicorn quotes the address of a request that failed, and the first line of one that it cannot read with the
network address it came from. Here it says what kind of failure it was, and where: for people in gunicorn's
own form, for a collector (`MEETMOMENT_LOG=json`) in the form of every other line of the service.
"""

from __future__ import annotations

import sys
import traceback
from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]

from survey import discretion, logs

#: How gunicorn begins to say that a process did not even start: nobody asked it anything yet.
_BOOTING = "Exception in worker process"
_UNREADABLE = "Invalid request"


class DiscreetLog(Logger):  # type: ignore[misc]
    """gunicorn's log, discreet."""

    def exception(self, msg: object, *args: object, **kwargs: object) -> None:
        """A failure: its place in full when the service did not start, else without any message."""
        if str(msg).startswith(_BOOTING):
            super().exception(msg, *args, **kwargs)
        else:
            self.error_log.error("failure while serving: %s", discretion.told(sys.exc_info()[1]))

    def warning(self, msg: object, *args: object, **kwargs: object) -> None:
        """A request that cannot be read, by its kind; anything else as it is."""
        if str(msg).startswith(_UNREADABLE):
            kind = sys.exc_info()[0]
            self.error_log.warning("a request was refused: %s", kind.__name__ if kind else "unreadable")
        else:
            super().warning(msg, *args, **kwargs)


class StructuredLog(DiscreetLog):
    """The same as one JSON object a line, as `survey.logs` writes them."""

    def setup(self, cfg: Any) -> None:
        """Set gunicorn's log up, at the start and whenever it is told to begin anew."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(logs.formatter("json"))

    def exception(self, msg: object, *args: object, **kwargs: object) -> None:
        """A failure in a field of its own: as much of it as `DiscreetLog` tells."""
        if str(msg).startswith(_BOOTING):
            said, failure = msg, traceback.format_exc().rstrip()
        else:
            said, args, failure = "failure while serving", (), discretion.told(sys.exc_info()[1])
        self.error_log.error(said, *args, extra={"seen": {"failure": failure}})
