"""The codebook of an export: every column of every file, as CSV and as a page to read."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from html import escape
from pathlib import Path

from instruments.codebook import missing_values
from survey.exports import labels
from survey.exports.columns import Column
from survey.exports.table import Table

_HEAD = (
    "file",
    "variable",
    "label",
    "type",
    "measure",
    "values",
    "missing",
    "instrument",
    "origin",
    "evidence",
    "provisional",
)

_STYLE = (
    "body{font:1rem/1.4 'Noto Sans',sans-serif;margin:2rem}p,ul{max-width:50rem}"
    "table{border-collapse:collapse;width:100%}"
    "th,td{border:1px solid #888;padding:.3rem .5rem;text-align:left;vertical-align:top}"
    "td:first-child{font-family:'Noto Sans Mono',monospace;white-space:nowrap}"
    ".wide{overflow-x:auto}"
)


def write_csv(tables: Sequence[Table], path: Path) -> None:
    """One line per column, for programs."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_HEAD)
        for table in tables:
            writer.writerows([table.name, *_line(column)] for column in table.columns)


def write_html(tables: Sequence[Table], path: Path, notes: Sequence[str]) -> None:
    """The same to read, with what holds for all files above it."""
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1"><title>Codebook</title>',
        f"<style>{_STYLE}</style></head><body><h1>Codebook</h1>",
        *(f"<p>{escape(note)}</p>" for note in notes),
        '<h2 id="missing">Missing</h2><ul>',
        *(f"<li>{code}: {escape(label)}</li>" for code, label in missing_values().items()),
        "</ul><h2>Files</h2><ul>",
        *(f'<li><a href="#{table.name}">{table.name}</a>: {escape(table.about)}</li>' for table in tables),
        "</ul>",
    ]
    for table in tables:
        parts.append(
            f'<h2 id="{table.name}">{table.name}</h2><p>A row is {escape(table.about)}.</p>'
            f'<div class="wide" tabindex="0" role="region" aria-label="{table.name}"><table><tr>'
        )
        parts += [f'<th scope="col">{name}</th>' for name in _HEAD[1:]]
        parts.append("</tr>")
        for column in table.columns:
            cells = "".join(f"<td>{cell}</td>" for cell in _read(column))
            parts.append(f"<tr>{cells}</tr>")
        parts.append("</table></div>")
    parts.append("</body></html>\n")
    path.write_text("\n".join(parts), encoding="utf-8")


def _read(column: Column) -> list[str]:
    """The cells of a line as HTML. What every negative code means is told once, at the top."""
    codes = sorted(missing_values(), reverse=True)
    shown = [escape(cell) for cell in _line(column)]
    if column.missing:
        shown[_HEAD.index("missing") - 1] = f'<a href="#missing">{codes[0]} to {codes[-1]}</a>'
    return shown


def _line(column: Column) -> tuple[str, ...]:
    return (
        column.name,
        column.label,
        column.kind,
        column.measure,
        labels.listed(column.values),
        labels.listed(missing_values()) if column.missing else "",
        column.instrument,
        column.origin,
        column.evidence,
        column.provisional,
    )
