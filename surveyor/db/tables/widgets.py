"""What a brand shows of its figures elsewhere: widgets with their snapshots, and the questions it answers in public."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from surveyor.db.base import Base, Hash, Id, Instant, Json


class Widget(Base):
    """A badge or a carousel of one scope in one language; its id says nothing. origins: the pages that may frame it."""

    __tablename__ = "widgets"
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    scope: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    origins: Mapped[Any] = mapped_column(Json, default=list)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by: Mapped[str] = mapped_column(Text, default="")
    __table_args__ = (CheckConstraint("kind IN ('badge','carousel')", name="kind"),)


class WidgetSnapshot(Base):
    """What a widget says until the next one is made; it is served as it stands."""

    __tablename__ = "widget_snapshots"
    widget_id: Mapped[str] = mapped_column(ForeignKey("widgets.id"), primary_key=True)
    made_at: Mapped[datetime] = mapped_column(Instant)
    sha256: Mapped[bytes] = mapped_column(Hash)
    body: Mapped[Any] = mapped_column(Json)


class WidgetDay(Base):
    """How often a widget was shown on a day inside pages of one of its origins: counts, of nobody."""

    __tablename__ = "widget_days"
    widget_id: Mapped[str] = mapped_column(ForeignKey("widgets.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    origin: Mapped[str] = mapped_column(Text, primary_key=True)
    shown: Mapped[int] = mapped_column(default=0)


class FaqEntry(Base):
    """A question that customers ask a brand, its answer in both languages, and when somebody last read it again."""

    __tablename__ = "faq_entries"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    brand_id: Mapped[str] = mapped_column(ForeignKey("brands.id"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    question_fr: Mapped[str] = mapped_column(Text, default="")
    question_en: Mapped[str] = mapped_column(Text, default="")
    answer_fr: Mapped[str] = mapped_column(Text, default="")
    answer_en: Mapped[str] = mapped_column(Text, default="")
    published: Mapped[bool] = mapped_column(default=False)
    reviewed_on: Mapped[date | None]
    updated_at: Mapped[datetime] = mapped_column(Instant)
    author: Mapped[str] = mapped_column(Text, default="")
