"""A copy of everything that the line keeps of one person, for them to read and to take elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from surveyor.db import audit, copies, customers, forget
from surveyor.errors import NotFound
from surveyor.flows.export_customer.page import page_of
from surveyor.flows.manage_users import Actor
from surveyor.mail.providers.outbox.folder import Outbox

__all__ = ["Copy", "export_customer", "page_of"]


@dataclass(frozen=True, slots=True)
class Copy:
    """What is kept, as plain JSON values: rows by table, and the emails that are files."""

    customer: str
    made_at: str
    tables: Mapping[str, list[Any]]
    emails: list[Mapping[str, str]]

    def plain(self) -> dict[str, Any]:
        """The one JSON object."""
        told = {"customer": self.customer, "made_at": self.made_at}
        return {**told, "tables": dict(self.tables), "emails": self.emails}


def export_customer(sessions: Any, customer_id: UUID, *, outbox: Path | None, by: Actor, now: datetime) -> Copy:
    """Read everything by address key and id, and write down that it was read. Raises NotFound for nobody."""
    with sessions.begin() as session:
        found = customers.by_id(session, [customer_id]).get(customer_id)
        if found is None:
            raise NotFound("customer")
        who = forget.person(session, customer_id, found.address_key)
        rows = copies.rows_about(session, who, [] if found.address_key is None else [found.address_key])
        entry = audit.Entry(by.name, "customer.exported", f"customer:{customer_id.hex}", None, None, "", by.ip_prefix)
        audit.append(session, entry, now=now)
    return Copy(found.external_id, now.isoformat(), _plain(rows), _emails(outbox, who.emails))


def _emails(folder: Path | None, ids: Any) -> list[Mapping[str, str]]:
    outbox = None if folder is None else Outbox(folder)
    found = [] if outbox is None else [outbox.open(email_id) for email_id in ids]
    return [
        {"date": one.entry.date, "to": one.entry.to, "subject": one.entry.subject, "text": one.text}
        for one in found
        if one is not None
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal | UUID) else value
