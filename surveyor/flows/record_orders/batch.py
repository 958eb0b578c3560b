"""What a batch of order events is recorded with: where it comes from, when, under which keys, defaults and rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from surveyor.core.tokens import Keyring
from surveyor.flows.customer_journey.regime import DEFAULTS, Defaults, ReadRules, active_rules


@dataclass(frozen=True, slots=True)
class Batch:
    """One call's circumstances. history: stored and counted in windows, never decided upon."""

    source: str
    now: datetime
    keys: Keyring
    defaults: Defaults = DEFAULTS
    history: bool = False
    strict_stores: bool = False
    read: ReadRules = active_rules
