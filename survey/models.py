"""The tables. What a column may hold is said here, and the database holds everyone to it.

Nothing outside the rooms of `survey` imports this module; the web asks the rooms. A new questionnaire
needs no new table: items are rows of `answer`, versions are names in `response`.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from survey.moments import Moment

STUDY_KINDS = ("demo", "live")
FAMILY_STATUSES = ("active", "paused", "stopped")
SEXES = ("girl", "boy", "other")
PROFESSIONS = ("linking_pin", "childcare_worker", "interviewer")
ROLES = ("parent", "child", *PROFESSIONS)
SUBJECTS = ("child", "respondent", "family", "project")
READINGS = ("standard", "easy")
MODES = ("web", "paper", "assisted")
ASSISTANCE = ("none", "helper", "interpreter")
STATUSES = ("open", "complete", "stopped", "void")
#: See `assents`.
DECISIONS = ("yes", "no", "not_now")
MISSING = ("skipped", "not_applicable", "unreadable", "two_marks")
SOURCES = ("web", "entry", "scan")
#: The number of something of which there are more than 32 bits can count. SQLite counts rows by `INTEGER`,
#: which has 64 bits there.
MANY = BigInteger().with_variant(Integer(), "sqlite")


def _one_of(column: str, words: tuple[str, ...]) -> CheckConstraint:
    """The column holds one of the words (or nothing, where it may)."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def _exactly_one(name: str, *columns: str) -> CheckConstraint:
    """One of the columns is filled, the others are empty."""
    counted = " + ".join(f"CASE WHEN {column} IS NULL THEN 0 ELSE 1 END" for column in columns)
    return CheckConstraint(f"{counted} = 1", name=name)


