"""How many deliveries an experiment needs, written down before it starts (indicators.md, 16.4)."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from surveyor.core.intervals import sample_size_rates
from surveyor.errors import Complaint, Refused

LEAST, MOST = 0.001, 0.99


@dataclass(frozen=True, slots=True)
class Plan:
    """The response rate expected without the change, the smallest one worth seeing, and deliveries in each arm.

    Rates are shares from 0 to 1 (responses per delivered, the primary measure). per_arm: emails delivered to each arm.
    """

    base: float
    target: float
    per_arm: int


def plan_of(base: float, target: float) -> Plan:
    """The plan for two rates: 95 % confidence, two-sided, 80 % power.

    n = ceil((z + zb)^2 (p1 (1 - p1) + p2 (1 - p2)) / (p1 - p2)^2), z = 1.959964, zb = 0.841621: the normal
    approximation with unpooled variances (indicators.md, 16.4; Fleiss, Levin and Paik, 3rd ed., 4.2 without
    continuity correction). 12 % against 14 %: 4 435. Raises Refused for rates outside 0.1 % to 99 %, or two that
    are the same.
    """
    wrong = [_outside(name, rate) for name, rate in (("base", base), ("target", target)) if not LEAST <= rate <= MOST]
    if not wrong and abs(base - target) < 0.0005:
        fr = "Les deux taux sont les mêmes : indiquez le plus petit écart qui vous ferait changer d'avis."
        en = "Both rates are the same: say the smallest difference that would change your mind."
        wrong = [Complaint("target", "field_value", fr, en)]
    if wrong:
        raise Refused(wrong)
    return Plan(base, target, sample_size_rates(base, target))


def days_needed(plan: Plan, *, delivered_a_day: float, shares: tuple[int, ...]) -> int | None:
    """Days until the smallest arm has its deliveries, at so many a day in all; None when nothing is delivered.

    shares: the weights of the arms.
    """
    smallest = delivered_a_day * min(shares) / sum(shares) if shares else 0.0
    return ceil(plan.per_arm / smallest) if smallest > 0 else None


def _outside(name: str, rate: float) -> Complaint:
    shown = f"{100 * rate:.4g}"
    fr = f"{shown.replace('.', ',')} % : attendu entre 0,1 % et 99 %."
    return Complaint(name, "field_value", fr, f"{shown}%: expected between 0.1% and 99%.")
