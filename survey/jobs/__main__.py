"""Workers beside another process: `python -m survey.jobs PARENT`, started by `survey.serving`."""

from __future__ import annotations

import sys

from survey import logs
from survey.jobs.keeper import keep
from survey.settings import Settings

if __name__ == "__main__":
    settings = Settings.from_environment()
    logs.begin(settings.log)
    keep(settings, parent=int(sys.argv[1]))
