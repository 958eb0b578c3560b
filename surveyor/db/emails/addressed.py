"""Which emails are written to an address: what its opposition stops, its bounces count and its provider speaks of."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import and_, select, text, union_all
from sqlalchemy.orm import Session

from surveyor.db import bulk
from surveyor.db.tables.emails import UNASKED, Email
from surveyor.db.tables.invitations import Invitation

#: The same as `of_addresses` in a statement of one engine, which wants the keys twice; {} is how it asks for them.
OF_ADDRESSES = (
    "SELECT m.id FROM invitations i JOIN emails m ON m.invitation_id = i.id AND m.kind = 'invitation' "  # noqa: S608
    "AND m.address_key = i.address_key WHERE i.address_key {0} "
    f"UNION ALL SELECT id FROM emails WHERE {UNASKED.text} AND address_key {{0}}"
)


def of_addresses(session: Session, address_keys: Collection[bytes]) -> Any:
    """Their ids, as a query for an IN: invitations' emails by way of their invitation, which keeps the address.

    An email that was on its way to the provider while its reader changed address is not found by the old one: its
    invitation has gone over to the new one.
    """
    i, e = Invitation, Email
    asked = and_(i.id == e.invitation_id, i.address_key == e.address_key)
    return union_all(
        select(e.id).join(i, asked).where(bulk.among(session, i.address_key, address_keys), e.kind == "invitation"),
        # In the words of the index (UNASKED), not with a value: else it could not be used.
        select(e.id).where(text("emails.kind <> 'invitation'"), bulk.among(session, e.address_key, address_keys)),
    )
