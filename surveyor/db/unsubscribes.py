"""The email behind an unsubscribe link, and what its address chose: read by the page, changed by the flow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from surveyor.core.calendar import add_months
from surveyor.core.emails import policy
from surveyor.db.brand_look import LOOK, BrandLook
from surveyor.db.emails.addressed import of_addresses
from surveyor.db.tables.emails import Email
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.network import Brand, Store
from surveyor.db.tables.suppressions import Preference, Suppression


@dataclass(frozen=True, slots=True)
class Addressed:
    """The email of an unsubscribe token and who signs it; names are "" when it belongs to no store."""

    email_id: UUID
    address_key: bytes
    state: str
    language: str
    store_name: str
    brand_name: str
    privacy_url: str
    look: BrandLook


def addressed(session: Session, token_sha256: bytes) -> Addressed | None:
    """The email of an unsubscribe token; None when nobody has it."""
    row = session.execute(
        select(
            Email.id,
            Email.address_key,
            Email.state,
            func.coalesce(Invitation.language, ""),
            func.coalesce(Store.name, ""),
            func.coalesce(Brand.name, ""),
            func.coalesce(Brand.privacy_url, ""),
            *LOOK,
        )
        .outerjoin(Invitation, Invitation.id == Email.invitation_id)
        .outerjoin(Store, Store.id == Invitation.store_id)
        .outerjoin(Brand, Brand.id == Store.brand_id)
        .where(Email.unsubscribe_sha256 == token_sha256)
    ).first()
    return Addressed(*row[:7], BrandLook(*row[7:])) if row else None


@dataclass(frozen=True, slots=True)
class Choices:
    """What an address chose: no email at all, none until an instant, or so many months between two.

    not_before: the day until which "less often" keeps the next invitation back; None when it does not, any more.
    """

    unsubscribed: bool = False
    paused_until: datetime | None = None
    gap_months: int | None = None
    not_before: date | None = None


def choices(session: Session, address_key: bytes, *, now: datetime) -> Choices:
    """What holds for an address at `now`."""
    rows = session.execute(
        select(Suppression.reason, Suppression.expires_at).where(
            Suppression.address_key == address_key,
            Suppression.reason.in_(("unsubscribed", "paused")),
            Suppression.lifted_at.is_(None),
            or_(Suppression.expires_at.is_(None), Suppression.expires_at > now),
        )
    )
    found = {row.reason: row.expires_at for row in rows}
    gap = session.scalar(select(Preference.gap_months).where(Preference.address_key == address_key))
    return Choices("unsubscribed" in found, found.get("paused"), gap, _not_before(session, address_key, gap, now))


def _not_before(session: Session, address_key: bytes, gap_months: int | None, now: datetime) -> date | None:
    if gap_months is None:
        return None
    last = select(func.max(Invitation.sent_day)).where(
        Invitation.address_key == address_key, Invitation.state == "sent"
    )
    sent: date | None = session.scalar(last)
    if sent is None:
        return None
    free = date.fromordinal(add_months(sent.toordinal(), gap_months))
    return free if free > now.date() else None


def waiting(session: Session, address_key: bytes, *, reason: str) -> list[UUID]:
    """Emails of an address that have not left yet and that a suppression of this reason stops, in order."""
    rows = session.execute(
        select(Email.id, Email.kind)
        .where(Email.id.in_(of_addresses(session, [address_key])), Email.state.in_(("pending", "leased")))
        .order_by(Email.id)
    )
    return [row.id for row in rows if reason in policy(row.kind).stopping]


def opposed_by(session: Session, address_key: bytes, *, source: str, since: datetime) -> bool:
    """Whether an unsubscribe of this source, made since an instant, is in force."""
    return (
        session.scalar(
            select(Suppression.id).where(
                Suppression.address_key == address_key,
                Suppression.reason == "unsubscribed",
                Suppression.source == source,
                Suppression.lifted_at.is_(None),
                Suppression.created_at >= since,
            )
        )
        is not None
    )
