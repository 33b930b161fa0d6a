"""Workers beside another process: `python -m survey.jobs PARENT`, started by `survey.serving`."""

from __future__ import annotations

import logging
import sys

from survey.jobs.keeper import keep
from survey.settings import Settings

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    keep(Settings.from_environment(), parent=int(sys.argv[1]))
