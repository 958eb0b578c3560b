"""What a provider's event means to us: a rung of the ladder, and what it says of the address (email.md, 7 and 11)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from surveyor.core.emails import Delivery
from surveyor.mail.providers.base import EventKind, ProviderEvent

HARD_LASTS = timedelta(days=180)
SOFT_LASTS = timedelta(days=30)
SOFT_BOUNCES = 3
#: Classes of a bounce that are about us or about the moment, not about the address: its reader is not punished.
NOT_THE_ADDRESS = ("reputation", "content", "frequency", "technical", "unclassified")
_RUNG = {
    EventKind.QUEUED: Delivery.QUEUED,
    EventKind.DEFERRED: Delivery.DEFERRED,
    EventKind.DELIVERED: Delivery.DELIVERED,
    EventKind.REJECTED: Delivery.REJECTED,
    EventKind.COMPLAINED: Delivery.COMPLAINED,
}
_REJECTED = {"bounced": "bounced_hard", "invalid": "bounced_hard", "unsubscribed": "unsubscribed", "spam": "complained"}


@dataclass(frozen=True, slots=True)
class Suppress:
    """Do not write to the address: for `reason`, for so long (None: for ever)."""

    reason: str
    lasts: timedelta | None


def fingerprint(provider: str, event: ProviderEvent) -> bytes:
    """What tells an event from its copies when the provider's own id does not: SHA-256 of all it says (email.md, 9)."""
    whose = event.email_id.hex if event.email_id is not None else event.provider_ref
    said = (
        provider,
        whose,
        event.address.strip().lower(),
        event.word or str(event.kind),
        str(int(event.at.timestamp())),
        event.click_url,
        event.retry,
        event.group,
    )
    return hashlib.sha256("|".join(said).encode("utf-8", "replace")).digest()


def rung(event: ProviderEvent) -> Delivery | None:
    """Where the event puts its email; None when it says nothing of the delivery."""
    if event.kind is EventKind.BOUNCED:
        return Delivery.BOUNCED_HARD if event.bounce == "hard" else Delivery.BOUNCED_SOFT
    return _RUNG.get(event.kind)


def word(event: ProviderEvent) -> str:
    """The word an event is kept under: that of its rung, else its kind."""
    found = rung(event)
    return str(event.kind if found is None else found)


def suppression(event: ProviderEvent) -> Suppress | None:
    """What the event says of its address; soft bounces are counted by the flow (three in 30 days)."""
    if event.kind is EventKind.COMPLAINED:
        return Suppress("complained", None)
    if event.kind is EventKind.UNSUBSCRIBED:
        return Suppress("unsubscribed", None)
    if event.kind is EventKind.BOUNCED and event.bounce == "hard" and _no_such_address(event):
        return Suppress("bounced_hard", HARD_LASTS)
    if event.kind is EventKind.REJECTED and event.reject_reason in _REJECTED:
        reason = _REJECTED[event.reject_reason]
        return Suppress(reason, HARD_LASTS if reason == "bounced_hard" else None)
    return None


def is_soft(event: ProviderEvent) -> bool:
    """A soft bounce or a block that counts towards the three: one about the mailbox, not about us."""
    return (
        event.kind is EventKind.BOUNCED
        and event.bounce != "hard"
        and not event.bounce_class.lower().startswith(NOT_THE_ADDRESS)
    )


def _no_such_address(event: ProviderEvent) -> bool:
    """Class Invalid Address or status 5.1.x; a provider that gives neither is taken at its word."""
    if event.status.startswith("5.1."):
        return True
    if event.bounce_class:
        return event.bounce_class.lower().startswith("invalid")
    return not event.status
