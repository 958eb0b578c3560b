"""Cycles of `recurring` rules: an occurrence when its instant comes, and when the next one is planned (rules.md, 7)."""

from __future__ import annotations

from datetime import datetime

from surveyor.core.history import Person, Regime
from surveyor.core.journey.effects import Acted, Later


def occurrence_due(person: Person, customer_id: str, *, rule_id: str, regime: Regime, now: datetime) -> Later | Acted:
    """The planned instant of an enrolment has come, with the rules active now.

    Acted: a Decided; SCHEDULED comes with an Invited that is due at once (its `at_sending` is the ordinary one), else
    with CyclePlanned or CycleEnded. Raises KeyError when this customer has no occurrence planned by this rule.
    """
    raise NotImplementedError
