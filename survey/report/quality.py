"""The quality of the fieldwork as one page, without any individual's answers."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from instruments.protocol import Protocol
from survey.db import Database
from survey.report import answering, fieldwork, page, study
from survey.report.fieldwork import FEWEST
from survey.report.study import Study


def write(db: Database, plan: Protocol, path: Path, on: dt.date) -> None:
    """Write the quality of the fieldwork as one page: PDF where its name ends in .pdf, else HTML."""
    page.save(html(study.load(db, plan, on)), path)


def html(data: Study) -> str:
    """The page."""
    about = [
        f"Study {data.plan.id}, as it was on {data.on.isoformat()}.",
        "Void responses are left out, and those of people who do not take part in the research.",
        f"No share, median or coefficient rests on fewer than {FEWEST} answers, forms or families: a dash.",
        "Counts are shown as they are: for the team only.",
    ]
    chapters = [
        ("Response", fieldwork.responses(data)),
        ("People", fieldwork.people(data)),
        ("Answers", answering.answers(data)),
        ("Distributions", answering.distributions(data)),
    ]
    return page.html("The quality of the fieldwork", about, chapters)
