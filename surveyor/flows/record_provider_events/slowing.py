"""A mailbox that says we send too fast: its group of domains stops for ten minutes, then begins slowly."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from surveyor.core.emails import domain_group
from surveyor.core.pace import UNLIMITED, Bucket
from surveyor.db import limits
from surveyor.flows.record_provider_events.matching import Matched
from surveyor.mail.providers.base import EventKind

#: How long a group stops (pipeline.md, 7): what an SMTP reply of the same words does.
STOP = timedelta(minutes=10)
#: Gmail's own code for too many at once, temporary or for good; no other number that holds it.
_TOO_FAST = re.compile(r"(?<![\d.])[45]\.7\.28(?![\d.])")
_TOO_MANY = "frequency"
_FIRST_TRY = ("", "0")
_SAYS = (EventKind.DEFERRED, EventKind.BOUNCED)


def slow_down(session: Any, fresh: Iterable[Matched], *, provider: str, now: datetime) -> None:
    """Stop the groups of which new events say that we send too fast, until ten minutes after they said it.

    Events that are not about an email of ours, older than that, or about a try that the provider made again by itself
    change nothing: its tries go on for days, and we would wait for as long. The caller holds the locks of customers and
    emails: buckets come after them, as in a hand-over.
    """
    until: dict[str, datetime] = {}
    for one in fresh:
        event = one.event
        if event.kind in _SAYS and one.email_id is not None and event.address and _too_fast(one):
            group, end = domain_group(event.address), min(event.at, now) + STOP
            if end > now:
                until[group] = max(end, until.get(group, end))
    if until:
        known = limits.buckets(session, provider)
        stopped = {group: (known.get(group) or Bucket(UNLIMITED, now)).stop(end) for group, end in until.items()}
        limits.save(session, provider, stopped)


def _too_fast(one: Matched) -> bool:
    event = one.event
    if event.retry not in _FIRST_TRY:
        return False
    return (
        event.bounce_class.lower().startswith(_TOO_MANY)
        or _TOO_FAST.search(event.status) is not None
        or _TOO_FAST.search(event.mta_response) is not None
    )
