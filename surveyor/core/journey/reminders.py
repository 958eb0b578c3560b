"""The reminder of an invitation, looked at when due; it starts no cool-down and no cap counts it (rules.md, 12)."""

from __future__ import annotations

from datetime import datetime

from surveyor.core.history import Person, Regime
from surveyor.core.journey.effects import Drop, Go, Later, Reminder


def reminder_due(
    person: Person, reminder: Reminder, *, answered: bool, cancelled: bool, regime: Regime, now: datetime
) -> Go | Later | Drop:
    """Whether this reminder leaves now. `answered`: any response was recorded; `cancelled`: its order was, since."""
    raise NotImplementedError
