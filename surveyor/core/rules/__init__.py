"""Trigger rules: who is asked, when, how often at most; read and checked here, applied to orders by `decide`."""

from surveyor.core.rules.check import check_rules
from surveyor.core.rules.diff import diff_rules, text_diff
from surveyor.core.rules.export import export_text, without_header
from surveyor.core.rules.known import KnownNames
from surveyor.core.rules.parse import parse_rules
from surveyor.core.rules.plain import from_plain, globals_from_plain, to_plain
from surveyor.core.rules.problems import Problem
from surveyor.core.rules.publishing import PUBLISH_STATUS, VOLUME_TIMES, reason_given, same_base, volume_confirmed
from surveyor.core.rules.rule import ARM_KEYS, RULE_KEYS, WEEK, Arm, Experiment, GlobalRules, Rule, RuleSet
from surveyor.core.rules.sentence import in_words

__all__ = [
    "ARM_KEYS",
    "PUBLISH_STATUS",
    "RULE_KEYS",
    "VOLUME_TIMES",
    "WEEK",
    "Arm",
    "Experiment",
    "GlobalRules",
    "KnownNames",
    "Problem",
    "Rule",
    "RuleSet",
    "check_rules",
    "diff_rules",
    "export_text",
    "from_plain",
    "globals_from_plain",
    "in_words",
    "parse_rules",
    "reason_given",
    "same_base",
    "text_diff",
    "to_plain",
    "volume_confirmed",
    "without_header",
]
