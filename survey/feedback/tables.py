"""The tables of feedback, append-only but for a seal: a draft that is not wanted stays unpublished."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey.models import Base

LANGUAGES = ("nl", "en")
FORMS = ("pdf", "page")


def _known(column: str, words: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


class FeedbackRegions(Base):
    """The regions as they were fixed; the last row counts, and none comes after the first answer."""

    __tablename__ = "feedback_regions"
    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    #: JSON, as in the protocol.
    regions: Mapped[str] = mapped_column(Text)
    fixed_at: Mapped[dt.datetime]


class FeedbackRelease(Base):
    """A draft of a release. Published when `feedback_publication` says so."""

    __tablename__ = "feedback_release"
    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    #: Which date of the calendar it is for, from 1.
    number: Mapped[int]
    #: The day on which the data were so.
    data_on: Mapped[dt.date]
    made_at: Mapped[dt.datetime]
    made_by: Mapped[str] = mapped_column(String(80))
    #: JSON: thresholds, what is shown and hidden, and the SHA-256 of every document.
    manifest: Mapped[str] = mapped_column(Text)
    #: SHA-256 of the manifest, and so of all of it.
    sha256: Mapped[str] = mapped_column(String(64))
    __table_args__ = (CheckConstraint("number >= 1", name="number_from_one"),)


class FeedbackCell(Base):
    """A figure of a place in a period that a release tells anew, and the people it rests on."""

    __tablename__ = "feedback_cell"
    id: Mapped[int] = mapped_column(primary_key=True)
    release_id: Mapped[int] = mapped_column(ForeignKey("feedback_release.id"), index=True)
    figure: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(10))
    place: Mapped[str] = mapped_column(String(60))
    period: Mapped[str] = mapped_column(String(20))
    #: JSON: the number as it is told.
    number: Mapped[str] = mapped_column(Text)
    #: JSON: keyed digests (`naming`) of value, person and family, and whether a share counts it as a yes.
    members: Mapped[str] = mapped_column(Text)
    split: Mapped[bool]


class FeedbackKey(Base):
    """The key with which people are named in the ledger, sealed with that of the service; there is one."""

    __tablename__ = "feedback_key"
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class FeedbackRekeyed(Base):
    """That the people of a release, made before names had a key, were named anew."""

    __tablename__ = "feedback_rekeyed"
    release_id: Mapped[int] = mapped_column(ForeignKey("feedback_release.id"), primary_key=True)
    #: SHA-256 of its groups since, in place of the one in its manifest.
    cells: Mapped[str] = mapped_column(String(64))


class FeedbackDocument(Base):
    """The bytes of a release for one municipality (or for the programme as a whole), in one language."""

    __tablename__ = "feedback_document"
    id: Mapped[int] = mapped_column(primary_key=True)
    release_id: Mapped[int] = mapped_column(ForeignKey("feedback_release.id"), index=True)
    municipality_id: Mapped[int | None] = mapped_column(ForeignKey("municipality.id"))
    language: Mapped[str] = mapped_column(String(12))
    form: Mapped[str] = mapped_column(String(10))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[str] = mapped_column(String(64))
    __table_args__ = (_known("language", LANGUAGES), _known("form", FORMS))


class FeedbackPublication(Base):
    """That a draft was published, by whom. One for each date of the calendar."""

    __tablename__ = "feedback_publication"
    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    release_id: Mapped[int] = mapped_column(ForeignKey("feedback_release.id"), unique=True)
    number: Mapped[int]
    published_at: Mapped[dt.datetime]
    published_by: Mapped[str] = mapped_column(String(80))
    __table_args__ = (UniqueConstraint("study_id", "number"),)
