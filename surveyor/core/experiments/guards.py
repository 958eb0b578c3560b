"""Guard rails of an experiment: an arm that customers flee is told at once, whatever its answers say."""

from __future__ import annotations

from dataclasses import dataclass

from surveyor.core import intervals
from surveyor.core.experiments.results import Arm

#: Deliveries under which nothing is said of an arm.
LEAST = 100
#: Looked at every hour of weeks: three standard errors, so that chance alone rings rarely (z of R10b).
CONFIDENCE = 0.9973
#: The share of complaints at which a stream is stopped (pipeline.md, 7), and one of unsubscribes that nobody wants.
LIMITS = {"complained": 0.001, "unsubscribed": 0.02}


@dataclass(frozen=True, slots=True)
class Breach:
    """An arm over a guard rail. count of n delivered; low, high: bounds of its share (0 to 1) at `CONFIDENCE`.

    beside: whether it is surely over the other arms (else over the limit of `LIMITS`); others: their count and n.
    """

    arm: str
    what: str
    count: int
    n: int
    low: float
    high: float
    beside: bool
    others: tuple[int, int]


def breaches(arms: list[Arm]) -> list[Breach]:
    """Arms whose unsubscribes or complaints are surely too many: the whole Wilson interval over the limit, or the whole
    Newcombe interval of the difference with the other arms together over 0. In the order of the arms.
    """
    found = []
    for arm in arms:
        rest = [one for one in arms if one is not arm]
        for what, limit in LIMITS.items():
            mine = (getattr(arm, what), arm.delivered)
            others = (sum(getattr(one, what) for one in rest), sum(one.delivered for one in rest))
            bounds = intervals.wilson(*mine, CONFIDENCE)
            if bounds is None or arm.delivered < LEAST:
                continue
            gap = intervals.newcombe(mine, others, CONFIDENCE) if others[1] >= LEAST else None
            beside = gap is not None and gap[0] > 0
            if beside or bounds[0] > limit:
                found.append(Breach(arm.name, what, *mine, *bounds, beside, others))
    return found
