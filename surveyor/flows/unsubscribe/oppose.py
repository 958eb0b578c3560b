"""Somebody does not want our emails, however they said so: suppressed, and what waits for them is dropped at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from surveyor.db import customers, outgoing, unsubscribes
from surveyor.db import emails as rows
from surveyor.db.suppressions import suppress
from surveyor.db.tallies import Delta
from surveyor.flows.note_fact import Happened, note_facts
from surveyor.flows.send_emails.commit_intents import STOPPED_BY
from surveyor.flows.send_emails.follow import follow_closed, told
from surveyor.flows.send_emails.mailer import Journeys

UNSUBSCRIBED = "customer.unsubscribed"
#: Reasons that are the customer's own word.
TOLD = ("unsubscribed", "complained")


def oppose(
    session: Any, address_key: bytes, reason: str, *, source: str, journeys: Journeys, now: datetime
) -> tuple[bool, list[Delta]]:
    """Suppress an address for ever for `reason` and drop its waiting emails; False when it was so already.

    The caller adds the deltas, last. An intent that is under way then finds no leased row.
    """
    rows.lock(session, address_keys=[address_key], email_ids=[])
    new = suppress(session, address_key, reason, source=source, now=now)
    if new and reason in TOLD:
        _tell(session, address_key, reason, now)
    waiting = unsubscribes.waiting(session, address_key, reason=reason)
    rows.lock(session, address_keys=[], email_ids=waiting)
    waiting = unsubscribes.waiting(session, address_key, reason=reason)  # again, under the locks
    if not waiting:
        return new, []
    why = str(STOPPED_BY[reason])
    rows.drop(session, [(email_id, why) for email_id in waiting], states=("pending", "leased"))
    invitations = rows.of_invitations(session, waiting)
    closed = [(found, "dropped", why, "pending") for found in invitations.values()]
    ends, deltas = follow_closed(session, closed, now=now)
    return new, [*deltas, *told(session, journeys, ends, now=now)]


def _tell(session: Any, address_key: bytes, reason: str, now: datetime) -> None:
    """Every customer of the address stopped hearing of us; who they are is looked up only when somebody listens."""
    if UNSUBSCRIBED not in outgoing.listened(session, now=now):
        return
    people = customers.by_address(session, address_key)
    note_facts(
        session, [Happened(UNSUBSCRIBED, one.id.hex, now, {"reason": reason}, one.id) for one in people], now=now
    )
