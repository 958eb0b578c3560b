"""Write down that a member of staff looked at a customer behind the orders: who, whom, when; never the address."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from surveyor.db import audit
from surveyor.flows.manage_users import Actor


def note_look(sessions: Any, *, customers: Iterable[str], by: Actor, now: datetime) -> None:
    """One line of the audit chain for each customer (the source's id) whose identity was shown."""
    with sessions.begin() as session:
        for customer in customers:
            entry = audit.Entry(
                by.name, "identity.seen", f"customer:{customer}", ip_prefix=by.ip_prefix, request_id=by.request_id
            )
            audit.append(session, entry, now=now)
