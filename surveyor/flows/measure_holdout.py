"""Whether asking changes what people do: customers held out beside those asked in the same months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from surveyor.core.experiments.holdout import Effect, Group, effect
from surveyor.core.scope import NETWORK
from surveyor.flows.keep_counts import Ask, Keeper, held_out, plain


@dataclass(frozen=True, slots=True)
class Held:
    """The two groups, and what may be said. until: the last day of a decision that is counted."""

    asked: Group
    held: Group
    effect: Effect
    until: date


def measure_holdout(sessions: Any, *, today: date, keeper: Keeper | None = None) -> Held | None:
    """The year before the last `WITHIN` days; None when the keeper of a page that waits for nobody left it out."""
    period = held_out.year_of(today)
    with sessions() as session:
        said = plain.counted(session, keeper, Ask("holdout", (NETWORK,), period))
    if said is None:
        return None
    asked, held = held_out.group_of(said["asked"]), held_out.group_of(said["held"])
    return Held(asked, held, effect(asked, held), period.last)
