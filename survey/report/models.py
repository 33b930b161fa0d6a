"""Linear mixed models as in the report: a random intercept for the family, every wave against T0.

Outcomes of children are corrected for age at T0 and sex, outcomes of parents for difficulty in making ends
meet and the age of the parent. Fitted by restricted maximum likelihood; the tests are against a normal
distribution (the report used lme4, as does `models.R` beside an export). Source: pilot report, section
4.2.5 and appendix 2.
"""

from __future__ import annotations

import importlib.util
import math
import warnings
from dataclasses import dataclass
from typing import Any

from survey.exports.outcomes import Outcome
from survey.report.study import Study

#: Codes of `background_family_making_ends_meet`: no difficulty, and difficulty.
_EASY, _HARD = (1, 2), (3, 4)


@dataclass(frozen=True)
class Estimate:
    """One line of a model."""

    term: str
    value: float
    error: float
    p: float
    #: Rows with this wave; all rows for the other terms.
    rows: int


def available() -> bool:
    """Whether the library that fits the models is installed."""
    return importlib.util.find_spec("statsmodels") is not None


def fit(study: Study, outcome: Outcome) -> tuple[Estimate, ...]:
    """The estimates of an outcome; none when the data do not suffice."""
    rows = _rows(study, outcome)
    waves = [wave for wave in study.waves if any(row.wave == wave for row in rows)]
    groups = sorted({row.family for row in rows})
    terms = ["(Intercept)", *waves[1:], *(("girl", "age") if outcome.who == "child" else ("hard", "age"))]
    if len(waves) < 2 or len(groups) < 2 or len(rows) <= len(terms):
        return ()
    design = [[1.0, *(float(row.wave == wave) for wave in waves[1:]), *row.corrections] for row in rows]
    result = _fitted([row.value for row in rows], design, [groups.index(row.family) for row in rows])
    if result is None:
        return ()
    return tuple(
        Estimate(
            term,
            float(result.fe_params[place]),
            float(result.bse_fe[place]),
            math.erfc(abs(float(result.fe_params[place] / result.bse_fe[place])) / math.sqrt(2)),
            sum(row.wave == term for row in rows) if term in waves else len(rows),
        )
        for place, term in enumerate(terms)
    )


@dataclass(frozen=True)
class _Row:
    family: str
    wave: str
    value: float
    corrections: tuple[float, float]


def _fitted(values: list[float], design: list[list[float]], groups: list[int]) -> Any:
    import numpy as np
    from statsmodels.regression.mixed_linear_model import MixedLM

    matrix = np.array(design)
    if np.linalg.matrix_rank(matrix) < matrix.shape[1]:
        return None  # a correction that is the same for everybody
    with warnings.catch_warnings():
        # A variance between families of about nothing is an answer, not a failure.
        warnings.simplefilter("ignore")
        return MixedLM(np.array(values), matrix, groups=np.array(groups)).fit(reml=True)


def _rows(study: Study, outcome: Outcome) -> list[_Row]:
    frame = study.complete(outcome.file, outcome.instrument)
    if outcome.column not in frame.columns:
        return []
    corrections = _of_child(study) if outcome.who == "child" else _of_parent(study)
    key = "child" if outcome.who == "child" else "respondent"
    return [
        _Row(row["family"], row["wave"], float(row[outcome.column]), corrections[row[key]])
        for row in frame.iter_rows(named=True)
        if row[outcome.column] is not None and row[key] in corrections
    ]


def _of_child(study: Study) -> dict[str, tuple[float, float]]:
    """Girl or not, and age at T0 in years. Children whose sex is not known are left out."""
    t0 = {family.code: family.t0 for family in study.families}
    return {
        child.code: (float(child.sex == "girl"), (child.months(t0[child.family]) or 0) / 12)
        for child in study.children
        if child.sex is not None
    }


def _of_parent(study: Study) -> dict[str, tuple[float, float]]:
    """Difficulty in making ends meet, and age; parents of whom one is not known are left out."""
    frame = study.files["parent"]
    told = {row["family"]: row for row in study.complete("parent", "background_family").iter_rows(named=True)}
    found = {}
    for family, respondent in frame.select("family", "respondent").unique().sort("respondent").iter_rows():
        row = told.get(family)
        if row is None or row["background_family_making_ends_meet"] not in (*_EASY, *_HARD):
            continue
        own = "parent_age" if row["respondent"] == respondent else "other_parent_age"
        age = row[f"background_family_{own}"]
        if age is not None and age > 0:
            found[respondent] = (float(row["background_family_making_ends_meet"] in _HARD), float(age))
    return found
