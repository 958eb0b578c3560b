"""Who asked to be forgotten, from the request to the receipt: what the line does with their orders from then on."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from surveyor.db.base import Base, Hash, Id, Instant, Json

WAITING = text("done_at IS NULL")


class Erasure(Base):
    """One erasure of a person: every account of the address, or the one account that has none."""

    __tablename__ = "erasures"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(Id, index=True)
    address_key: Mapped[bytes | None] = mapped_column(Hash)
    requested_at: Mapped[datetime] = mapped_column(Instant)
    by: Mapped[str] = mapped_column(Text)
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    receipt: Mapped[Any] = mapped_column(Json, default=dict)  # how much was emptied, by place
    __table_args__ = (Index("erasure_waiting", "requested_at", sqlite_where=WAITING, postgresql_where=WAITING),)
