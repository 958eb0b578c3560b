"""Survey pages: which link is open, and the mark that each page carries back with its form."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

from surveyor.core.nonce import Page, milliseconds, write
from surveyor.core.tokens import Keyring, Purpose, derive
from surveyor.db.responses import Link


def is_over(link: Link, now: datetime) -> bool:
    """Whether a link has ended: its days are over, it was revoked, or its email was never sent."""
    if link.revoked_at is not None or (link.expires_at is not None and link.expires_at <= now):
        return True
    return link.state == "failed" or (link.state == "dropped" and link.reason != "UNCONFIRMED")


def page_nonce(keys: Keyring, invitation_id: UUID, *, now: datetime, follows: tuple[int, ...] = ()) -> str:
    """The mark of a page made now; `follows`: revisions it edits or confirms."""
    page = Page(secrets.token_hex(8), milliseconds(now), follows)
    return write(derive(keys.newest, Purpose.PAGE), invitation_id, page)


def page_keys(keys: Keyring) -> list[bytes]:
    """Every key that may have marked a page, the newest first."""
    return [derive(secret, Purpose.PAGE) for secret in keys.secrets]
