"""Give somebody without an account a link to one report, for a while, and take it back; both in the audit chain."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from surveyor.core.tokens import Keyring, Purpose, digest
from surveyor.db import audit, report_pages
from surveyor.db.base import new_id
from surveyor.db.report_pages import Share
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows.manage_users import Actor

#: How many days a link may live.
DAYS = (7, 30, 90)


def share_report(sessions: Any, *, copy: tuple[UUID, int], days: int, by: Actor, keys: Keyring, now: datetime) -> Share:
    """A link to this copy (email, attempt). Refused: `field_value`, another number of days than those offered."""
    if days not in DAYS:
        expected = ", ".join(map(str, DAYS))
        fr = f"Durée inconnue. Attendu : {expected} jours."
        raise Refused([Complaint("days", "field_value", fr, f"Unknown duration. Expected: {expected} days.")])
    email_id, n = copy
    made = Share(
        id=new_id(now),
        email_id=email_id,
        n=n,
        key_id=keys.newest_id,
        made_by=UUID(by.name),
        made_at=now,
        expires_at=now + timedelta(days=days),
        revoked_at=None,
    )
    with sessions.begin() as session:
        report_pages.add_share(session, made, digest(keys.token(Purpose.REPORT, made.id)))
        entry = audit.Entry(
            by.name,
            "report.shared",
            f"report:{email_id.hex}",
            after={"share": made.id.hex, "days": days},
            ip_prefix=by.ip_prefix,
            request_id=by.request_id,
        )
        audit.append(session, entry, now=now)
    return made


def revoke_share(sessions: Any, *, share_id: UUID, email_id: UUID, by: Actor, now: datetime) -> None:
    """The link opens nothing any more. NotFound for a link that is none of this report's."""
    with sessions.begin() as session:
        found = report_pages.share(session, share_id)
        if found is None or found.email_id != email_id:
            raise NotFound("link")
        report_pages.revoke_share(session, share_id, now=now)
        entry = audit.Entry(
            by.name,
            "report.share_revoked",
            f"report:{email_id.hex}",
            before={"share": share_id.hex},
            ip_prefix=by.ip_prefix,
            request_id=by.request_id,
        )
        audit.append(session, entry, now=now)


def path_of(keys: Keyring, share: Share) -> str:
    """The path of a link, made again; "" when its secret has left the list."""
    try:
        return f"/shared/{keys.token(Purpose.REPORT, share.id, share.key_id)}"
    except KeyError:
        return ""
