"""The tables of paper: what was printed, what came back, who typed it, and what was decided.

A sheet has a row in `link` as well: its code is a short way into the same pocket, of which, as of every
link, only a digest is kept.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey.models import Base

BATCH_KINDS = ("family", "wave")
BATCH_STATUSES = ("printing", "stopped", "done")
SHEET_KINDS = ("questionnaire", "cover", "card")
SHEET_STATUSES = ("printed", "returned", "entered", "confirmed", "withdrawn", "dead")
KEPT = ("paper", "web")
RULES = ("only", "earliest", "person")
TYPED = ("entry", "scan")


def _known(column: str, words: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


class PaperTemplate(Base):
    """A questionnaire as it was laid out for printing, kept once. What is out is read with this, for ever."""

    __tablename__ = "paper_template"
    id: Mapped[int] = mapped_column(primary_key=True)
    #: Of the PDF, in hexadecimal.
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    instrument: Mapped[str] = mapped_column(String(40))
    version: Mapped[str] = mapped_column(String(40))
    revision: Mapped[int]
    language: Mapped[str] = mapped_column(String(12))
    reading: Mapped[str] = mapped_column(String(10))
    sides: Mapped[int]
    #: The box map, as JSON (`printable.boxes`).
    layout: Mapped[str] = mapped_column(Text)
    #: The page itself without an identity: a scan is compared with it.
    pdf: Mapped[bytes] = mapped_column(LargeBinary)
    kept_at: Mapped[dt.datetime]
    __table_args__ = (CheckConstraint("sides > 0", name="sides_there"),)


class Batch(Base):
    """One print run: a family's pack, or the packs of a whole wave in one file."""

    __tablename__ = "batch"
    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    kind: Mapped[str] = mapped_column(String(10))
    #: The code of the family, or the wave.
    target: Mapped[str] = mapped_column(String(40))
    #: The name of the file, by which a run that was stopped is found again.
    file: Mapped[str] = mapped_column(String(200))
    #: The day that decided what is due, and at which age.
    day: Mapped[dt.date]
    #: Random; with the key of the server it gives the codes of the sheets, so that a run that goes on
    #: prints the codes that it began with.
    seed: Mapped[str] = mapped_column(String(32))
    status: Mapped[str] = mapped_column(String(10))
    made_by: Mapped[str] = mapped_column(String(80))
    made_at: Mapped[dt.datetime]
    packs: Mapped[int | None]
    sides: Mapped[int | None]
    #: Of the finished file, in hexadecimal.
    sha256: Mapped[str | None] = mapped_column(String(64))
    finished_at: Mapped[dt.datetime | None]
    __table_args__ = (_known("kind", BATCH_KINDS), _known("status", BATCH_STATUSES))


class Sheet(Base):
    """One printed copy: of a response's questionnaire, or of what leads a respondent to theirs."""

    __tablename__ = "sheet"
    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id"))
    #: What it is in its batch: the key of a response, or `cover:` and the number of a respondent.
    name: Mapped[str] = mapped_column(String(160))
    kind: Mapped[str] = mapped_column(String(20))
    respondent_id: Mapped[int] = mapped_column(ForeignKey("respondent.id"), index=True)
    response_id: Mapped[int | None] = mapped_column(ForeignKey("response.id"), index=True)
    template_id: Mapped[int | None] = mapped_column(ForeignKey("paper_template.id"))
    #: Holds the digest of its code, and until when the code opens something.
    link_id: Mapped[int] = mapped_column(ForeignKey("link.id"), unique=True)
    status: Mapped[str] = mapped_column(String(10))
    printed_at: Mapped[dt.datetime]
    #: When its first side came back.
    returned_at: Mapped[dt.datetime | None]
    __table_args__ = (
        UniqueConstraint("batch_id", "name"),
        _known("kind", SHEET_KINDS),
        _known("status", SHEET_STATUSES),
        CheckConstraint("(kind = 'questionnaire') = (response_id IS NOT NULL)", name="response_fits"),
        CheckConstraint("(kind = 'questionnaire') = (template_id IS NOT NULL)", name="template_fits"),
        CheckConstraint(
            "status NOT IN ('returned', 'entered', 'confirmed') OR returned_at IS NOT NULL",
            name="return_is_dated",
        ),
    )


class SheetSide(Base):
    """A side of a sheet that came back."""

    __tablename__ = "sheet_side"
    sheet_id: Mapped[int] = mapped_column(ForeignKey("sheet.id"), primary_key=True)
    side: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seen_by: Mapped[str] = mapped_column(String(80))
    seen_at: Mapped[dt.datetime]


class Typing(Base):
    """One typing of a sheet by one person. Two at the most, and never both by the same."""

    __tablename__ = "typing"
    id: Mapped[int] = mapped_column(primary_key=True)
    response_id: Mapped[int] = mapped_column(ForeignKey("response.id"))
    sheet_id: Mapped[int] = mapped_column(ForeignKey("sheet.id"), index=True)
    entry: Mapped[int]
    typist: Mapped[str] = mapped_column(String(80))
    begun_at: Mapped[dt.datetime]
    finished_at: Mapped[dt.datetime | None]
    #: Typed from the paper, or confirmed beside the picture of a scan.
    source: Mapped[str] = mapped_column(String(10), server_default="entry")
    __table_args__ = (
        UniqueConstraint("response_id", "entry"),
        UniqueConstraint("response_id", "typist"),
        _known("source", TYPED),
        CheckConstraint("entry IN (1, 2)", name="entry_known"),
    )


class Decision(Base):
    """What somebody decided about one item that two people had typed differently. Append-only."""

    __tablename__ = "decision"
    id: Mapped[int] = mapped_column(primary_key=True)
    response_id: Mapped[int] = mapped_column(ForeignKey("response.id"), index=True)
    item: Mapped[str] = mapped_column(String(40))
    #: Both readings and the decision, as JSON, in the form of `save_event.given`; null: left open.
    first: Mapped[str] = mapped_column(Text)
    second: Mapped[str] = mapped_column(Text)
    settled: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[str] = mapped_column(String(80))
    decided_at: Mapped[dt.datetime]


class Settlement(Base):
    """Which answers count for a response that came in on paper, and by which rule. Append-only."""

    __tablename__ = "settlement"
    id: Mapped[int] = mapped_column(primary_key=True)
    response_id: Mapped[int] = mapped_column(ForeignKey("response.id"), index=True)
    sheet_id: Mapped[int] = mapped_column(ForeignKey("sheet.id"))
    kept: Mapped[str] = mapped_column(String(10))
    #: `only`: nothing complete came in on screen; `earliest`: what was complete first; `person`: decided.
    rule: Mapped[str] = mapped_column(String(10))
    paper_at: Mapped[dt.datetime]
    web_at: Mapped[dt.datetime | None]
    decided_by: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str] = mapped_column(String(400))
    decided_at: Mapped[dt.datetime]
    __table_args__ = (_known("kept", KEPT), _known("rule", RULES))


class CodeTry(Base):
    """One try to open a code: keyed digests of the network it came from, and of what was typed."""

    __tablename__ = "code_try"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(index=True)
    network_key: Mapped[str] = mapped_column(String(64))
    code_key: Mapped[str] = mapped_column(String(64))
    opened: Mapped[bool]
    __table_args__ = (Index("ix_code_try_network_key_at", "network_key", "at"),)
