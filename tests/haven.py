"""R beside the tests: Debian's R with haven and lme4, which `.ci/run` installs and a laptop may lack."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

#: What the tests need of R, as Debian calls it.
PACKAGES = ("r-base-core", "r-cran-haven", "r-cran-lme4")

_CELLS = """
# Every cell as haven reads it: a number with all its digits, a day as ISO 8601, a text as it is.
suppressPackageStartupMessages(library(haven))
for (name in commandArgs(TRUE)) {
  data <- read_sav(paste0(name, ".sav"), user_na = TRUE)
  out <- as.data.frame(lapply(data, function(column) {
    if (inherits(column, "Date")) return(format(column, "%Y-%m-%d"))
    values <- as.vector(column)
    if (is.numeric(values)) ifelse(is.na(values) & !is.nan(values), NA, sprintf("%.17g", values)) else values
  }), check.names = FALSE, stringsAsFactors = FALSE)
  write.csv(out, paste0(name, ".haven.csv"), row.names = FALSE, na = "", fileEncoding = "UTF-8")
  about <- do.call(rbind, lapply(names(data), function(name) {
    labels <- attr(data[[name]], "labels")
    label <- attr(data[[name]], "label")
    range <- attr(data[[name]], "na_range")
    data.frame(
      variable = name, label = if (is.null(label)) "" else label,
      values = paste(unname(labels), names(labels), sep = "=", collapse = "|"),
      missing = paste(range, collapse = " ")
    )
  }))
  write.csv(about, paste0(name, ".about.csv"), row.names = FALSE, fileEncoding = "UTF-8")
}
"""


@cache
def missing() -> str:
    """What is not there, in words; empty when R can do what the tests ask."""
    if shutil.which("Rscript") is None:
        return "R is not installed"
    check = "for (name in c('haven', 'lme4')) if (!requireNamespace(name, quietly = TRUE)) cat(name, '')"
    done = subprocess.run(["Rscript", "-e", check], capture_output=True, text=True, timeout=120, check=False)
    if done.returncode or done.stdout.strip():
        return f"R is there without {done.stdout.strip() or 'working'}"
    return ""


#: For tests that need R: where it is absent they are skipped, and say what would help. Where R was promised
#: (`.ci/run` sets MEETMOMENT_R) they are not skipped, and fail.
with_r = pytest.mark.skipif(
    bool(missing()) and os.environ.get("MEETMOMENT_R") != "needed",
    reason=f"{missing()}; install {' '.join(PACKAGES)} (.ci/run always does)",
)


def run(folder: Path, *arguments: str, timeout: float = 300) -> str:
    """What R says to a script in a folder; fails with what it complains about."""
    done = subprocess.run(
        ["Rscript", "--vanilla", *arguments],
        cwd=folder,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def cells(folder: Path, names: Sequence[str], into: Path) -> dict[str, list[dict[str, str]]]:
    """Every cell of some .sav files as R's haven reads them, and with `<name>.about` every column."""
    for name in names:
        shutil.copy(folder / f"{name}.sav", into)
    (into / "cells.R").write_text(_CELLS, encoding="ascii")
    run(into, "cells.R", *names)
    found = {}
    for name in names:
        for key, path in ((name, f"{name}.haven.csv"), (f"{name}.about", f"{name}.about.csv")):
            with (into / path).open(encoding="utf-8", newline="") as file:
                found[key] = list(csv.DictReader(file))
    return found
