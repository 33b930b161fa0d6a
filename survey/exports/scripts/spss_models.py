"""The SPSS syntax that fits the linear mixed models of the pilot's report, as `models.R` does with lme4.

Source: pilot report, section 4.2.5 and appendix 2. SPSS takes the last value of a factor as its reference, so
every wave after the first is a 0/1 variable of its own: the estimates then are differences from T0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from instruments.protocol import Protocol
from survey.exports.outcomes import OUTCOMES, Outcome
from survey.exports.table import Table
from survey.exports.wanted import AGE_BANDS

_HEAD = """\
* Fits the linear mixed models of the pilot's report (section 4.2.5 and its appendix 2) to the .sav files of
  this export. Set the folder first, for instance CD 'C:\\export'.
* A random intercept for the family, every wave against T0, restricted maximum likelihood. Children are
  corrected for sex and age at T0, parents for difficulty in making ends meet and age.
* Where the export has bands of age only, the middle of the band is taken (models.R says the same).
* There is no comparison group, so a difference from T0 is not an effect of the project.
"""


def syntax(plan: Protocol, tables: Sequence[Table]) -> str:
    """The whole script."""
    columns = {table.name: {column.name for column in table.columns} for table in tables}
    waves = [wave.id for wave in plan.waves]
    months = {wave.id: wave.months for wave in plan.waves}
    parts = [_HEAD]
    parts += [*_children(months, columns["parent_about_child"])]
    parts += [_model(it, waves) for it in OUTCOMES if it.who == "child" and it.column in columns[it.file]]
    parts += [*_parents(columns["parent"])]
    parts += [_model(it, waves) for it in OUTCOMES if it.who == "parent" and it.column in columns[it.file]]
    return "\n".join(parts) + "\n"


def _children(months: dict[str, int], there: set[str]) -> Iterable[str]:
    yield "GET FILE='parent_about_child.sav'."
    yield "COMPUTE girl = (child_sex = 1)."
    yield "COMPUTE since_t0 = $SYSMIS."
    for wave, after in months.items():
        yield f"IF (wave = '{wave}') since_t0 = {after}."
    names = sorted(name for name in there if name.endswith("_age_months"))
    if names:
        yield f"COMPUTE noted = MIN({', '.join(names)})."
    else:
        bands = sorted(name for name in there if name.endswith("_age_band"))
        middles = " ".join(f"({code}={(low + high + 1) / 2:g})" for code, (low, high, _) in AGE_BANDS.items())
        yield f"COMPUTE noted = MIN({', '.join(bands)})."
        yield f"RECODE noted {middles}."
    yield "COMPUTE at_t0 = (noted - since_t0) / 12."
    yield "* The age at T0 from the first wave in which it is known."
    yield "SORT CASES BY child since_t0."
    yield "COMPUTE age = at_t0."
    yield "IF (child = LAG(child) AND NOT MISSING(LAG(age))) age = LAG(age)."
    yield "EXECUTE."


def _parents(there: set[str]) -> Iterable[str]:
    form = "background_family"
    if f"{form}_status" not in there:
        return
    yield "GET FILE='parent.sav'."
    yield f"COMPUTE told = ({form}_status <> '')."
    yield f"RECODE {form}_making_ends_meet (1 2=0) (3 4=1) (ELSE=SYSMIS) INTO ends."
    yield "* What is known of a family holds for all its rows, what is known of a person for all of theirs."
    yield "AGGREGATE /OUTFILE=* MODE=ADDVARIABLES /BREAK=family /hard=FIRST(ends)"
    yield f"  /age_told=FIRST({form}_parent_age) /age_other=FIRST({form}_other_parent_age)."
    yield "AGGREGATE /OUTFILE=* MODE=ADDVARIABLES /BREAK=respondent /told_it=MAX(told)."
    yield "COMPUTE age = age_other."
    yield "IF (told_it = 1) age = age_told."
    yield "EXECUTE."


def _model(outcome: Outcome, waves: Sequence[str]) -> str:
    covariates = "girl age" if outcome.who == "child" else "hard age"
    later = " ".join(wave.lower() for wave in waves[1:])
    lines = [f"\n* {outcome.title}."]
    lines += [f"COMPUTE {wave.lower()} = (wave = '{wave}')." for wave in waves[1:]]
    lines += [
        "TEMPORARY.",
        f"SELECT IF ({outcome.instrument}_status = 'complete').",
        f"MIXED {outcome.column} WITH {later} {covariates}",
        f"  /FIXED={later} {covariates} | SSTYPE(3)",
        "  /METHOD=REML",
        "  /RANDOM=INTERCEPT | SUBJECT(family) COVTYPE(ID)",
        "  /PRINT=SOLUTION TESTCOV.",
    ]
    return "\n".join(lines)
