"""Draws by hash between an order and its invitation: who is held out, which occasion is used, which arm is lived."""

from __future__ import annotations

from datetime import date
from hashlib import sha256

from surveyor.core.rules import Arm, Rule

_UNIT = float(16**13)


def draw(*parts: str) -> float:
    """First 13 hexadecimal digits of sha256 of the parts joined by "|" in UTF-8, over 16^13: in [0, 1)."""
    return int(sha256("|".join(parts).encode()).hexdigest()[:13], 16) / _UNIT


def sampling_draw(rule: Rule, customer_id: str, occasion: str) -> float:
    """The draw of one occasion: an order's id, or "order#n" for an occurrence; used when below `sampling_rate`."""
    return draw(rule.sampling_salt, rule.id, customer_id, occasion)


def holdout_draw(salt: str, customer_id: str) -> float:
    """The draw of a customer for every rule: held out when below the rule's `holdout_rate`."""
    return draw("holdout", salt, customer_id)


def arm_of(rule: Rule, customer_id: str, day: int) -> Arm | None:
    """The arm that a customer lives on `day` (the order's date, the planned day of an occurrence); None outside."""
    experiment = rule.experiment
    if experiment is None or not experiment.arms or not experiment.covers(date.fromordinal(day)):
        return None
    target = draw("arm", experiment.name, customer_id) * sum(arm.weight for arm in experiment.arms)
    reached = 0
    for arm in experiment.arms:
        reached += arm.weight
        if reached > target:
            return arm
    return experiment.arms[-1]
