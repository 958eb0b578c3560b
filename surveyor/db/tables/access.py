"""Machines that talk to us: API keys and order sources."""

from datetime import datetime

from sqlalchemy import LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from surveyor.db.base import Base, Hash, Instant


class ApiKey(Base):
    """A key; only the SHA-256 of its secret is stored (security.md, 4.4)."""

    __tablename__ = "api_keys"
    id: Mapped[str] = mapped_column(Text, primary_key=True)  # 8 base62 characters
    name: Mapped[str] = mapped_column(Text)  # the source of the order events it brings
    secret_sha256: Mapped[bytes] = mapped_column(Hash)
    scopes: Mapped[str] = mapped_column(Text)  # space-separated
    store_scope: Mapped[str] = mapped_column(Text, default="network")
    created_by: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    last_used_at: Mapped[datetime | None] = mapped_column(Instant)
    last_network: Mapped[str] = mapped_column(Text, default="")
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class Source(Base):
    """Where order events come from, its legal basis and its webhook secrets (encrypted)."""

    __tablename__ = "sources"
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)  # generic | shopify | woocommerce
    basis: Mapped[str] = mapped_column(Text)  # soft_opt_in | consent
    notice: Mapped[str] = mapped_column(Text, default="")
    shop_domain: Mapped[str] = mapped_column(Text, default="")
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    previous_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    key_id: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(Instant)
    rotated_at: Mapped[datetime | None] = mapped_column(Instant)
