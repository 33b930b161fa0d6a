"""The tables of the contact store. Their base is their own: the two stores share no table and no key."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Date, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from survey.moments import Moment

#: How somebody agreed to be written to; `none`: not at all, they are only kept to be called.
CHANNELS = ("none", "mail", "text")


class ContactsBase(DeclarativeBase):
    """What the tables of this store share."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {dt.datetime: Moment(), dt.date: Date()}


class Contact(ContactsBase):
    """How one respondent can be reached. The sealed columns can be read with the key only."""

    __tablename__ = "contact"
    id: Mapped[int] = mapped_column(primary_key=True)
    #: The number of the respondent in the other store; no foreign key can reach there.
    respondent_id: Mapped[int] = mapped_column(unique=True)
    #: Sealed.
    name: Mapped[str | None] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    remark: Mapped[str | None] = mapped_column(Text)
    #: What was agreed about messages: how, on which days of the week (1 is Monday), between which hours.
    channel: Mapped[str] = mapped_column(String(10))
    days: Mapped[str] = mapped_column(String(7))
    from_hour: Mapped[int]
    until_hour: Mapped[int]
    agreed_on: Mapped[dt.date]
    #: The last day on which the agreement holds: it is asked for anew in every wave.
    good_until: Mapped[dt.date]
    kept_by: Mapped[str] = mapped_column(String(80))
    kept_at: Mapped[dt.datetime]
    __table_args__ = (
        CheckConstraint("channel IN ('none', 'mail', 'text')", name="channel_known"),
        CheckConstraint("channel <> 'mail' OR email IS NOT NULL", name="mail_has_address"),
        CheckConstraint("channel <> 'text' OR phone IS NOT NULL", name="text_has_number"),
        CheckConstraint(
            "from_hour >= 0 AND from_hour < until_hour AND until_hour <= 24", name="hours_in_order"
        ),
        CheckConstraint("days <> ''", name="some_day"),
        CheckConstraint("agreed_on <= good_until", name="agreement_in_order"),
    )
