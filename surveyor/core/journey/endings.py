"""An invitation ends: SENT plans what follows, anything else frees the decisions that it had blocked (rules.md, 9)."""

from __future__ import annotations

from datetime import datetime

from surveyor.core.history import Person, Regime
from surveyor.core.journey.effects import Effect
from surveyor.core.reasons import Reason


def invitation_sent(person: Person, key: str, *, customer_id: str, at: datetime, regime: Regime) -> list[Effect]:
    """It was SENT `at` (the instant of the intent that was accepted): cool-downs run, cycle and reminder are planned.

    A key that is not open any more (evidence that came late) only adds the instant.
    """
    raise NotImplementedError


def invitation_failed(person: Person, key: str, *, reason: Reason, regime: Regime, now: datetime) -> list[Effect]:
    """Refused by the provider: not SENT, no cool-down. Blocked decisions are made again."""
    raise NotImplementedError


def invitation_dropped(
    person: Person, key: str, *, reason: Reason, regime: Regime, now: datetime, asked_at: datetime | None = None
) -> list[Effect]:
    """Dropped from outside: OPERATOR, BUILD_ERROR, UNCONFIRMED, UNSUBSCRIBED... Blocked decisions are made again.

    asked_at: the intent of an email that nobody can confirm: cool-down and cap count it as SENT.
    """
    raise NotImplementedError
