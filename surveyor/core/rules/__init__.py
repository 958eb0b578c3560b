"""Trigger rules: who is asked, when, how often at most; read and checked here, applied to orders by `decide`."""

from surveyor.core.rules.plain import from_plain, globals_from_plain, to_plain
from surveyor.core.rules.problems import Problem
from surveyor.core.rules.rule import ARM_KEYS, RULE_KEYS, WEEK, Arm, Experiment, GlobalRules, Rule, RuleSet

__all__ = [
    "ARM_KEYS",
    "RULE_KEYS",
    "WEEK",
    "Arm",
    "Experiment",
    "GlobalRules",
    "Problem",
    "Rule",
    "RuleSet",
    "from_plain",
    "globals_from_plain",
    "to_plain",
]
