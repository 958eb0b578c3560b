"""Customers, and the one row each that a decision reads instead of their history."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from surveyor.db.base import Base, Hash, Id, Instant


class Customer(Base):
    """A person as a source names them. `external_id` is the source's `customer_id`, unique in the network."""

    __tablename__ = "customers"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    external_id: Mapped[str] = mapped_column(Text, unique=True)
    email: Mapped[str] = mapped_column(Text, default="")
    address_key: Mapped[bytes | None] = mapped_column(Hash, index=True)
    first_name: Mapped[str] = mapped_column(Text, default="")
    last_name: Mapped[str] = mapped_column(Text, default="")
    language: Mapped[str] = mapped_column(Text, default="")
    segment: Mapped[str] = mapped_column(Text, default="")
    restricted: Mapped[bool] = mapped_column(default=False)
    erased_at: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)


class CustomerState(Base):
    """What core/decide needs of one customer, bounded; `state` is the plain form of core/history (JSON text)."""

    __tablename__ = "customer_state"
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), primary_key=True)
    address_key: Mapped[bytes | None] = mapped_column(Hash)
    state: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime] = mapped_column(Instant)
    __table_args__ = (
        Index("customer_state_address", "address_key"),
        {"postgresql_with": {"fillfactor": "80"}},
    )


class Cycle(Base):
    """One enrolment of a `recurring` rule and its next planned occurrence (rules.md, 7)."""

    __tablename__ = "cycles"
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), primary_key=True)
    rule_id: Mapped[str] = mapped_column(Text, primary_key=True)
    opened_by: Mapped[str] = mapped_column(Text)  # the order that enrolled
    occurrence: Mapped[int]  # the number that comes next
    next_at: Mapped[datetime] = mapped_column(Instant, index=True)
