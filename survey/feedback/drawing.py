"""A chart of one figure over the waves: bars with their values above them, told in words to who cannot see.

Nothing in it is coloured by a style sheet of its own: the page's policy allows none. Bars are told apart by
filling, not by colour, and the numbers stand in the table beneath.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

_WIDE, _HIGH, _TOP, _FOOT = 320, 74, 16, 20
_WIDEST = 46


@dataclass(frozen=True)
class Bar:
    """One bar: how high of the whole, and what is written above it. None: nothing is shown there."""

    height: float | None
    text: str


@dataclass(frozen=True)
class Chart:
    """Bars by wave: one row of them for the programme, perhaps a second for the municipality."""

    title: str
    #: All of it in words.
    told: str
    waves: tuple[str, ...]
    programme: tuple[Bar, ...]
    own: tuple[Bar, ...] = ()


def svg(chart: Chart, key: str) -> Markup:
    """The drawing.

    Args:
        key: a name for it that no other drawing on the page has.
    """
    room = _WIDE / max(len(chart.waves), 1)
    rows = [chart.programme, *([chart.own] if chart.own else [])]
    wide = min(_WIDEST, room * 0.8 / len(rows))
    parts: list[str] = []
    for place, wave in enumerate(chart.waves):
        centre = room * (place + 0.5)
        left = centre - wide * len(rows) / 2
        for number, row in enumerate(rows):
            parts += _bar(row[place], left + number * wide, wide, filled=number == 0)
        parts.append(_text(centre, _TOP + _HIGH + 15, wave))
    high = _TOP + _HIGH + _FOOT
    return Markup(
        f'<svg class="chart" role="img" aria-labelledby="{escape(key)}-t {escape(key)}-d"'
        f' viewBox="0 0 {_WIDE} {high}" width="{_WIDE}" height="{high}" font-size="12">'
        f'<title id="{escape(key)}-t">{escape(chart.title)}</title>'
        f'<desc id="{escape(key)}-d">{escape(chart.told)}</desc>'
        + "".join(parts)
        + f'<line x1="0" y1="{_TOP + _HIGH}" x2="{_WIDE}" y2="{_TOP + _HIGH}" stroke="currentColor"/></svg>'
    )


def _bar(bar: Bar, left: float, wide: float, *, filled: bool) -> Sequence[str]:
    height = _HIGH * min(max(bar.height or 0.0, 0.0), 1.0)
    top = _TOP + _HIGH - height
    parts = []
    if bar.height is not None:
        fill = "currentColor" if filled else "none"
        parts.append(
            f'<rect x="{left + 1:.1f}" y="{top:.1f}" width="{wide - 2:.1f}" height="{height:.1f}"'
            f' fill="{fill}" stroke="currentColor" stroke-width="1.5"/>'
        )
    if bar.text:
        parts.append(_text(left + wide / 2, top - 4, bar.text))
    return parts


def _text(centre: float, base: float, text: str) -> str:
    place = f'x="{centre:.1f}" y="{base:.1f}" text-anchor="middle"'
    return f'<text {place} fill="currentColor">{escape(text)}</text>'
