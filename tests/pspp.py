"""PSPP beside the tests: it runs SPSS syntax, and `.ci/run` installs it where a laptop may lack it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

#: For tests that need PSPP: where it is absent they are skipped, and say what would help. Where it was
#: promised (`.ci/run` sets MEETMOMENT_R, for PSPP as for R) they are not skipped, and fail.
with_pspp = pytest.mark.skipif(
    shutil.which("pspp") is None and os.environ.get("MEETMOMENT_R") != "needed",
    reason="PSPP is not installed; install pspp (.ci/run always does)",
)


def run(folder: Path, syntax: str, timeout: float = 120) -> str:
    """What a file of syntax prints in a folder, as .csv; fails with the first thing PSPP complains about.

    PSPP goes on after a mistake and may well end with 0, so its words are read.
    """
    done = subprocess.run(
        ["pspp", "-O", "format=csv", "-o", "printed.csv", syntax],
        cwd=folder,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    printed = folder / "printed.csv"
    told = printed.read_text("utf-8") if printed.exists() else ""
    said = "\n".join((done.stdout, done.stderr, told))
    complaints = [line for line in said.splitlines() if "error:" in line or "warning:" in line]
    assert not complaints, complaints[:5]
    assert done.returncode == 0, said[-500:]
    return told
