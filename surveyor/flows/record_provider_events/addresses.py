"""What provider events say of addresses: oppositions for ever, hard bounces at once, soft ones by the third."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from surveyor.db import provider_events as rows
from surveyor.db.suppressions import suppress
from surveyor.db.tallies import Delta
from surveyor.flows.record_provider_events import meaning
from surveyor.flows.record_provider_events.matching import Matched
from surveyor.flows.send_emails.mailer import Journeys
from surveyor.flows.unsubscribe.oppose import oppose
from surveyor.mail.providers.base import EventKind

_OPPOSITIONS = frozenset({"complained", "unsubscribed"})
#: The kinds of events that may say something of the address; most events are none of these.
_SAYS = frozenset({EventKind.BOUNCED, EventKind.REJECTED, EventKind.COMPLAINED, EventKind.UNSUBSCRIBED})


def about_addresses(
    session: Any, fresh: Sequence[Matched], *, source: str, journeys: Journeys, now: datetime
) -> list[Delta]:
    """Suppress what new events say is not to be written to (email.md, 11); a guess by address is enough for that.

    The caller holds the locks of these addresses and adds the deltas. Nothing is ever lifted by a provider.
    """
    deltas: list[Delta] = []
    soft: dict[bytes, datetime] = {}
    for one in fresh:
        if one.key is None or one.event.kind not in _SAYS:
            continue
        found = meaning.suppression(one.event)
        if found is not None and found.reason in _OPPOSITIONS:
            deltas += oppose(session, one.key, found.reason, source=source, journeys=journeys, now=now)[1]
        elif found is not None:
            until = one.event.at + found.lasts if found.lasts is not None else None
            suppress(session, one.key, found.reason, source=source, now=now, until=until)
        elif meaning.is_soft(one.event):
            soft[one.key] = max(one.event.at, soft.get(one.key, one.event.at))
    _third_bounces(session, soft, source=source, now=now)
    return deltas


def _third_bounces(session: Any, soft: dict[bytes, datetime], *, source: str, now: datetime) -> None:
    """Three soft bounces or blocks in 30 days, and no delivery since: rest for 30 days."""
    if not soft:
        return
    bounces = rows.soft_bounces(session, soft, since=min(soft.values()) - meaning.SOFT_LASTS)
    for key, last in soft.items():
        counting = [
            one
            for one in bounces.get(key, ())
            if one.at > last - meaning.SOFT_LASTS and not one.bounce_class.lower().startswith(meaning.NOT_THE_ADDRESS)
        ]
        if len(counting) >= meaning.SOFT_BOUNCES:
            until = last + meaning.SOFT_LASTS
            suppress(session, key, "bounced_soft", source=source, now=now, until=until)
