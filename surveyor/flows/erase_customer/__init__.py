"""Erase a person: opposition in the request's transaction, then a job that empties what the line keeps of them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from surveyor.db import audit, customers, erasures, tallies
from surveyor.errors import NotFound
from surveyor.flows import erasure_list
from surveyor.flows.again import again
from surveyor.flows.erase_customer.job import Means, erase, in_tx
from surveyor.flows.manage_users import Actor
from surveyor.flows.send_emails.mailer import Journeys
from surveyor.flows.unsubscribe import oppose

__all__ = ["Means", "erase_waiting", "request_erasure"]


def request_erasure(
    sessions: Any, customer_id: UUID, *, by: Actor, home: Path, journeys: Journeys, now: datetime
) -> UUID:
    """Nothing leaves and no link opens once this returns (S57); the id of the erasure, whose job empties the rest.

    A customer who is being erased already keeps that erasure. home: where the list of erasures is kept.
    Raises NotFound: nobody, or somebody who was erased before.
    """
    erasure, key = again(lambda: _request(sessions, customer_id, by, journeys, now))
    if key is not None:
        erasure_list.append(home, key, now=now)
    return erasure


def _request(sessions: Any, customer_id: UUID, by: Actor, journeys: Journeys, now: datetime) -> tuple[UUID, Any]:
    with sessions.begin() as session:
        found = customers.by_id(session, [customer_id]).get(customer_id)
        if found is None or found.erased_at is not None:
            raise NotFound("customer")
        deltas: list[Any] = []
        if found.address_key is not None:  # first: it locks the person's rows
            source = f"erasure:{by.name}"
            deltas = oppose(session, found.address_key, "erased", source=source, journeys=journeys, now=now)[1]
        before = erasures.under_way(session, customer_id)
        if before is not None:
            tallies.add(session, deltas)
            return before, None
        accounts = [found] if found.address_key is None else customers.by_address(session, found.address_key)
        erasures.revoke_links(session, [row.id for row in accounts], now=now)
        erasure = erasures.begin(session, customer_id, found.address_key, by=by.name, now=now)
        about, place = f"customer:{customer_id.hex}", (by.ip_prefix, by.request_id)
        entry = audit.Entry(by.name, "customer.erasure_requested", about, None, erasure.hex, "", *place)
        audit.append(session, entry, now=now)
        tallies.add(session, deltas)
        in_tx()
    return erasure, found.address_key


def erase_waiting(sessions: Any, means: Means, *, now: datetime, limit: int = 20) -> int:
    """Go on with the erasures that are not done, the oldest first; how many are done now. Safe to kill, safe twice."""
    with sessions() as session:
        waiting = erasures.waiting(session, limit=limit)
    listed = set(erasure_list.read(means.home)) if waiting else set()
    done = 0
    for one in waiting:
        if one.address_key is not None and one.address_key not in listed:  # a kill came after the commit
            erasure_list.append(means.home, one.address_key, now=one.requested_at)
        done += int(erase(sessions, one, means, now=now))
    return done