class Base(DeclarativeBase):
    """What all tables share: names for constraints, so that a failure says which rule was broken."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {dt.datetime: Moment(), dt.date: Date()}


class Study(Base):
    """The study of this database; one for now."""

    __tablename__ = "study"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    #: `live` refuses demonstration and draft wording.
    kind: Mapped[str] = mapped_column(String(10))
    #: `default`, or the name of a protocol file.
    protocol: Mapped[str] = mapped_column(String(200))
    #: The languages it is held in, separated by spaces, the usual one first.
    languages: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[dt.datetime]
    __table_args__ = (_one_of("kind", STUDY_KINDS),)


class Municipality(Base):
    """Where families take part."""

    __tablename__ = "municipality"
    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    code: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(200))
    __table_args__ = (UniqueConstraint("study_id", "code"),)


class Family(Base):
    """A household, known by its code only."""

    __tablename__ = "family"
    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipality.id"), index=True)
    code: Mapped[str] = mapped_column(String(12), unique=True)
    #: The day on which the family was included; every wave counts from it.
    t0: Mapped[dt.date]
    #: `paused`: asked nothing for now; `stopped`: withdrew.
    status: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[dt.datetime]
    __table_args__ = (_one_of("status", FAMILY_STATUSES),)


class Child(Base):
    """A child in a family."""

    __tablename__ = "child"
    id: Mapped[int] = mapped_column(primary_key=True)
    family_id: Mapped[int] = mapped_column(ForeignKey("family.id"), index=True)
    code: Mapped[str] = mapped_column(String(12), unique=True)
    #: The first day of the month of birth: the day itself is not needed and not kept.
    birth_month: Mapped[dt.date]
    sex: Mapped[str | None] = mapped_column(String(5))
    #: The parent who fills in the questionnaires about this child.
    reporter_id: Mapped[int | None] = mapped_column(
        ForeignKey("respondent.id", use_alter=True, name="fk_child_reporter_id")
    )
    __table_args__ = (
        _one_of("sex", SEXES),
        CheckConstraint("substr(birth_month, 9) = '01'", name="first_of_month").ddl_if(dialect="sqlite"),
        CheckConstraint("EXTRACT(DAY FROM birth_month) = 1", name="first_of_month").ddl_if(
            dialect="postgresql"
        ),
        # So that a child respondent can be held to its own family, below.
        UniqueConstraint("id", "family_id"),
    )


class Professional(Base):
    """A linking pin, childcare worker or interviewer, with a clock of their own."""

    __tablename__ = "professional"
    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    role: Mapped[str] = mapped_column(String(20))
    code: Mapped[str] = mapped_column(String(12), unique=True)
    #: T0 of the first family they worked with; set once, kept even if that family leaves.
    clock_start: Mapped[dt.date | None]
    #: Whose work they took over.
    predecessor_id: Mapped[int | None] = mapped_column(ForeignKey("professional.id"))
    active_from: Mapped[dt.date]
    active_to: Mapped[dt.date | None]
    __table_args__ = (
        _one_of("role", PROFESSIONS),
        CheckConstraint("active_to >= active_from", name="active_in_order"),
        UniqueConstraint("id", "role"),
    )


class Assignment(Base):
    """A period in which a professional works with a family (linking pin) or a child (childcare worker)."""

    __tablename__ = "assignment"
    id: Mapped[int] = mapped_column(primary_key=True)
    professional_id: Mapped[int] = mapped_column(ForeignKey("professional.id"), index=True)
    family_id: Mapped[int | None] = mapped_column(ForeignKey("family.id"), index=True)
    child_id: Mapped[int | None] = mapped_column(ForeignKey("child.id"), index=True)
    starts_on: Mapped[dt.date]
    ends_on: Mapped[dt.date | None]
    __table_args__ = (
        _exactly_one("one_target", "family_id", "child_id"),
        CheckConstraint("ends_on >= starts_on", name="in_order"),
    )


class Respondent(Base):
    """A person who answers."""

    __tablename__ = "respondent"
    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    role: Mapped[str] = mapped_column(String(20))
    family_id: Mapped[int | None] = mapped_column(ForeignKey("family.id"), index=True)
    #: Which child this is, when a child answers.
    child_id: Mapped[int | None] = mapped_column(unique=True)
    professional_id: Mapped[int | None] = mapped_column(unique=True)
    code: Mapped[str] = mapped_column(String(12), unique=True)
    #: The edition this person prefers.
    language: Mapped[str] = mapped_column(String(12))
    reading: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[dt.datetime]
    __table_args__ = (
        ForeignKeyConstraint(["child_id", "family_id"], ["child.id", "child.family_id"]),
        ForeignKeyConstraint(["professional_id", "role"], ["professional.id", "professional.role"]),
        _one_of("role", ROLES),
        _one_of("reading", READINGS),
        CheckConstraint(
            "CASE role WHEN 'parent' THEN family_id IS NOT NULL AND child_id IS NULL"
            " AND professional_id IS NULL"
            " WHEN 'child' THEN family_id IS NOT NULL AND child_id IS NOT NULL AND professional_id IS NULL"
            " ELSE family_id IS NULL AND child_id IS NULL AND professional_id IS NOT NULL END",
            name="role_fits",
        ),
    )


class Response(Base):
    """One respondent answering one version about one subject in one wave; exists from its first opening."""

    __tablename__ = "response"
    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    respondent_id: Mapped[int] = mapped_column(ForeignKey("respondent.id"), index=True)
    #: respondent:battery:instrument:child or 0:wave; what makes opening twice harmless.
    key: Mapped[str] = mapped_column(String(160), unique=True)
    battery: Mapped[str] = mapped_column(String(40))
    #: Instrument, version and revision as they were at the first opening; never changed afterwards.
    instrument: Mapped[str] = mapped_column(String(40))
    version: Mapped[str] = mapped_column(String(40))
    revision: Mapped[int]
    subject: Mapped[str] = mapped_column(String(10))
    child_id: Mapped[int | None] = mapped_column(ForeignKey("child.id"), index=True)
    wave: Mapped[str] = mapped_column(String(40))
    #: The child's age in completed months that chose the version.
    age_months: Mapped[int | None]
    language: Mapped[str] = mapped_column(String(12))
    reading: Mapped[str] = mapped_column(String(10))
    mode: Mapped[str] = mapped_column(String(10))
    assistance: Mapped[str] = mapped_column(String(12))
    status: Mapped[str] = mapped_column(String(10))
    due_on: Mapped[dt.date]
    opens_on: Mapped[dt.date]
    closes_on: Mapped[dt.date]
    first_opened_at: Mapped[dt.datetime]
    completed_at: Mapped[dt.datetime | None]
    #: When answers given on paper were typed in or scanned.
    entered_at: Mapped[dt.datetime | None]
    #: Completed after the window had closed: paper that came in late.
    late: Mapped[bool] = mapped_column(server_default=false())
    __table_args__ = (
        _one_of("subject", SUBJECTS),
        _one_of("reading", READINGS),
        _one_of("mode", MODES),
        _one_of("assistance", ASSISTANCE),
        _one_of("status", STATUSES),
        CheckConstraint("(subject = 'child') = (child_id IS NOT NULL)", name="subject_fits"),
        CheckConstraint("age_months BETWEEN 0 AND 1800", name="age_possible"),
        CheckConstraint("opens_on <= closes_on", name="window_in_order"),
        CheckConstraint("status <> 'complete' OR completed_at IS NOT NULL", name="complete_is_dated"),
    )


class SaveEvent(Base):
    """One save: who gave what, when. Append-only; the history, and what makes a retried save harmless."""

    __tablename__ = "save_event"
    id: Mapped[int] = mapped_column(MANY, primary_key=True)
    response_id: Mapped[int] = mapped_column(ForeignKey("response.id"))
    entry: Mapped[int]
    #: Chosen by whoever saves; the same one again is the same save again.
    sequence: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(String(10))
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visit.id"))
    #: The screen it came from; empty for paper.
    screen: Mapped[str] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(12))
    reading: Mapped[str] = mapped_column(String(10))
    #: JSON: item -> number, text, list of codes, or {"missing": reason}.
    given: Mapped[str] = mapped_column(Text)
    saved_at: Mapped[dt.datetime]
    __table_args__ = (
        UniqueConstraint("response_id", "entry", "sequence"),
        _one_of("source", SOURCES),
        _one_of("reading", READINGS),
        CheckConstraint("entry IN (0, 1, 2)", name="entry_known"),
        CheckConstraint("sequence <> ''", name="sequence_there"),
    )


class Answer(Base):
    """The current answer to one item: a number, a text, or the reason why there is none."""

    __tablename__ = "answer"
    response_id: Mapped[int] = mapped_column(ForeignKey("response.id"), primary_key=True)
    item: Mapped[str] = mapped_column(String(40), primary_key=True)
    #: 0: the respondent; 1 and 2: first and second typing of a paper form.
    entry: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    value: Mapped[int | None]
    #: Text, a date as 2026-11-23, or several codes as 1,3.
    text: Mapped[str | None] = mapped_column(Text)
    missing: Mapped[str | None] = mapped_column(String(20))
    #: The visit in which it was given: only that visit may show it again.
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visit.id"))
    event_id: Mapped[int] = mapped_column(MANY, ForeignKey("save_event.id"))
    saved_at: Mapped[dt.datetime]
    __table_args__ = (
        _exactly_one("one_value", "value", "text", "missing"),
        _one_of("missing", MISSING),
        CheckConstraint("entry IN (0, 1, 2)", name="entry_known"),
        {"sqlite_with_rowid": False},
    )


class Link(Base):
    """A secret address, of which only the digest is known here."""

    __tablename__ = "link"
    id: Mapped[int] = mapped_column(primary_key=True)
    respondent_id: Mapped[int | None] = mapped_column(ForeignKey("respondent.id"), index=True)
    family_id: Mapped[int | None] = mapped_column(ForeignKey("family.id"), index=True)
    #: SHA-256 of the token, in hexadecimal.
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime | None]
    revoked_at: Mapped[dt.datetime | None]
    #: With whose help is answered what is opened with it.
    assistance: Mapped[str] = mapped_column(String(12), server_default="none")
    __table_args__ = (
        _exactly_one("one_target", "respondent_id", "family_id"),
        _one_of("assistance", ASSISTANCE),
    )


class Visit(Base):
    """A session on one device, opened with a link; at most one person's pocket is open in it."""

    __tablename__ = "visit"
    id: Mapped[int] = mapped_column(primary_key=True)
    #: SHA-256 of the secret in the cookie, in hexadecimal.
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("link.id"), index=True)
    #: Whose pocket is open; nobody's while the family page is.
    respondent_id: Mapped[int | None] = mapped_column(ForeignKey("respondent.id"))
    language: Mapped[str] = mapped_column(String(12))
    reading: Mapped[str] = mapped_column(String(10))
    started_at: Mapped[dt.datetime]
    #: The last save or opening, to within five minutes.
    last_seen: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]
    __table_args__ = (_one_of("reading", READINGS),)


