"""What is kept of figures beside their tallies: closed months, goals, and the views that people saved."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Float, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from surveyor.db.base import Base, Id, Instant, Json


class ClosedPeriod(Base):
    """The counts of a month of a store ("": the whole network) as they were closed; a correction is one row more."""

    __tablename__ = "closed_periods"
    month: Mapped[date] = mapped_column(primary_key=True)  # its first day
    store_id: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    closed_at: Mapped[datetime] = mapped_column(Instant)
    why: Mapped[str] = mapped_column(Text)
    inputs: Mapped[Any] = mapped_column(Json)
    __table_args__ = (
        CheckConstraint("kind IN ('scores','rates')", name="kind"),
        CheckConstraint("revision >= 1", name="revision"),
    )


class IndicatorDefinition(Base):
    """Since when a definition of an indicator is in force here: the first has always been, a later one marks trends."""

    __tablename__ = "indicator_definitions"
    indicator: Mapped[str] = mapped_column(Text, primary_key=True)  # its key
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    since: Mapped[datetime] = mapped_column(Instant)


class Goal(Base):
    """What an indicator should come to in a scope; without a row the settings say it, or nobody does."""

    __tablename__ = "goals"
    scope: Mapped[str] = mapped_column(Text, primary_key=True)  # contracts.md 3: "network", "region:nord"
    indicator: Mapped[str] = mapped_column(Text, primary_key=True)  # its key
    target: Mapped[float] = mapped_column(Float)  # in the unit of the indicator
    set_by: Mapped[str] = mapped_column(Text)
    set_at: Mapped[datetime] = mapped_column(Instant)


class SavedView(Base):
    """Filters of a page under a name: one's own, or shared with everybody, who see their own scopes through it."""

    __tablename__ = "saved_views"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(Text)
    page: Mapped[str] = mapped_column(Text)
    query: Mapped[str] = mapped_column(Text)
    shared: Mapped[bool] = mapped_column(default=False)
    first: Mapped[bool] = mapped_column(default=False)  # what its owner sees before choosing anything
    created_at: Mapped[datetime] = mapped_column(Instant)
    __table_args__ = (UniqueConstraint("user_id", "name", name="saved_view_name"),)
