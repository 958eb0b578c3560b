"""Note that something of the line happened, for the webhooks that listen: the one function that flows call.

    note_fact(session, "case.opened", case_id.hex, {"store_id": …, "score": …}, now=now, customer_id=…)

Call it in the transaction that makes the fact, once, after what it is about is written: the fact and its outbox row
stand or fall together, and a worker (`flows/deliver_webhooks`) tells it. `data` is told as it stands, so that it holds
no name, address, verbatim or id of the customer; pass `customer_id` instead, and webhooks that were made to know
identities learn it when they are told. Nothing is written of a kind that nobody listens to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from surveyor.core.outgoing import EVENTS, RESPONSES
from surveyor.db import outgoing
from surveyor.db.outgoing import Happened

__all__ = ["Happened", "is_heard", "note_fact", "note_facts"]

#: An answer is told when what a robot does within a minute has been struck (pipeline.md, 13).
AFTER_A_MINUTE = timedelta(seconds=60)


def note_fact(
    session: Any,
    kind: str,
    subject: str,
    data: Mapping[str, Any] | None = None,
    *,
    now: datetime,
    customer_id: UUID | None = None,
) -> None:
    """One fact of a kind of `core/outgoing.EVENTS`. subject: the id (hex) of what it is about.

    Raises ValueError for a kind that is not announced: nobody could listen to it.
    """
    note_facts(session, [Happened(kind, subject, now, data or {}, customer_id)], now=now)


def is_heard(session: Any, kind: str, *, now: datetime) -> bool:
    """Whether somebody listens to a kind: for the hot path, which makes no facts for nobody."""
    return kind in outgoing.listened(session, now=now)


def note_facts(session: Any, facts: Sequence[Happened], *, now: datetime) -> None:
    """The same for many at once, in one statement. Raises ValueError as `note_fact` does."""
    unknown = {one.kind for one in facts} - set(EVENTS)
    if unknown:
        raise ValueError(f"no such kind of event: {', '.join(sorted(unknown))}")
    outgoing.note(session, [_waiting(one) for one in facts], now=now)


def _waiting(fact: Happened) -> Happened:
    if fact.kind not in RESPONSES or fact.due_at is not None:
        return fact
    return Happened(fact.kind, fact.subject, fact.at, fact.data, fact.customer_id, fact.at + AFTER_A_MINUTE)
