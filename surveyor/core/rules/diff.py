"""What changes between two versions of the rules, in words and as text: shown before anything is published."""

from __future__ import annotations

import difflib
from dataclasses import fields

from surveyor.core.quoting import french
from surveyor.core.rules.labels import item_label, value_text
from surveyor.core.rules.rule import RULE_KEYS, GlobalRules, Rule, RuleSet
from surveyor.core.rules.sentence import in_words

_PAIRED = ("window", "cooldown")


def diff_rules(a: RuleSet, b: RuleSet, language: str) -> list[str]:
    """From `a` to `b`, one line for each rule and key that changes: "drive : fenêtre 3 mois → 2 mois"; empty: the same.

    What stands above the rules comes first, then rules of `a` that are gone or changed, then new ones, each in order.
    """
    lines = _global_lines(a.globals, b.globals, language)
    for old in a.rules:
        new = b.get(old.id)
        lines += _removed(old, language) if new is None else _rule_lines(old, new, language)
    for new in b.rules:
        if a.get(new.id) is None:
            lines += _added(new, language)
    return [french(line) for line in lines] if language == "fr" else lines


def text_diff(a: str, b: str) -> str:
    """The unified diff of two texts, three lines around; empty when they are the same."""
    return "".join(
        line if line.endswith("\n") else line + "\n"
        for line in difflib.unified_diff(a.splitlines(keepends=True), b.splitlines(keepends=True), "a", "b")
    )


def _global_lines(a: GlobalRules, b: GlobalRules, language: str) -> list[str]:
    names = [f.name for f in fields(GlobalRules)]
    title = "toutes les règles" if language == "fr" else "all rules"
    return [
        _line(title, name, getattr(a, name), getattr(b, name), language)
        for name in names
        if getattr(a, name) != getattr(b, name)
    ]


def _rule_lines(old: Rule, new: Rule, language: str) -> list[str]:
    was, now = _items(old), _items(new)
    return [_line(old.id, item, was[item], now[item], language) for item in was if was[item] != now[item]]


def _items(rule: Rule) -> dict[str, object]:
    items: dict[str, object] = {}
    for key in RULE_KEYS:
        thing = key.split("_")[0]
        if thing in _PAIRED:
            items[thing] = (getattr(rule, f"{thing}_months"), getattr(rule, f"{thing}_days"))
        elif key != "id":
            items[key] = getattr(rule, key)
    return items


def _line(title: str, item: str, was: object, now: object, language: str) -> str:
    colon = " :" if language == "fr" else ":"
    change = f"{value_text(item, was, language)} → {value_text(item, now, language)}"
    return f"{title}{colon} {item_label(item, language)} {change}"


def _removed(rule: Rule, language: str) -> list[str]:
    return [f"{rule.id} : règle retirée" if language == "fr" else f"{rule.id}: rule removed"]


def _added(rule: Rule, language: str) -> list[str]:
    said = in_words(rule, language)
    return [f"{rule.id} : règle ajoutée. {said}" if language == "fr" else f"{rule.id}: rule added. {said}"]
