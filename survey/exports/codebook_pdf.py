"""The codebook to read on paper or keep with a thesis: a tagged PDF, one chapter for every file.

What is noted about every response (`<questionnaire>_version` and so on) is told once for each file, not again
for every questionnaire; the page and the .csv have every column. The same columns give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from html import escape
from itertools import groupby

from instruments.codebook import missing_values
from survey.exports import labels
from survey.exports.columns import OFFICE, Column
from survey.exports.table import Table

_STYLE = """
@page { size: A4 landscape; margin: 14mm 12mm 16mm;
  @bottom-right { content: counter(page) " / " counter(pages); font: 8pt 'Noto Sans' } }
body { font: 8.5pt/1.3 'Noto Sans'; color: #000 }
h1 { font-size: 18pt } h2 { font-size: 13pt; break-before: page } h3 { font-size: 10.5pt; break-after: avoid }
table { border-collapse: collapse; table-layout: fixed; width: 100% }
th, td { border: .5pt solid #777; padding: 1mm 1.5mm; text-align: left; vertical-align: top;
  overflow-wrap: anywhere }
tr { break-inside: avoid }
.name { width: 56mm } .label { width: 88mm } .values { width: 66mm }
"""


def render(tables: Sequence[Table], notes: Sequence[str]) -> bytes:
    """The file."""
    return _typeset(_page(tables, notes))


@lru_cache(maxsize=2)
def _typeset(page: str) -> bytes:
    # The columns of a study change seldom, and laying them out takes seconds.
    from printable import pdf

    return pdf.render(page, ()).pdf


def _page(tables: Sequence[Table], notes: Sequence[str]) -> str:
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Codebook</title>',
        f"<style>{_STYLE}</style></head><body><h1>Codebook</h1>",
        *(f"<p>{_shown(note)}</p>" for note in notes),
        "<h3>Missing</h3><ul>",
        *(f"<li>{code}: {_shown(label)}</li>" for code, label in missing_values().items()),
        "</ul><h3>Files</h3><ul>",
        *(f'<li><a href="#{table.name}">{table.name}</a>: {_shown(table.about)}</li>' for table in tables),
        "</ul>",
    ]
    for table in tables:
        parts.append(f'<h2 id="{table.name}">{table.name}</h2><p>A row is {_shown(table.about)}.</p>')
        parts += _chapter(table)
    return "".join([*parts, "</body></html>"])


def _chapter(table: Table) -> Iterable[str]:
    noted: dict[str, Column] = {}
    for column in table.columns:
        if column.instrument and column.origin == OFFICE:
            noted.setdefault(column.name.removeprefix(f"{column.instrument}_"), column)
    told = False
    for instrument, group in groupby(table.columns, key=lambda column: column.instrument):
        columns = [column for column in group if not (instrument and column.origin == OFFICE)]
        if not instrument:
            yield "<h3>Keys</h3>" + _table([_row(column.name, column) for column in columns])
            continue
        if not told and noted:
            yield "<h3>Noted about every questionnaire</h3>" + _table(
                [_row(f"<questionnaire>_{name}", column) for name, column in noted.items()]
            )
        told = True
        yield f"<h3>{instrument}</h3>" + _table([_row(column.name, column) for column in columns])


def _table(rows: Sequence[str]) -> str:
    head = (
        '<tr><th scope="col" class="name">variable</th><th scope="col" class="label">label</th>'
        '<th scope="col" class="values">values</th><th scope="col">origin and evidence</th></tr>'
    )
    return f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"


def _row(name: str, column: Column) -> str:
    label = column.label
    if column.instrument and column.origin == OFFICE:
        label = label.removeprefix(f"{column.instrument}: ")
    values = labels.listed(column.values) or column.kind
    if column.missing:
        values += "; negative: missing"
    origin = column.origin + (f" [{column.evidence}]" if column.evidence else "")
    if column.provisional:
        origin += f" PROVISIONAL: {column.provisional}"
    cells = "".join(
        f'<td dir="auto">{_shown(cell)}</td>' for cell in (label, f"{values} ({column.measure})", origin)
    )
    return f'<tr><th scope="row">{_shown(name)}</th>{cells}</tr>'


def _shown(text: str) -> str:
    """A text as HTML; a name of a column may break after an underscore."""
    return escape(text).replace("_", "_<wbr>")
