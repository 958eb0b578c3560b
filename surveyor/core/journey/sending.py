"""The moment of sending an invitation: its slot, then the same checks with what is known now (rules.md, 4.9 and 6)."""

from __future__ import annotations

from datetime import datetime

from surveyor.core.history import Person, Regime
from surveyor.core.journey.effects import Drop, Go, Later


def at_sending(person: Person, key: str, *, regime: Regime, now: datetime) -> Go | Later | Drop:
    """Whether the open invitation of this key leaves now. Later moves it; Drop has ended it and freed what it blocked.

    Asked again after Go (a back-off, a second worker) it answers with what is then known. Raises KeyError when no open
    invitation has this key.
    """
    raise NotImplementedError
