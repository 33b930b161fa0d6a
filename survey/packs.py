"""Packs: what goes on paper for a family in a wave, and the sheets that are recorded for it.

For every respondent a cover and, behind it, every questionnaire that is still to be answered, in the
edition that person reads. Templates are laid out once; a family costs one transaction. A questionnaire
that has no wording for somebody's language is left out and told about: nobody is handed another language
without being asked.

Importing this module loads the typesetter.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy.engine import Connection

from instruments import Edition, Instrument, catalogue
from instruments.protocol import Protocol
from instruments.wording import Library
from printable import letters, pages
from printable.letters import Audience, Sender
from printable.pack import Pack, Part
from printable.pdf import Template
from printable.sheet import Spec, build, too_young
from printable.shelf import Shelf
from printable.stamp import Identity
from printable.words import Words
from survey import families, moments, responses, schedule, sheets, windows
from survey.batches import Batch
from survey.db import Database
from survey.fieldwork import consent
from survey.keys import Keys
from survey.schedule import Pocket, Task
from survey.sheets import Wanted

#: How often a family is looked at again when somebody opens a questionnaire while its pack is made.
_ATTEMPTS = 3


class CannotPrint(ValueError):
    """Nothing of what was asked for can be printed; the message says why."""


class _Changed(Exception):
    """A response was opened on screen with another version between planning and recording."""


@dataclass(frozen=True)
class Copy:
    """One questionnaire for one person, as it is about to be printed."""

    task: Task
    instrument: Instrument
    edition: Edition
    template: Template
    title: str
    about: str


@dataclass(frozen=True)
class Envelope:
    """What one respondent gets: the cover, and what lies under it."""

    respondent_id: int
    #: Of the respondent.
    code: str
    edition: Edition
    audience: Audience
    #: For whom, in neutral words of the edition.
    told: str
    cover: Template
    copies: tuple[Copy, ...]


#: Why something cannot be printed: nobody noted consent, a language without texts for paper, or a
#: questionnaire that may not be printed in somebody's language.
Reason = Literal["consent", "paper", "wording"]


@dataclass(frozen=True)
class LeftOut:
    """What cannot be printed for one person, and why; as text it is a line for who printed it."""

    #: The respondent's code.
    code: str
    reason: Reason
    #: The language and reading level that it would have been in.
    edition: Edition
    #: What exactly is amiss, for who can mend it.
    detail: str = ""

    def __str__(self) -> str:
        if self.reason == "consent":
            return f"{self.code}: no consent was noted, and without it nothing is handed out"
        if self.reason == "paper":
            return f"{self.code}: {self.edition} has no words for paper, such as {self.detail!r}"
        return f"{self.code}: {self.detail}"


@dataclass(frozen=True)
class Plan:
    """A family's pack before anything is recorded of it."""

    family_id: int
    code: str
    envelopes: tuple[Envelope, ...]
    #: What cannot be printed, and why.
    left_out: tuple[LeftOut, ...]
    #: What is printed in the other reading level of somebody's language, one line each.
    notes: tuple[str, ...]


