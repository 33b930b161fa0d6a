"""The columns of an instrument, one set for all its versions, labelled in one edition."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from instruments import Edition, Instrument, codebook
from instruments.codebook import Variable
from instruments.wording import About, Library, NoWording, Wording, required_keys
from survey.exports.columns import Column, Kind


def columns(versions: Sequence[Instrument], library: Library | None, edition: Edition) -> list[Column]:
    """The columns of an instrument: the variables of all its versions, once each, in order.

    Texts are not columns here: free text goes to a file of its own.
    """
    found: dict[str, list[tuple[Instrument, Variable]]] = {}
    for instrument in versions:
        for variable in codebook.variables(instrument, wording(instrument, library, edition)):
            if not is_free_text(instrument, variable):
                found.setdefault(variable.name, []).append((instrument, variable))
    return [_merged(same) for same in found.values()]


def is_free_text(instrument: Instrument, variable: Variable) -> bool:
    """Whether a variable holds what somebody wrote in their own words."""
    return variable.item is not None and instrument.item(variable.item).kind == "text"


def wording(instrument: Instrument, library: Library | None, edition: Edition) -> Wording:
    """The words to label with: those of the edition, else the neutral topics of the definition."""
    if library is not None:
        try:
            return library.wording(instrument, edition)
        except NoWording:
            pass
    texts = {key: key.rpartition(".")[2] for key in required_keys(instrument)}
    texts |= {f"item.{item.id}": item.topic for item in instrument.items}
    about = About(
        instrument=instrument.id,
        language="en",
        status="draft",
        origin="the topics of the definition",
        author="Meetmoment",
        licence=instrument.rights.licence,
        date="2026-01-01",
    )
    return Wording(edition, about, texts)


def codebook_csv(versions: Iterable[Instrument], edition: str, library: Library | None = None) -> str:
    """The variables of some versions, version by version, as CSV.

    Raises:
        ValueError: the edition is not one.
    """
    wanted = Edition.parse(edition)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    head = ["variable", "version", "label", "type", "measure", "values", "origin", "evidence", "provisional"]
    writer.writerow(head)
    for instrument in versions:
        for variable in codebook.variables(instrument, wording(instrument, library, wanted)):
            writer.writerow(
                [
                    variable.name,
                    instrument.version,
                    variable.label,
                    variable.type,
                    variable.measure,
                    listed(variable.values),
                    variable.origin,
                    evidence(instrument, variable),
                    variable.provisional,
                ]
            )
    return out.getvalue()


def listed(values: Mapping[int, str]) -> str:
    """Values and their labels on one line: `0 = no; 1 = yes`."""
    return "; ".join(f"{code} = {label}" for code, label in values.items())


def evidence(instrument: Instrument, variable: Variable) -> str:
    """How well what stands behind a variable is known: the grades of its definition."""
    if variable.score is not None:
        return next(rule.evidence for rule in instrument.scores if rule.id == variable.score)
    if variable.flag is not None:
        grades = {cutoff.evidence for cutoff in instrument.cutoffs if cutoff.score == variable.flag}
        return ", ".join(sorted(grades))
    return instrument.evidence


def _merged(same: Sequence[tuple[Instrument, Variable]]) -> Column:
    """One column for a variable that several versions have."""
    _, first = same[0]
    kind: Kind = "code" if first.type == "code" else "number"
    if first.score is not None:
        kind = "score"
    elif first.type == "text":
        kind = "date"  # free text was left out before
    values: dict[int, str] = {}
    for code in dict.fromkeys(code for _, variable in same for code in variable.values):
        named = [
            (found.version, variable.values[code]) for found, variable in same if code in variable.values
        ]
        values[code] = _named(named)
    return Column(
        name=first.name,
        label=_named([(found.version, variable.label) for found, variable in same]),
        kind=kind,
        measure=first.measure,
        origin=_each(variable.origin for _, variable in same),
        values=values,
        missing=first.item is not None and kind in ("code", "number"),
        evidence=_each(evidence(*each) for each in same),
        provisional=_each(variable.provisional for _, variable in same),
        instrument=same[0][0].id,
    )


def _named(labels: Sequence[tuple[str, str]]) -> str:
    """A label, or where versions differ every label with the versions that use it."""
    by_label: dict[str, list[str]] = {}
    for version, label in labels:
        by_label.setdefault(label, []).append(version)
    if len(by_label) == 1:
        return next(iter(by_label))
    return " | ".join(f"{label} ({', '.join(versions)})" for label, versions in by_label.items())


def _each(texts: Iterable[str]) -> str:
    """Every text that is not empty, once."""
    return "; ".join(dict.fromkeys(text for text in texts if text))
