"""The queue of messages: to whom, about which wave, when; never to which address, and no word of it."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from survey.models import Base

KINDS = ("link", "reminder")
CHANNELS = ("mail", "text")
#: `waiting`: for its moment; `going`: being sent; `unsure`: a run was stopped while it was being sent;
#: `failed`: could not be sent; `dropped`: there was no reason left to send it.
STATES = ("waiting", "going", "sent", "unsure", "failed", "dropped")


def _known(column: str, words: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


class MessageRow(Base):
    """A message to one respondent."""

    __tablename__ = "message"
    id: Mapped[int] = mapped_column(primary_key=True)
    respondent_id: Mapped[int] = mapped_column(ForeignKey("respondent.id"), index=True)
    wave: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(10))
    channel: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10), index=True)
    not_before: Mapped[dt.datetime]
    tries: Mapped[int]
    #: In one word, why it was not sent; empty while there is no reason.
    problem: Mapped[str] = mapped_column(String(20))
    #: The link that went with it.
    link_id: Mapped[int | None] = mapped_column(ForeignKey("link.id"))
    queued_at: Mapped[dt.datetime]
    queued_by: Mapped[str] = mapped_column(String(80))
    changed_at: Mapped[dt.datetime]
    __table_args__ = (_known("kind", KINDS), _known("channel", CHANNELS), _known("state", STATES))
