"""Trigger rules: who is asked, when, how often at most; read and checked here, applied to orders by `decide`."""

from surveyor.core.rules.check import check_rules
from surveyor.core.rules.known import KnownNames
from surveyor.core.rules.parse import parse_rules
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
    "KnownNames",
    "Problem",
    "Rule",
    "RuleSet",
    "check_rules",
    "from_plain",
    "globals_from_plain",
    "parse_rules",
    "to_plain",
]
