"""What a provider's event means to us: a rung of the ladder, and what it says of the address (email.md, 7 and 11)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from surveyor.core.emails import Delivery
from surveyor.mail.providers.base import EventKind, ProviderEvent

HARD_LASTS = timedelta(days=180)
SOFT_LASTS = timedelta(days=30)
SOFT_BOUNCES = 3
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
    if event.kind is EventKind.BOUNCED and event.bounce == "hard" and _about_address(event):
        return Suppress("bounced_hard", HARD_LASTS)
    if event.kind is EventKind.REJECTED and event.reject_reason in _REJECTED:
        reason = _REJECTED[event.reject_reason]
        return Suppress(reason, HARD_LASTS if reason == "bounced_hard" else None)
    return None


def _about_address(event: ProviderEvent) -> bool:
    """Reputation, content, frequency, technical: the recipient is not punished for these."""
    if event.status.startswith("5.1."):
        return True
    return event.bounce_class.lower() in ("invalid address", "invalid", "")
