"""Every decision, refusals included: one current row per rule and order, the former ones aside."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from surveyor.db.base import Base, Id, Instant, Json, one_of

ON_ORDER = text("occurrence_on IS NULL")
OF_CYCLE = text("occurrence_on IS NOT NULL")


class _DecisionColumns:
    customer_id: Mapped[UUID] = mapped_column(Id)
    order_id: Mapped[str] = mapped_column(Text)  # the source's id; of an occurrence, the latest qualifying order
    occurrence_on: Mapped[date | None]  # local date of an occurrence of a cycle; null for a decision on an order
    occurrence: Mapped[int | None]
    rule_id: Mapped[str] = mapped_column(Text)
    rule_version: Mapped[int]
    arm: Mapped[str | None] = mapped_column(Text)
    verdict: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    store_id: Mapped[str] = mapped_column(Text)
    segment: Mapped[str] = mapped_column(Text, default="")
    day: Mapped[date]  # local date of the order decided upon; of the pass, for an occurrence
    planned_at: Mapped[datetime | None] = mapped_column(Instant)
    cause: Mapped[str] = mapped_column(Text)  # order | late order | freed | cycle
    facts: Mapped[Any] = mapped_column(Json)  # the rest of rules.md 13, as core/decide gives it
    decided_at: Mapped[datetime] = mapped_column(Instant)


class DecisionRow(_DecisionColumns, Base):
    """The decision that stands."""

    __tablename__ = "decisions"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    __table_args__ = (
        CheckConstraint(one_of("verdict", "NOT_ELIGIBLE", "SUPPRESSED", "SCHEDULED"), name="verdict"),
        CheckConstraint("verdict = 'SCHEDULED' OR reason IS NOT NULL", name="reason"),
        Index(
            "decision_of_order", "order_id", "rule_id", unique=True, sqlite_where=ON_ORDER, postgresql_where=ON_ORDER
        ),
        Index(
            "decision_of_occurrence",
            "customer_id",
            "rule_id",
            "occurrence_on",
            unique=True,
            sqlite_where=OF_CYCLE,
            postgresql_where=OF_CYCLE,
        ),
        Index("decision_customer", "customer_id"),
        Index("decision_day", "day", "store_id"),
    )


class DecisionHistory(_DecisionColumns, Base):
    """A decision that was made again; append-only."""

    __tablename__ = "decision_history"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    replaced_at: Mapped[datetime] = mapped_column(Instant)
    __table_args__ = (Index("decision_history_customer", "customer_id"),)
