"""What stands on the two pages of a municipality, in one language: sections, rows and sentences."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from instruments import catalogue
from instruments.feedback import Figure, Region
from instruments.protocol import Protocol
from survey.feedback.drawing import Bar, Chart
from survey.feedback.gathering import FAMILIES, NOW, RESPONSE, Place
from survey.feedback.rounding import Number
from survey.feedback.selection import ALL, Cell, Selection
from survey.feedback.words import Words

#: Who is asked in a family, so that their answers belong to a municipality.
_AT_HOME = ("parent", "child")


@dataclass(frozen=True)
class About:
    """What a release is: all documents of it say so."""

    number: int
    on: dt.date
    #: By when the next one is due; none after the last.
    following: dt.date | None
    is_demonstration: bool


@dataclass(frozen=True)
class Shown:
    """A number in a table; `since` is the day on which it was told first, when that was earlier."""

    text: Markup
    since: dt.date | None = None


@dataclass(frozen=True)
class Row:
    """A line of a table: a place with a number for each wave, one for several waves, or nothing shown."""

    name: str
    #: One for each wave; None where nothing is shown.
    cells: tuple[Shown | None, ...]
    #: For the follow-ups together, after the other cells: the waves in words, and the number.
    together: tuple[str, Shown] | None = None
    #: Over how many columns that goes.
    span: int = 0
    #: Whether the group is large enough, and something is hidden because of who would remain.
    is_close: bool = False

    @property
    def is_hidden(self) -> bool:
        """Whether nothing of it may be shown."""
        return self.together is None and not any(self.cells)


@dataclass(frozen=True)
class Section:
    """One figure: a chart, the numbers beneath it, and how to read it."""

    key: str
    title: str
    reading: str
    #: None where no single wave is shown.
    chart: Chart | None
    waves: tuple[str, ...]
    rows: tuple[Row, ...]
    #: On how many respondents each number of the programme rests at the least.
    least: tuple[int | None, ...]

    @property
    def columns(self) -> int:
        """How many columns of numbers its table has."""
        return max(len(self.waves), 1)


@dataclass(frozen=True)
class Contents:
    """The two pages."""

    about: About
    place: str | None
    families: tuple[tuple[str, Shown | None], ...]
    sections: tuple[Section, ...]
    #: Figures that even the programme has too few answers for.
    waiting: tuple[str, ...]
    sentences: tuple[Markup, ...]

    @property
    def repeated(self) -> tuple[dt.date, ...]:
        """The days of earlier releases from which numbers are told again."""
        cells = [cell for _, cell in self.families]
        for section in self.sections:
            for row in section.rows:
                cells += [*row.cells, row.together[1] if row.together else None]
        return tuple(sorted({cell.since for cell in cells if cell is not None and cell.since is not None}))


class Writer:
    """Writes the contents of documents of one release in one language."""

    def __init__(self, selection: Selection, plan: Protocol, about: About, words: Words) -> None:
        self._cells: dict[tuple[str, str, str], tuple[Cell, bool]] = {}
        for cell in selection.again:
            self._cells[cell.figure, *cell.place_period] = (cell, True)
        for cell in selection.new:
            self._cells[cell.figure, *cell.place_period] = (cell, False)
        self._close = {(one.figure, one.place) for one in selection.hidden if one.reason == "close"}
        self._plan = plan
        self._about = about
        self._words = words
        _ = words.gettext
        self._titles = {FAMILIES: _("Families that take part"), RESPONSE: _("Families that answered")}

    def contents(self, place: Place | None, region: Region | None) -> Contents:
        """What one municipality is told; without one, the programme as a whole."""
        _ = self._words.gettext
        names = [(ALL, str(_("Whole project")))]
        if region is not None:
            names.append((f"region:{region.id}", region.name))
        if place is not None:
            names.append((f"municipality:{place.code}", place.name))
        sections = list(self._sections(names))
        shown = {section.key for section in sections}
        waiting = tuple(
            figure.title.speak(self._words.language)
            for figure in self._plan.feedback.figures
            if figure.id not in shown
        )
        families = tuple((name, self._shown(FAMILIES, where, NOW)) for where, name in names)
        return Contents(
            self._about, place.name if place else None, families, tuple(sections), waiting,
            tuple(self._sentences(place)),
        )  # fmt: skip

    def _sections(self, names: Sequence[tuple[str, str]]) -> Iterator[Section]:
        _ = self._words.gettext
        title = str(self._titles[RESPONSE])
        reading = str(
            _(
                "We count families whose time to answer is over. A family has answered when a parent"
                " completed at least one questionnaire."
            )
        )
        found = self._section(RESPONSE, title, reading, (0, 100), names)
        if found is not None:
            yield found
        for figure in self._plan.feedback.figures:
            scale = (0.0, 100.0) if figure.show == "share" else figure.scale(catalogue())
            mine = names if figure.informant in _AT_HOME else names[:1]
            language = self._words.language
            found = self._section(
                figure.id, figure.title.speak(language), figure.reading.speak(language), scale, mine
            )
            if found is not None:
                yield found

    def _section(
        self,
        figure: str,
        title: str,
        reading: str,
        scale: tuple[float, float],
        names: Sequence[tuple[str, str]],
    ) -> Section | None:
        every = [wave.id for wave in self._plan.waves]
        waves = [w for w in every if any((figure, where, w) in self._cells for where, _name in names)]
        rows = tuple(self._row(figure, where, name, waves) for where, name in names)
        if rows[0].is_hidden:
            return None  # what the programme does not show, no place in it does
        labels = tuple(self._wave(wave) for wave in waves)
        found = [self._cells.get((figure, ALL, period)) for period in waves or self._together(figure, ALL)]
        least = tuple(cell[0].number.least if cell else None for cell in found)
        chart = None
        if waves:
            bars = [self._bars(figure, where, waves, scale) for where, _name in names]
            own = bars[-1] if len(bars) > 1 and any(bar.height is not None for bar in bars[-1]) else ()
            chart = Chart(title, self._told(labels, rows), labels, bars[0], own)
        return Section(figure, title, reading, chart, labels, rows, least)

    def _together(self, figure: str, where: str) -> list[str]:
        """The last period of several waves of which a figure is shown, if there is one."""
        return [key[2] for key in self._cells if key[:2] == (figure, where) and "-" in key[2]][-1:]

    def _row(self, figure: str, where: str, name: str, waves: Sequence[str]) -> Row:
        cells = tuple(self._shown(figure, where, wave) for wave in waves)
        start = int(self._plan.waves[0].id in waves[:1])
        if any(cells[start:]):
            return Row(name, cells)
        for period in self._together(figure, where):
            shown = self._shown(figure, where, period)
            assert shown is not None  # it was found among the cells
            first, last = period.split("-")
            words = self._words.gettext(
                "%(first)s to %(last)s together", first=self._wave(first), last=self._wave(last)
            )
            return Row(name, cells[:start], (str(words), shown), max(len(cells) - start, 1))
        return Row(name, cells, is_close=(figure, where) in self._close)

    def _shown(self, figure: str, where: str, period: str) -> Shown | None:
        found = self._cells.get((figure, where, period))
        if found is None:
            return None
        cell, again = found
        return Shown(self._words.number(cell.number), cell.on if again else None)

    def _bars(
        self, figure: str, where: str, waves: Sequence[str], scale: tuple[float, float]
    ) -> tuple[Bar, ...]:
        low, high = scale
        bars = []
        for wave in waves:
            found = self._cells.get((figure, where, wave))
            if found is None:
                bars.append(Bar(None, ""))
                continue
            number = found[0].number
            exact = number.kind in ("mean", "share")
            bars.append(Bar((number.amount - low) / (high - low) if exact else None, self._short(number)))
        return tuple(bars)

    def _short(self, number: Number) -> str:
        sign = {"less": "<", "more": ">"}.get(number.kind, "")
        return f"{sign}{self._words.written(number)}"

    def _told(self, waves: Sequence[str], rows: Sequence[Row]) -> str:
        """A chart in words: every number in it, for who hears it."""
        nothing = str(self._words.gettext("not shown"))
        return " ".join(
            f"{row.name}: "
            + "; ".join(
                f"{wave} {cell.text if cell else nothing}"
                for wave, cell in zip(waves, row.cells, strict=True)
            )
            + "."
            for row in rows
            if any(row.cells)
        )

    def _wave(self, wave_id: str) -> str:
        """A wave as a policy officer knows it: by the months since a family began."""
        months = next(wave.months for wave in self._plan.waves if wave.id == wave_id)
        if not months:
            return str(self._words.gettext("start"))
        return str(self._words.gettext("month %(number)s", number=months))

    def _when(self, wave_id: str) -> Markup:
        months = next(wave.months for wave in self._plan.waves if wave.id == wave_id)
        if not months:
            return self._words.gettext("at the start")
        return self._words.ngettext("after %(num)s month", "after %(num)s months", months)

    def _sentences(self, place: Place | None) -> Iterator[Markup]:
        """The summary, in plain words: only what is shown, and nothing about what it means."""
        _ = self._words.gettext
        families = self._cells.get((FAMILIES, ALL, NOW))
        if families is None:
            yield _("Too few families take part. So we cannot show anything yet.")
            return
        number = self._words.number(families[0].number)
        own = self._cells.get((FAMILIES, f"municipality:{place.code}", NOW)) if place else None
        if own is None:
            yield _("%(number)s families take part in the project.", number=number)
        else:
            yield _(
                "%(number)s families take part in the project, %(own)s of them in %(place)s.",
                number=number, own=self._words.number(own[0].number), place=place.name if place else "",
            )  # fmt: skip
        last = self._last(RESPONSE)
        if last is not None:
            wave, cell = last
            yield _(
                "Of the families whose turn it was %(when)s, %(number)s answered.",
                when=self._when(wave), number=self._words.number(cell.number),
            )  # fmt: skip
        start = self._plan.waves[0].id
        for figure in self._plan.feedback.figures:
            yield from self._sentence(figure)
        told = [(figure.id, self._last(figure.id)) for figure in self._plan.feedback.figures]
        if any(last and last[0] != start and (name, ALL, start) in self._cells for name, last in told):
            yield _(
                "Is a figure higher or lower than at the start? We do not know whether that comes from the"
                " project. Not always the same families answered."
            )

    def _sentence(self, figure: Figure) -> Iterator[Markup]:
        _ = self._words.gettext
        last = self._last(figure.id)
        if last is None:
            return
        wave, cell = last
        first = self._cells.get((figure.id, ALL, self._plan.waves[0].id))
        told = {
            "title": figure.title.speak(self._words.language), "number": self._words.number(cell.number),
            "when": self._when(wave),
        }  # fmt: skip
        mean = figure.show == "mean"
        if first is None or wave == self._plan.waves[0].id:
            plain = _("%(title)s: %(number)s %(when)s.", **told)
            text = _("%(title)s: %(number)s on average %(when)s.", **told) if mean else plain
        else:
            told["first"] = self._words.number(first[0].number)
            plain = _("%(title)s: %(first)s at the start, and %(number)s %(when)s.", **told)
            average = _(
                "%(title)s: %(first)s on average at the start, and %(number)s on average %(when)s.", **told
            )
            text = average if mean else plain
        # Everybody knows what a grade is; what other numbers mean is said at once.
        yield text if figure.grade or not mean else text + " " + figure.reading.speak(self._words.language)

    def _last(self, figure: str) -> tuple[str, Cell] | None:
        """The last wave of which the programme's figure is shown."""
        for wave in reversed(self._plan.waves):
            found = self._cells.get((figure, ALL, wave.id))
            if found is not None:
                return wave.id, found[0]
        return None