class Assent(Base):
    """What a child said when it was asked whether it wants to take part in a wave. Append-only."""

    __tablename__ = "assent"
    id: Mapped[int] = mapped_column(primary_key=True)
    respondent_id: Mapped[int] = mapped_column(ForeignKey("respondent.id"), index=True)
    wave: Mapped[str] = mapped_column(String(40))
    decision: Mapped[str] = mapped_column(String(10))
    visit_id: Mapped[int] = mapped_column(ForeignKey("visit.id"))
    language: Mapped[str] = mapped_column(String(12))
    reading: Mapped[str] = mapped_column(String(10))
    said_at: Mapped[dt.datetime]
    __table_args__ = (_one_of("decision", DECISIONS), _one_of("reading", READINGS))


class Event(Base):
    """One thing that was done, by whom, to what. Append-only; never a token, never an answer."""

    __tablename__ = "event"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime]
    actor: Mapped[str] = mapped_column(String(80))
    action: Mapped[str] = mapped_column(String(40))
    #: What it was done to, as `respondent 12`.
    object: Mapped[str] = mapped_column(String(80))
    #: JSON.
    detail: Mapped[str] = mapped_column(Text)
    __table_args__ = (Index("ix_event_object", "object"),)


class Seal(Base):
    """What binds an event to all before it, so that a change of any of them is noticed. Append-only."""

    __tablename__ = "seal"
    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), unique=True)
    #: SHA-256 of the seal before and of this event, in hexadecimal.
    digest: Mapped[str] = mapped_column(String(64))
