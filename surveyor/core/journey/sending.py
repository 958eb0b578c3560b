"""The moment of sending an invitation: its slot, then the same checks with what is known now (rules.md, 4.9 and 6)."""

from __future__ import annotations

from datetime import datetime

from surveyor.core.checks import View
from surveyor.core.decide import confirm
from surveyor.core.history import Regime
from surveyor.core.journey.effects import Drop, Go, Later
from surveyor.core.journey.settling import close, free
from surveyor.core.person import Person
from surveyor.core.slots import next_slot_unless_open


def at_sending(person: Person, key: str, *, regime: Regime, now: datetime) -> Go | Later | Drop:
    """Whether the open invitation of this key leaves now. Later moves it; Drop has ended it and freed what it blocked.

    Asked again after Go (a back-off, a second worker) it answers with what is then known. Raises KeyError when no open
    invitation has this key.
    """
    invitation = person.invitation(key)
    if invitation is None:
        raise KeyError(key)
    if now < invitation.at:
        return Later(invitation.at)
    grace = regime.globals.send_grace_minutes
    later = next_slot_unless_open(invitation.rule, invitation.zone, grace_minutes=grace, now=now)
    if later is not None:
        invitation.at = later
        return Later(later)
    view = View(person, person.accounts[invitation.customer_id], regime)
    checked = confirm(invitation, view, now=now)
    if not checked.reasons:
        return Go(checked)
    reason = checked.reasons[0]
    effects = close(invitation, view, state="dropped", reason=reason, now=now, checked=checked)
    return Drop(reason, (*effects, *free(invitation.blocked, view, now=now)))
