"""The codebook of an export as DDI-Codebook 2.5, the XML that data archives and catalogues read.

One file description for every table of the export, and one variable for every column, with its question,
values, missing codes and origin. Source of the elements, their order and the values of their attributes: the
DDI Alliance's schema of DDI-Codebook 2.5 (namespace `ddi:codebook:2_5`, `codebook.xsd` of 2012-01-17).
"""

from __future__ import annotations

import datetime as dt
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement

from instruments import Edition
from instruments.codebook import missing_values
from instruments.protocol import Protocol
from survey.exports.columns import Column
from survey.exports.sav import FORMATS
from survey.exports.table import Table

NAMESPACE = "ddi:codebook:2_5"
#: How DDI calls what a column holds.
_INTERVALS = {"code": "discrete", "text": "discrete", "number": "contin", "score": "contin", "date": "contin"}
_NATURES = {"nominal": "nominal", "ordinal": "ordinal"}
#: What SPSS calls a scale is one of two in DDI: counts have a true zero, days and scores have none.
_SCALES = {"number": "ratio", "score": "interval", "date": "interval"}
_TYPES = {
    "code": "numeric",
    "number": "numeric",
    "score": "numeric",
    "text": "character",
    "date": "character",
}


def write(
    tables: Sequence[Table], plan: Protocol, edition: Edition, software: str, made: dt.datetime, path: Path
) -> None:
    """All tables of an export as one codebook.

    Args:
        software: what made the export, with its version.
        made: the moment of the last thing in the data.
    """
    root = Element("codeBook", {"xmlns": NAMESPACE, "version": "2.5", "xml:lang": edition.language})
    title = f"Answers and scores of the study {plan.id}"
    # The labels of questions are in the edition that was asked for; what is said here is in English.
    here = {"xml:lang": "en"}
    document = SubElement(SubElement(root, "docDscr", here), "citation")
    _titled(document, f"Codebook: {title}")
    production = SubElement(document, "prodStmt")
    _say(production, "prodDate", made.date().isoformat(), date=made.date().isoformat())
    _say(production, "software", software)
    study = SubElement(root, "stdyDscr", here)
    _titled(SubElement(study, "citation"), title)
    _say(SubElement(study, "stdyInfo"), "abstract", _abstract(plan))
    for table in tables:
        described = SubElement(root, "fileDscr", {"ID": _file(table), **here})
        text = SubElement(described, "fileTxt")
        _say(text, "fileName", f"{table.name}.csv")
        _say(text, "fileCont", f"A row is {table.about}.")
        size = SubElement(text, "dimensns")
        _say(size, "caseQnty", str(table.height))
        _say(size, "varQnty", str(len(table.columns)))
        _say(text, "fileType", "text/csv", charset="UTF-8")
    data = SubElement(root, "dataDscr")
    for table in tables:
        for column in table.columns:
            _variable(data, table, column)
    ElementTree.indent(root)
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def _variable(data: Element, table: Table, column: Column) -> None:
    about = {
        # A name has no dot, so that no variable can get the ID of another, or that of a file.
        "ID": f"{_file(table)}.{column.name}",
        "name": column.name,
        "files": _file(table),
        "intrvl": _INTERVALS[column.kind],
        "nature": _NATURES.get(column.measure) or _SCALES[column.kind],
    }
    variable = SubElement(data, "var", about)
    _say(variable, "labl", column.label)
    if column.missing:
        invalid = SubElement(variable, "invalrng")
        for code in missing_values():
            SubElement(invalid, "item", {"VALUE": str(code)})
    for code, label in column.all_values.items():
        marks = {"missing": "Y"} if code not in column.values else {}
        category = SubElement(variable, "catgry", marks)
        _say(category, "catValu", str(code))
        _say(category, "labl", label)
    if column.instrument:
        _say(variable, "concept", column.instrument)
    if column.kind == "date":
        shape = {"schema": "ISO", "formatname": "date.iso8601", "category": "date"}
    else:
        shape = {"schema": "SPSS", "formatname": FORMATS.get(column.kind, "A")}
    _say(variable, "varFormat", "", type=_TYPES[column.kind], **shape)
    _say(variable, "notes", column.origin, subject="origin")
    if column.evidence:
        _say(variable, "notes", column.evidence, subject="evidence")
    if column.provisional:
        _say(variable, "notes", column.provisional, subject="provisional")


def _abstract(plan: Protocol) -> str:
    waves = ", ".join(f"{wave.id} at {wave.months} months" for wave in plan.waves)
    return f"Repeated questionnaires in families and among professionals: {waves}."


def _titled(citation: Element, title: str) -> None:
    _say(SubElement(citation, "titlStmt"), "titl", title)


def _say(parent: Element, name: str, text: str, **attributes: str) -> None:
    SubElement(parent, name, attributes).text = _printable(text) or None


def _printable(text: str) -> str:
    """A text without the control characters that XML cannot hold."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", text)


def _file(table: Table) -> str:
    return f"F_{table.name}"
