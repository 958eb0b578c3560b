"""A rule as an invitation keeps it, from its decision to its last email: small plain values, and the rule again."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from surveyor.core.rules import Rule, from_plain, to_plain

_DEFAULT_RULE = to_plain(Rule("-", name="-"))
_rules: dict[Hashable, Rule] = {}
#: By identity, each with its rule, which therefore lives as long.
_snapshots: dict[int, tuple[Rule, dict[str, Any]]] = {}
_MOST_RULES = 512


def snapshot(rule: Rule) -> dict[str, Any]:
    """A rule as plain values without the keys that have their default; `rule_of` gives it back. Read only."""
    known = _snapshots.get(id(rule))  # comparing whole rules would cost more than the rest of an invitation
    if known is not None and known[0] is rule:
        return known[1]
    if len(_snapshots) >= _MOST_RULES:
        _snapshots.clear()
    plain = {key: value for key, value in to_plain(rule).items() if value != _DEFAULT_RULE[key]}
    _snapshots[id(rule)] = (rule, plain)
    return plain


def rule_of(plain: Mapping[str, Any]) -> Rule:
    """The rule of a snapshot; one object for all that say the same, as there are few."""
    key: Hashable = tuple(plain.items())
    try:
        found = _rules.get(key)
    except TypeError:  # lists of stores, of days: written out they can be looked up too
        key = repr(plain)
        found = _rules.get(key)
    if found is None:
        if len(_rules) >= _MOST_RULES:
            _rules.clear()
        found = _rules[key] = _rule_of(plain)
    return found


def _rule_of(plain: Mapping[str, Any]) -> Rule:
    values = dict(plain)
    for thing in ("window", "cooldown"):
        if f"{thing}_days" in values:
            values.pop(f"{thing}_months", None)
    return from_plain(values)
