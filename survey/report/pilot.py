"""All of the report, from a database to a file."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from instruments.protocol import Protocol
from survey.db import Database
from survey.report import contents, models, page, study
from survey.report.contents import Part
from survey.report.slips import SLIPS

_ABOUT = (
    "Computed from the data of the study; no number was typed over from the printed report of the pilot.",
    "It is meant for the research team: small groups are shown as they are.",
    "There is no comparison group, groups are small, and who goes on answering may differ from who stops.",
    "So a difference from T0 is not an effect of the project.",
)
_MODELS = (
    "Linear mixed models: a random intercept for the family, every wave against T0; children corrected for "
    "sex and age at T0, parents for difficulty in making ends meet and age. Restricted maximum likelihood; "
    "p against a normal distribution."
)


def write(db: Database, plan: Protocol, path: Path, on: dt.date) -> None:
    """Write the report of a study as one page: PDF where its name ends in .pdf, else HTML.

    Args:
        on: the day of the report; waves that are due later count as not yet come.
    """
    page.save(html(study.load(db, plan, on)), path)


def html(data: study.Study) -> str:
    """The page."""
    slips = Part("Slips", "In the printed report, and here", ("printed", "here"), SLIPS)
    if models.available():
        fitted = [Part("Method", "How the models were fitted", (), (), _MODELS), *contents.appendix(data)]
    else:
        missing = "The library statsmodels is not installed: install this program with its extra 'report'."
        fitted = [Part("Method", "No models", (), (), missing)]
    chapters = [
        ("Tables", contents.tables(data)),
        ("Figures", contents.figures(data)),
        ("Models", fitted),
        ("Slips of the printed report", [slips]),
    ]
    about = [f"Study {data.plan.id}, as it was on {data.on.isoformat()}.", *_ABOUT]
    return page.html("The report of the pilot, computed", about, chapters)
