"""Files of order events: how far each was read, and what became of its lines."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from surveyor.db.base import Base, Hash, Id, Instant, Json


class Import(Base):
    """One file and source; the line it reached is committed with each batch, so a killed import resumes."""

    __tablename__ = "imports"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    sha256: Mapped[bytes] = mapped_column(Hash)
    source: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    history: Mapped[bool] = mapped_column(default=False)
    line: Mapped[int] = mapped_column(BigInteger, default=0)
    accepted: Mapped[int] = mapped_column(BigInteger, default=0)
    duplicates: Mapped[int] = mapped_column(BigInteger, default=0)
    conflicts: Mapped[int] = mapped_column(BigInteger, default=0)
    rejected: Mapped[int] = mapped_column(BigInteger, default=0)
    first_refusals: Mapped[Any] = mapped_column(Json, default=list)  # a sample; the receipt file has them all
    started_at: Mapped[datetime] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)
    __table_args__ = (UniqueConstraint("sha256", "source", name="import_once"),)
