"""A rule as plain data and back: the snapshot that an invitation keeps of the rule that decided it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from surveyor.core.rules.rule import ARM_KEYS, RULE_KEYS, Arm, Experiment, GlobalRules, Rule

_LISTS = ("send_days", "segments", "store_ids", "regions")


def to_plain(rule: Rule) -> dict[str, Any]:
    """The rule as JSON values, every key present; dates are ISO 8601. `from_plain` gives the same rule back."""
    plain: dict[str, Any] = {}
    for key in RULE_KEYS:
        value = getattr(rule, key)
        plain[key] = list(value) if isinstance(value, tuple) else value
    plain["experiment"] = None if rule.experiment is None else _plain_experiment(rule.experiment)
    return plain


def from_plain(plain: Mapping[str, Any]) -> Rule:
    """A rule from `to_plain`, or from the keys of a written case: an absent key has its default, nothing is checked.

    Raises TypeError for a key that no rule has: a snapshot is ours, so that is a defect and not a person's mistake.
    """
    values: dict[str, Any] = dict(plain)
    for key in _LISTS:
        if key in values:
            values[key] = tuple(values[key])
    if values.get("experiment") is not None:
        values["experiment"] = _experiment(values["experiment"])
    return Rule(**values)


def globals_from_plain(plain: Mapping[str, Any]) -> GlobalRules:
    """The keys of [global]; an absent key has its default, nothing is checked."""
    return GlobalRules(**plain)


def _plain_experiment(experiment: Experiment) -> dict[str, Any]:
    return {
        "name": experiment.name,
        "starts": experiment.starts.isoformat() if experiment.starts else None,
        "ends": experiment.ends.isoformat() if experiment.ends else None,
        "arm": [_plain_arm(arm) for arm in experiment.arms],
    }


def _plain_arm(arm: Arm) -> dict[str, Any]:
    overrides = {k: list(v) if isinstance(v, tuple) else v for k, v in arm.overrides.items()}
    return {"name": arm.name, "weight": arm.weight, **overrides}


def _experiment(plain: Mapping[str, Any]) -> Experiment:
    arms = tuple(
        Arm(arm["name"], arm.get("weight", 1), {k: _frozen(arm[k]) for k in ARM_KEYS if k in arm})
        for arm in plain["arm"]
    )
    return Experiment(plain["name"], _date(plain.get("starts")), _date(plain.get("ends")), arms)


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _date(value: str | date | None) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value
