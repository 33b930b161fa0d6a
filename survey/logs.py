"""The log of every process: lines for people, or JSON for a collector. Never an address, a message of a
database, or anything that somebody sent: see `survey.discretion`.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import sys
from typing import Literal

from survey import discretion

#: What is ours; other libraries are heard when they warn.
OURS = "meetmoment"
Form = Literal["text", "json"]


class _Lines(logging.Formatter):
    """A line for people, and below it where a failure happened."""

    def formatException(self, ei: object) -> str:  # noqa: N802 - the name that logging calls
        return discretion.told(ei[1] if isinstance(ei, tuple) else None)


class _Json(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and whatever was given as `extra={"seen": …}`."""

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, object] = {
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "seen", {}),
        }
        if record.exc_info:
            told["failure"] = discretion.told(record.exc_info[1])
        return json.dumps(told, ensure_ascii=False)


def formatter(form: Form) -> logging.Formatter:
    """What writes a record in this form."""
    return _Json() if form == "json" else _Lines("%(asctime)s %(name)s %(levelname)s %(message)s")


def begin(form: Form = "text") -> None:
    """Write the log of this process to its standard error, in this form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(form))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger(OURS).setLevel(logging.INFO)
