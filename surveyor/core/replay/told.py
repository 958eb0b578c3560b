"""What one person's orders would bring under a version, decision by decision: the story behind a figure of a replay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from surveyor.core.decision import Decision
from surveyor.core.history import Regime
from surveyor.core.journey import Decided, Effect
from surveyor.core.replay.life import Life
from surveyor.core.replay.results import WHOLE, Period, Run, Send
from surveyor.core.replay.rows import Group


@dataclass(slots=True)
class ToldLife:
    """The decisions that stand, in the order in which they were made, and the emails sent."""

    decisions: dict[tuple[str, str, int], Decision] = field(default_factory=dict)
    sends: list[Send] = field(default_factory=list)


class _Telling(Life):
    """Lives as any replay does, and remembers each decision; one that is made again replaces the former."""

    __slots__ = ("told",)

    def __init__(self, regime: Regime, period: Period, sends: list[Send]) -> None:
        super().__init__(regime, Run(sends), period, sends)
        self.told: dict[tuple[str, str, int], Decision] = {}

    def _follow(self, effects: Sequence[Effect]) -> None:
        super()._follow(effects)
        for effect in effects:
            if isinstance(effect, Decided):
                one = effect.decision
                self.told[one.rule_id, one.opened_by if one.occurrence > 1 else one.order_id, one.occurrence] = one


def told_life(group: Group, regime: Regime, *, period: Period = WHOLE) -> ToldLife:
    """Live one person's events under a version; nothing is written."""
    sends: list[Send] = []
    life = _Telling(regime, period, sends)
    if regime.active:
        life.live(group)
    return ToldLife(life.told, sends)
