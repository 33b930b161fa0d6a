"""The report as one HTML page: every figure a drawing with its numbers beneath, nothing from outside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from survey.report.contents import Part

_STYLE = (
    "body{font:1rem/1.5 'Noto Sans',sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#111}"
    "table{border-collapse:collapse;margin:.5rem 0}caption{text-align:left;font-weight:bold}"
    "th,td{border:1px solid #767676;padding:.2rem .5rem;text-align:right}"
    "th:first-child,td:first-child{text-align:left}"
    "svg{max-width:100%;height:auto;display:block}section{margin:2.5rem 0;break-inside:avoid}"
    # On a phone a wide table scrolls by itself, and the page does not.
    "@media screen{.wide{overflow-x:auto}}"
)
#: A drawing, in its own units: bars of this width and gap, at most so high.
_BAR, _GAP, _HIGH, _TOP = 56, 34, 110, 46


def html(title: str, about: Sequence[str], chapters: Iterable[tuple[str, Iterable[Part]]]) -> str:
    """The whole page."""
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main><h1>{escape(title)}</h1>",
        *(f"<p>{escape(line)}</p>" for line in about),
    ]
    for heading, content in chapters:
        parts.append(f"<h2>{escape(heading)}</h2>")
        parts += [_section(part) for part in content]
    return "\n".join([*parts, "</main></body></html>\n"])


def save(text: str, path: Path) -> None:
    """Write a page to a file: as tagged PDF where its name ends in .pdf, else as HTML."""
    if path.suffix == ".pdf":
        from printable import pdf  # it takes a second to load

        path.write_bytes(pdf.render(text, ()).pdf)
    else:
        path.write_text(text, encoding="utf-8")


def _section(part: Part) -> str:
    key = part.name.lower().replace(" ", "-")
    drawings = "".join(_drawing(part, row, unit, f"{key}-{row}") for row, unit in part.drawn)
    head = "".join(f'<th scope="col">{escape(cell)}</th>' if cell else "<td></td>" for cell in part.head)
    rows = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in part.rows
    )
    table = (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(part.name)}, the numbers">'
        f"<table><caption>{escape(part.name)}, the numbers</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        if part.rows
        else ""
    )
    note = f"<p>{escape(part.note)}</p>" if part.note else ""
    # A title of its own begins with a capital; else it goes on where the name stops.
    heading = f"<h3>{escape(part.name)}{'.' if part.title[:1].isupper() else ':'} {escape(part.title)}</h3>"
    return f'<section id="{key}">{heading}{drawings}{table}{note}</section>'


def _drawing(part: Part, row: int, unit: str, key: str) -> str:
    """Bars with their values written above them; told in words to who cannot see them."""
    name, *cells = part.rows[row]
    waves = part.head[1:]
    values = [None if cell == "–" else float(cell) for cell in cells]
    known = [value for value in values if value is not None]
    most = {"%": 100.0, "grade": 10.0}.get(unit) or max([*known, 1.0])
    told = "; ".join(
        f"{wave}: {cell if cell != '–' else 'no data'}" for wave, cell in zip(waves, cells, strict=True)
    )
    width = _GAP + (_BAR + _GAP) * len(waves)
    bars = []
    for place, (wave, cell, value) in enumerate(zip(waves, cells, values, strict=True)):
        left = _GAP + place * (_BAR + _GAP)
        centre = left + _BAR / 2
        high = 0.0 if value is None else max(_HIGH * value / most, 0.0)
        floor = _TOP + _HIGH
        bars.append(
            f'<rect x="{left}" y="{floor - high:.1f}" width="{_BAR}" height="{high:.1f}" fill="#1a4a7a"/>'
            f'<text x="{centre}" y="{floor - high - 5:.1f}" text-anchor="middle">{escape(cell)}</text>'
            f'<text x="{centre}" y="{floor + 18}" text-anchor="middle">{escape(wave)}</text>'
        )
    size = f'viewBox="0 0 {width} {_TOP + _HIGH + 28}" width="{width}" height="{_TOP + _HIGH + 28}"'
    return (
        f'<svg role="img" aria-labelledby="{key}-title {key}-words" {size} font-size="14">'
        f'<title id="{key}-title">{escape(part.title)}: {escape(name)}</title>'
        f'<desc id="{key}-words">{escape(told)}</desc>'
        f'<text x="0" y="16" font-weight="bold">{escape(name)}</text>'
        f'<line x1="0" y1="{_TOP + _HIGH}" x2="{width}" y2="{_TOP + _HIGH}" stroke="#111"/>'
        + "".join(bars)
        + "</svg>"
    )
