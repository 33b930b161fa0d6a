"""Scripts beside the files of an export: they read and label them in R and in SPSS, and fit the models.

`read.R`, `read.sps` and `models.sps` follow the columns of the export; `models.R` is the same in all.
They are plain ASCII, so that no locale can garble a label.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from instruments.codebook import missing_values
from instruments.model import MISSING_CODES
from instruments.protocol import Protocol
from survey.exports.columns import Column
from survey.exports.outcomes import OUTCOMES
from survey.exports.sav import LABEL, VALUE_LABEL, widths
from survey.exports.scripts import spss_models
from survey.exports.table import Table
from survey.exports.wanted import AGE_BANDS, FREE_TEXT

_HERE = Path(__file__).parent

_R_CLASSES = {"code": "integer", "number": "integer", "score": "numeric", "text": "character", "date": "Date"}
_SPSS_FORMATS = {"code": "F4.0", "number": "F8.0", "score": "F12.8", "date": "SDATE10"}
#: What SPSS shows, where it is not what it reads.
_SPSS_SHOWN = {"score": "F8.2"}
#: Characters of an SPSS string on one line; longer ones are joined with +.
_PIECE = 200


def write(tables: Sequence[Table], plan: Protocol, folder: Path) -> None:
    """All scripts into the folder of an export."""
    (folder / "read.R").write_text(r_reader(tables, plan), encoding="ascii")
    (folder / "models.R").write_text((_HERE / "models.R").read_text("ascii"), encoding="ascii")
    (folder / "models.sps").write_text(spss_models.syntax(plan, tables), encoding="ascii")
    # SPSS takes a file for UTF-8 when it begins with the mark.
    (folder / "read.sps").write_text(spss_reader(tables), encoding="utf-8-sig")


def r_reader(tables: Sequence[Table], plan: Protocol) -> str:
    """The R script that reads and labels: what it needs to know as lists, then the functions."""
    parts = ["tables <- list()"]
    for table in tables:
        columns = table.columns
        values = [f"{_r_name(each.name)} = {_r_values(each.values)}" for each in columns if each.values]
        parts += [
            f"tables[[{_r(table.name)}]] <- list(",
            f"  classes = {_r_vector({each.name: _r(_R_CLASSES[each.kind]) for each in columns})},",
            f"  labels = {_r_vector({each.name: _r(each.label) for each in columns})},",
            "  values = list(" + ",".join(f"\n    {value}" for value in values) + "),",
            "  missing = c(" + ", ".join(_r(each.name) for each in columns if each.missing) + ")",
            ")",
        ]
    parts.append(f"missing_codes <- {_r_values(missing_values())}")
    parts.append(f"wave_months <- c({', '.join(f'{wave.id} = {wave.months}' for wave in plan.waves)})")
    middles = (f"{(low + high + 1) / 2:g}" for low, high, _ in AGE_BANDS.values())
    parts.append(f"age_band_middle <- c({', '.join(middles)})  # in months, by the code of the band")
    models = (
        f"list(who = {_r(it.who)}, instrument = {_r(it.instrument)}, column = {_r(it.column)})"
        for it in OUTCOMES
    )
    parts.append("models <- list(\n  " + ",\n  ".join(models) + "\n)")
    return (_HERE / "read.R").read_text("ascii") + "\n" + "\n".join(parts) + "\n"


def spss_reader(tables: Sequence[Table]) -> str:
    """The SPSS syntax that reads every .csv, labels it and saves it; the .sav files have the same already."""
    parts = [
        "* Reads the .csv files of this export and labels them. The .sav beside them are the same: this",
        "* is for who wants to see it done. Set the folder first, for instance CD 'C:\\export'.",
        "* Texts with line ends cannot be read from .csv by SPSS: take the .sav of free text for those.",
        "SET DECIMAL=DOT.",
    ]
    for table in tables:
        if table.name not in FREE_TEXT:
            parts += ["", *_spss_table(table)]
    return "\n".join(parts) + "\n"


def _spss_table(table: Table) -> Iterable[str]:
    columns = table.columns
    wide = widths(table)
    yield f"GET DATA /TYPE=TXT /FILE='{table.name}.csv' /ENCODING='UTF8' /ARRANGEMENT=DELIMITED"
    yield "  /DELCASE=LINE /DELIMITERS=',' /QUALIFIER='\"' /FIRSTCASE=2 /VARIABLES="
    for each in columns:
        form = f"A{wide[each.name]}" if each.kind == "text" else _SPSS_FORMATS[each.kind]
        yield f"  {each.name} {form}"
    yield "  ."
    yield f"DATASET NAME {table.name}."
    shown = [f"{each.name} ({_SPSS_SHOWN[each.kind]})" for each in columns if each.kind in _SPSS_SHOWN]
    if shown:
        yield "FORMATS\n  " + "\n  ".join(shown) + "."
    yield "VARIABLE LABELS"
    yield "\n".join(f"  {each.name} {_spss(each.label, LABEL)}" for each in columns) + "."
    labelled = [each for each in columns if each.all_values]
    if labelled:
        yield "VALUE LABELS"
        yield "\n".join(_spss_values(each) for each in labelled) + "."
    missing = [each.name for each in columns if each.missing]
    if missing:
        low, high = min(MISSING_CODES.values()), max(MISSING_CODES.values())
        yield "MISSING VALUES\n  " + "\n  ".join(missing) + f"\n  ({low} THRU {high})."
    for measure in ("nominal", "ordinal", "scale"):
        names = [each.name for each in columns if each.measure == measure]
        if names:
            yield "VARIABLE LEVEL\n  " + "\n  ".join(names) + f"\n  ({measure.upper()})."
    yield f"SAVE OUTFILE='{table.name}_labelled.sav'."


def _spss_values(column: Column) -> str:
    lines = [f"    {code} {_spss(label, VALUE_LABEL)}" for code, label in column.all_values.items()]
    return "\n".join([f"  /{column.name}", *lines])


def _spss(text: str, most: int) -> str:
    """A string constant, cut to what SPSS takes, in pieces that fit on a line."""
    words = " ".join(text.split()).encode()
    if len(words) > most:
        words = words[: most - 3]
        text = words.decode(errors="ignore") + "\u2026"
    else:
        text = words.decode()
    pieces = [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)] or [""]
    return " +\n    ".join("'" + piece.replace("'", "''") + "'" for piece in pieces)


def _r(text: str) -> str:
    """A string of R, in ASCII."""
    return '"' + "".join(_r_character(character) for character in text) + '"'


def _r_character(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character == "\n":
        return "\\n"
    if 32 <= ord(character) < 127:
        return character
    return f"\\u{{{ord(character):x}}}" if ord(character) < 0x10000 else f"\\U{{{ord(character):x}}}"


def _r_name(name: str) -> str:
    return f"`{name}`"


def _r_vector(named: Mapping[str, str]) -> str:
    return "c(" + ",".join(f"\n    {_r_name(name)} = {value}" for name, value in named.items()) + ")"


def _r_values(values: Mapping[int, str]) -> str:
    names = ", ".join(_r(label) for label in values.values())
    return f"structure(c({', '.join(map(str, values))}), names = c({names}))"
