"""The CustScore as it stood each night with its formula, the figures of peers, and what the watch asked the network."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from surveyor.db.base import Base, Id, Instant, Json


class CustScoreDay(Base):
    """The CustScore of a scope over the 30 days that end with `day`; value None: too little is known."""

    __tablename__ = "custscores"
    day: Mapped[date] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int]
    value: Mapped[float | None]
    coverage: Mapped[float]
    body: Mapped[Any] = mapped_column(Json)
    made_at: Mapped[datetime] = mapped_column(Instant)
    __table_args__ = (Index("custscore_scope", "scope", "day"),)


class CustScoreVersion(Base):
    """Coefficients and what a missing item does, from an instant on; it never changes. Version 1 is ours, unwritten."""

    __tablename__ = "custscore_versions"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[Any] = mapped_column(Json)
    why: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)


class PeerFigure(Base):
    """One line of an imported file of other brands' figures (indicators.md, 13)."""

    __tablename__ = "peer_figures"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    receipt_id: Mapped[UUID] = mapped_column(ForeignKey("receipts.id"), index=True)
    peer_group: Mapped[str] = mapped_column(Text)
    period: Mapped[str] = mapped_column(Text)
    entity: Mapped[str] = mapped_column(Text)
    metric: Mapped[str] = mapped_column(Text)
    value: Mapped[float]
    n: Mapped[int | None]
    method: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text, default="")
    licence: Mapped[str] = mapped_column(Text, default="")
    collected_on: Mapped[date | None]


class SignInDay(Base):
    """A day on which somebody of the staff came in: what connections of stores are counted from."""

    __tablename__ = "sign_in_days"
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    times: Mapped[int] = mapped_column(default=0)


class WatchAnswer(Base):
    """What somebody answered to a question of the watch; the question itself is found again each time."""

    __tablename__ = "watch_answers"
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    subject: Mapped[str] = mapped_column(Text, primary_key=True)
    mark: Mapped[str] = mapped_column(Text, primary_key=True)
    answer: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)
