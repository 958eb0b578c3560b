"""The network that orders belong to: brands, regions, segments and stores, with where each store stood on each day."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from surveyor.db.base import Base, Instant, Json


class Brand(Base):
    """A name customers know; emails are signed with it."""

    __tablename__ = "brands"
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    postal_address: Mapped[str] = mapped_column(Text, default="")
    legal_fr: Mapped[str] = mapped_column(Text, default="")
    legal_en: Mapped[str] = mapped_column(Text, default="")
    privacy_url: Mapped[str] = mapped_column(Text, default="")  # the French one; either stands for both
    privacy_url_en: Mapped[str] = mapped_column(Text, default="")
    logo_url: Mapped[str] = mapped_column(Text, default="")  # a path on our host: the name of one of `logos`
    colours: Mapped[Any] = mapped_column(Json, default=dict)
    sender: Mapped[Any] = mapped_column(Json, default=dict)  # verified: address, name, reply_to, return_path, sender_id
    created_at: Mapped[datetime] = mapped_column(Instant)


class BrandVersion(Base):
    """What a brand was from an instant on (core/brands.Brand, whole), and who made it so; it never changes."""

    __tablename__ = "brand_versions"
    brand_id: Mapped[str] = mapped_column(ForeignKey("brands.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[Any] = mapped_column(Json)
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)


class Logo(Base):
    """A picture that we drew again ourselves, named by its SHA-256; emails that left keep pointing at it."""

    __tablename__ = "logos"
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Instant)


class Region(Base):
    """A part of the network with its manager."""

    __tablename__ = "regions"
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)


class Segment(Base):
    """A kind of customer, as the source names it."""

    __tablename__ = "segments"
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)


class Store(Base):
    """A point of sale: its zone decides every local date, its region and brand every sum."""

    __tablename__ = "stores"
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    city: Mapped[str] = mapped_column(Text, default="")
    region_id: Mapped[str | None] = mapped_column(ForeignKey("regions.id"), index=True)
    brand_id: Mapped[str | None] = mapped_column(ForeignKey("brands.id"), index=True)
    segment_id: Mapped[str | None] = mapped_column(ForeignKey("segments.id"))  # default of its orders
    zone: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text, default="fr")
    excluded: Mapped[bool] = mapped_column(default=False)
    to_complete: Mapped[bool] = mapped_column(default=False)  # created by an order of an unknown store
    named_to_peers: Mapped[bool] = mapped_column(default=False, server_default=false())  # agreed to be named by R6
    opened_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    sender: Mapped[Any] = mapped_column(Json, default=dict)
    created_at: Mapped[datetime] = mapped_column(Instant)


class StoreHistory(Base):
    """Which brand and region a store belonged to, from a day on (until the next row)."""

    __tablename__ = "store_history"
    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    from_day: Mapped[date] = mapped_column(primary_key=True)
    brand_id: Mapped[str | None] = mapped_column(Text)
    region_id: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (Index("store_history_day", "from_day"),)
