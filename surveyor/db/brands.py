"""Brands as rows: what their emails and pages show now, what they showed before, and the logos we drew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from surveyor.core.brands import Brand, Sender
from surveyor.db import bulk
from surveyor.db.tables.network import Brand as BrandRow
from surveyor.db.tables.network import BrandVersion, Logo, Store


@dataclass(frozen=True, slots=True)
class Version:
    """What a brand was from `at` on. n: counted from 1 for each brand; author: a user id or "host"."""

    n: int
    brand: Brand
    author: str
    at: datetime


def every(session: Session) -> list[Brand]:
    """All brands, by name."""
    return [_brand(row) for row in session.scalars(select(BrandRow).order_by(BrandRow.name, BrandRow.id))]


def find(session: Session, brand_id: str, *, lock: bool = False) -> Brand | None:
    """One brand; `lock`: nobody else changes it before the transaction ends."""
    query = select(BrandRow).where(BrandRow.id == brand_id)
    row = session.scalars(query.with_for_update() if lock else query).first()
    return None if row is None else _brand(row)


def store_counts(session: Session) -> dict[str, int]:
    """How many stores stand under each brand."""
    rows = session.execute(select(Store.brand_id, func.count()).group_by(Store.brand_id))
    return {row[0]: row[1] for row in rows if row[0]}


def save(session: Session, brand: Brand, *, author: str, now: datetime) -> int:
    """Write a brand, new or changed, as its next version; the number of that version."""
    values = {
        "name": brand.name,
        "postal_address": brand.postal_address,
        "legal_fr": brand.legal_fr,
        "legal_en": brand.legal_en,
        "privacy_url": brand.privacy_fr,
        "privacy_url_en": brand.privacy_en,
        "logo_url": brand.logo,
        "colours": dict(brand.colours),
        "sender": brand.sender.plain(),
    }
    bulk.insert(session, BrandRow, ("id", "name", "created_at"), [(brand.id, brand.name, now)], conflict="DO NOTHING")
    session.execute(update(BrandRow).where(BrandRow.id == brand.id).values(**values))
    newest = session.scalar(select(func.max(BrandVersion.n)).where(BrandVersion.brand_id == brand.id)) or 0
    body = asdict(brand) | {"colours": dict(brand.colours), "sender": brand.sender.plain()}
    session.add(BrandVersion(brand_id=brand.id, n=newest + 1, body=body, author=author, at=now))
    session.flush()
    return newest + 1


def versions(session: Session, brand_id: str) -> list[Version]:
    """What a brand was, newest first; empty for one that only orders named."""
    rows = session.scalars(
        select(BrandVersion).where(BrandVersion.brand_id == brand_id).order_by(BrandVersion.n.desc())
    )
    return [Version(row.n, _said(row.body), row.author, row.at) for row in rows]


def keep_logo(session: Session, name: str, body: bytes, *, now: datetime) -> None:
    """Keep a picture under its name; one that is known stays as it is."""
    bulk.insert(session, Logo, ("name", "body", "created_at"), [(name, body, now)], conflict="DO NOTHING")


def logo(session: Session, name: str) -> bytes | None:
    """The picture of this name."""
    return session.scalar(select(Logo.body).where(Logo.name == name))


def _said(body: Mapping[str, Any]) -> Brand:
    known = {name: body[name] for name in Brand.__slots__ if name in body}
    return Brand(**known | {"sender": Sender.of(body.get("sender") or {})})


def _brand(row: BrandRow) -> Brand:
    return Brand(
        row.id,
        row.name,
        row.postal_address,
        row.legal_fr,
        row.legal_en,
        row.privacy_url,
        row.privacy_url_en,
        row.logo_url,
        row.colours or {},
        Sender.of(row.sender or {}),
    )