@dataclass
class Press:
    """Everything that printing needs: the study's words and plan, and the templates laid out so far."""

    db: Database
    protocol: Protocol
    library: Library
    words: Words
    #: The key of the server that codes are made with.
    key: Keys
    #: The address that the codes lead to.
    base: str
    sender: Sender
    #: Whether the study is for real, and so refuses wording that was not reviewed.
    live: bool
    shelf: Shelf = field(default_factory=Shelf)
    clock: Callable[[], dt.datetime] = moments.now
    _covers: dict[tuple[Edition, Audience], Template] = field(default_factory=dict)
    _sheets: dict[tuple[str, Edition, frozenset[str]], Template] = field(default_factory=dict)
    _kept: dict[str, int] = field(default_factory=dict)

    def plan(
        self,
        family: families.Family,
        on: dt.date,
        wave: str | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Plan:
        """What a family is to be handed on a day; empty when that is another wave than the one named.

        Args:
            progress: told before each person how many are done, of how many; it may end this by raising.
        """
        left_out: list[LeftOut] = []
        envelopes = []
        parents = [member for member in family.members if member.role == "parent"]
        without = self._without_consent(family, on)
        for done, member in enumerate(family.members):
            if progress is not None:
                progress(done, len(family.members))
            if member.respondent_id in without:
                left_out.append(LeftOut(member.code, "consent", member.edition))
                continue
            pocket = schedule.pocket(self.db, self.protocol, member.respondent_id, on)
            if pocket.wave is None or wave not in (None, pocket.wave):
                continue
            number = parents.index(member) + 1 if member in parents else 0
            made = self._envelope(pocket, member.code, number, on, left_out)
            if made is not None:
                envelopes.append(made)
        notes = [
            f"{envelope.code}: {copy.instrument.key} is there in {copy.edition}, not in {envelope.edition}"
            for envelope in envelopes
            for copy in envelope.copies
            if copy.edition != envelope.edition
        ]
        return Plan(family.id, family.code, tuple(envelopes), tuple(left_out), tuple(notes))

    def pack(self, batch: Batch, family: families.Family, wave: str | None = None) -> tuple[Pack, Plan]:
        """The pack of a family, its sheets recorded. Doing so again gives the same pack.

        Raises:
            CannotPrint: the questionnaires change faster than they can be printed, or the run began with
                a key that was taken away.
        """
        for _ in range(_ATTEMPTS):
            plan = self.plan(family, batch.day, wave)
            for envelope in plan.envelopes:
                for copy in envelope.copies:
                    self._keep(copy)
            try:
                return Pack(plan.code, self.db.write(self._recording(batch, plan))), plan
            except _Changed:
                continue
            except sheets.KeyGone as error:
                raise CannotPrint(
                    "this run began with a key that is not known any more; name that key in"
                    " MEETMOMENT_OLD_SHEET_KEYS, or print to a file of another name"
                ) from error
        raise CannotPrint(f"family {family.code} keeps opening questionnaires; print its pack later")

    def edition_for(self, instrument: Instrument, wanted: Edition, on: dt.date) -> tuple[Edition | None, str]:
        """The edition to print for a reader: theirs, else the other reading level of their language.

        None with the reason, when neither may be printed.
        """
        other: Literal["standard", "easy"] = "standard" if wanted.reading == "easy" else "easy"
        why = ""
        for edition in (wanted, Edition(wanted.language, other)):
            refusals = self.library.refusals(instrument, edition, live=self.live, mode="paper", on=on)
            if not refusals:
                return edition, ""
            why = why or refusals[0]
        return None, why

    def sheet(self, instrument: Instrument, edition: Edition, left_out: frozenset[str]) -> Template:
        """The template of a questionnaire, laid out once."""
        key = (instrument.key, edition, left_out)
        if key not in self._sheets:
            spec = Spec(instrument, self.library.wording(instrument, edition), left_out)
            self._sheets[key] = build(spec, self.words.gettext(edition), self.shelf.render)
        return self._sheets[key]

    def cover(self, edition: Edition, audience: Audience) -> Template:
        """The cover for a kind of reader, laid out once."""
        if (edition, audience) not in self._covers:
            self._covers[edition, audience] = letters.cover(
                edition,
                self.words.gettext(edition),
                self.sender,
                self.base,
                audience=audience,
                render=self.shelf.render,
            )
        return self._covers[edition, audience]

    def _without_consent(self, family: families.Family, on: dt.date) -> set[int]:
        """The members whose consent is missing, where the study keeps a ledger: a code is a link too."""
        if not self.protocol.consent_required:
            return set()
        standings = consent.of_families(self.db, on, [family.id])[family.id]
        return {number for number, standing in standings.items() if standing.missing}

    def _envelope(
        self, pocket: Pocket, code: str, number: int, on: dt.date, left_out: list[LeftOut]
    ) -> Envelope | None:
        missing = self.words.missing(pocket.edition, pages.msgids(*pages.SHEET))
        if missing:
            left_out.append(LeftOut(code, "paper", pocket.edition, missing[0]))
            return None
        copies = []
        for task in pocket.left:
            instrument = catalogue().get(task.instrument, task.version)
            edition, why = self.edition_for(instrument, pocket.edition, on)
            if edition is None:
                left_out.append(LeftOut(code, "wording", pocket.edition, why))
                continue
            template = self.sheet(instrument, edition, too_young(instrument, task.age_months))
            title = self.library.wording(instrument, edition).text("title")
            about = self._about(task, edition)
            copies.append(Copy(task, instrument, edition, template, title, about))
        if not copies:
            return None
        gettext = self.words.gettext(pocket.edition)
        if pocket.role == "child":
            told = pages.phrase("for_child", gettext, years=pocket.age_years)
        else:
            told = pages.phrase("for_parent", gettext, number=number)
        audience: Audience = "child" if pocket.role == "child" else "parent"
        return Envelope(
            pocket.respondent_id,
            code,
            pocket.edition,
            audience,
            f"{told} · {code}",
            self.cover(pocket.edition, audience),
            tuple(copies),
        )

    def _about(self, task: Task, edition: Edition) -> str:
        gettext = self.words.gettext(edition)
        if task.subject != "child":
            name = {"respondent": "yourself", "family": "family"}.get(task.subject, "project")
            return pages.phrase(f"about_{name}", gettext)
        if not task.child_age_years:
            return pages.phrase("about_baby", gettext)
        return pages.phrase("about_child", gettext, years=task.child_age_years)

    def _recording(self, batch: Batch, plan: Plan) -> Callable[[Connection], tuple[Part, ...]]:
        now = self.clock()

        def work(connection: Connection) -> tuple[Part, ...]:
            parts: list[Part] = []
            for envelope in plan.envelopes:
                parts += self._recorded(connection, batch, envelope, now)
            return tuple(parts)

        return work

    def _recorded(
        self, connection: Connection, batch: Batch, envelope: Envelope, now: dt.datetime
    ) -> Iterator[Part]:
        expires = _end_of(max(copy.task.closes for copy in envelope.copies))
        name = f"cover:{envelope.respondent_id}"
        wanted = Wanted(name, "cover", envelope.respondent_id, None, None, expires)
        code = sheets.issue_on(connection, self.key, batch.id, batch.seed, wanted, now)
        gettext = self.words.gettext(envelope.edition)
        texts = {
            "for": envelope.told,
            "contents": "\n".join(_line(copy, gettext) for copy in envelope.copies),
            "blank": pages.phrase("blank", gettext),
        }
        yield Part(envelope.cover, Identity(code, envelope.edition, texts))
        for copy in envelope.copies:
            response_id, version = responses.open_on(
                connection, envelope.respondent_id, copy.task, now=now, edition=copy.edition, mode="paper"
            )
            if version != copy.task.version:
                raise _Changed
            wanted = Wanted(
                copy.task.key,
                "questionnaire",
                envelope.respondent_id,
                response_id,
                self._kept[copy.template.sha256],
                _end_of(copy.task.closes),
            )
            code = sheets.issue_on(connection, self.key, batch.id, batch.seed, wanted, now)
            blank = pages.phrase("blank", self.words.gettext(copy.edition))
            yield Part(copy.template, Identity(code, copy.edition, {"about": copy.about, "blank": blank}))

    def _keep(self, copy: Copy) -> None:
        """Keep the template of a copy in the database, before it is stamped for the first time."""
        if copy.template.sha256 in self._kept:
            return

        def work(connection: Connection) -> int:
            return sheets.keep_template_on(
                connection,
                copy.template.layout,
                copy.template.pdf,
                instrument=(copy.instrument.id, copy.instrument.version, copy.instrument.revision),
                edition=(copy.edition.language, copy.edition.reading),
                now=self.clock(),
            )

        self._kept[copy.template.sha256] = self.db.write(work)


def in_wave(db: Database, protocol: Protocol, wave: str, on: dt.date) -> Sequence[families.Family]:
    """The families for whom a wave is open on a day, in the order of their municipalities and codes."""
    found = [
        family
        for family in families.listing(db)
        if family.status == "active"
        and any(
            window.wave == wave and window.holds(on) for window in windows.of_family(db, protocol, family.id)
        )
    ]
    return sorted(found, key=lambda family: (family.municipality, family.code))


def _line(copy: Copy, gettext: pages.Gettext) -> str:
    about = copy.about[:1].lower() + copy.about[1:]
    return pages.phrase("line", gettext, title=copy.title, about=about, minutes=copy.task.minutes)


def _end_of(day: dt.date) -> dt.datetime:
    """The first moment after a day, where the study lives."""
    return dt.datetime.combine(day + dt.timedelta(1), dt.time(), moments.ZONE)
