"""Staff stop writing to an address, or start again: why is written down, and a complaint is never undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from surveyor.core.quoting import french
from surveyor.db import audit, suppressions, tallies
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows.again import again
from surveyor.flows.manage_users import Actor
from surveyor.flows.send_emails.mailer import Journeys
from surveyor.flows.unsubscribe.oppose import oppose

#: What a person may add: the customer asked for it, or we do not want to.
KINDS = ("unsubscribed", "manual")
PERMANENT = ("complained", "erased")


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants of an address: the word of the suppression and the written reason."""

    address_key: bytes
    kind: str
    reason: str


def add_suppression(sessions: Any, order: Order, *, journeys: Journeys, by: Actor, now: datetime) -> bool:
    """Stop writing to an address for ever and drop what waits for it; False when it was so already.

    Raises:
        Refused: 422 `field_required` without a reason.
    """
    reason = _reason(order.reason)

    def once() -> bool:
        with sessions.begin() as session:
            source = f"staff:{by.name}"
            new, deltas = oppose(session, order.address_key, order.kind, source=source, journeys=journeys, now=now)
            if new:
                audit.append(session, _entry("suppression.added", order, by, reason, after=order.kind), now=now)
            tallies.add(session, deltas)
        return new

    return again(once)


def lift_suppression(sessions: Any, order: Order, *, by: Actor, now: datetime) -> Sequence[str]:
    """Write to an address again: everything that holds, or the one kind that is named (`kind` "": all). The words.

    Raises:
        Refused: 422 `field_required` without a reason; 409 `suppression_permanent` for a complaint or an erasure.
        NotFound: nothing of that kind holds.
    """
    reason = _reason(order.reason)
    with sessions.begin() as session:
        found = suppressions.in_force(session, [order.address_key], now=now).get(order.address_key, [])
        held = [one.reason for one in found if order.kind in ("", one.reason)]
        if not held:
            raise NotFound("suppression")
        for word in PERMANENT:
            if word in held:
                raise Refused([_NEVER[word]], status=409)
        for word in held:
            suppressions.lift(session, order.address_key, word, now=now, by=by.name)
        audit.append(session, _entry("suppression.lifted", order, by, reason, before=held), now=now)
    return held


def _reason(text: str) -> str:
    if not text.strip():
        raise Refused([Complaint("reason", "field_required", "Motif est obligatoire.", "Reason is required.")])
    return text.strip()[:500]


def _entry(action: str, order: Order, by: Actor, reason: str, *, before: Any = None, after: Any = None) -> audit.Entry:
    """Twelve digits of the key say whose address without saying which."""
    about = f"address:{order.address_key.hex()[:12]}"
    return audit.Entry(by.name, action, about, before, after, reason, by.ip_prefix, by.request_id)


_NEVER = {
    "complained": Complaint(
        "path",
        "suppression_permanent",
        "Une plainte pour spam ne se lève pas.",
        "A spam complaint cannot be lifted.",
    ),
    "erased": Complaint(
        "path",
        "suppression_permanent",
        french("Un effacement ne se lève pas : la personne n'est plus connue."),
        "An erasure cannot be lifted: the person is not known any more.",
    ),
}
