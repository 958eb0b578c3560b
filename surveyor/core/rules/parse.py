"""A mapping (a parsed `rules.toml`, a form) to a RuleSet, or to all that is wrong: between editor and version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from surveyor.core.quoting import grouped
from surveyor.core.rules.crosschecks import View, check_together, effective
from surveyor.core.rules.experiments import read_experiment
from surveyor.core.rules.findings import Findings
from surveyor.core.rules.keys import GLOBAL_KEYS, RULE_TABLE_KEYS, TOP_KEYS
from surveyor.core.rules.known import KnownNames
from surveyor.core.rules.pairs import check_pairs
from surveyor.core.rules.problems import Problem
from surveyor.core.rules.rule import GlobalRules, Rule, RuleSet
from surveyor.core.rules.tables import Table, missing, read_table
from surveyor.core.rules.values import say_type
from surveyor.core.toml import TomlMap

MAX_RULES = 500


def parse_rules(
    mapping: object, *, known: KnownNames | None = None, places: TomlMap | None = None
) -> tuple[RuleSet | None, list[Problem]]:
    """The rules of a mapping and what is wrong with it; the rules are None when a problem is an error. Never raises.

    `known`: the names that exist, None to look none up. `places`: the map of the text that `mapping` was read from;
    without it problems have no line.
    """
    found = Findings(places, known)
    rules = _read(found, mapping)
    return (None if found.errors else rules), found.in_order()


def too_many_rules(found: Findings, count: int) -> None:
    """Over 500 rules nothing else is said."""
    en, fr = (
        f"{grouped(count, 'en')} rules: at most {MAX_RULES}.",
        f"{grouped(count, 'fr')} règles : {MAX_RULES} au plus.",
    )
    found.add(("rule", MAX_RULES), "too_many_rules", words=(en, fr))


def _read(found: Findings, mapping: object) -> RuleSet | None:
    if not isinstance(mapping, Mapping):
        say_type(found, ("rules",), value=mapping, expected=("a table", "une table"))
        return None
    raw_rules = mapping.get("rule", [])
    if isinstance(raw_rules, list | tuple) and len(raw_rules) > MAX_RULES:
        too_many_rules(found, len(raw_rules))
        return None
    top = read_table(found, (), keys=TOP_KEYS, raw=mapping)
    stop_all_known, above = _read_global(found, top.nested.get("global", {}))
    if not isinstance(raw_rules, list | tuple):
        say_type(found, ("rule",), value=raw_rules, expected=("[[rule]]", "[[rule]]"))
        return None
    if not raw_rules:
        missing(found, ("rule",), en="at least one [[rule]]", fr="au moins un [[rule]]")
        return None
    tables = [_read_rule_table(found, i, raw=raw) for i, raw in enumerate(raw_rules)]
    _check_ids(found, tables)
    _check_priorities(found, tables)
    rules = [_finish(found, table, above=above) for table in tables if table is not None]
    if stop_all_known and not above.stop_all and None not in tables:
        _check_active(found, tables)
    return None if found.errors else RuleSet(tuple(r for r in rules if r is not None), above)


def _read_global(found: Findings, raw: object) -> tuple[bool, GlobalRules]:
    """Whether `stop_all` can be trusted, and the table with defaults for what is wrong or absent."""
    if not isinstance(raw, Mapping):
        say_type(found, ("global",), value=raw, expected=("a table [global]", "une table [global]"))
        return False, GlobalRules()
    table = read_table(found, ("global",), keys=GLOBAL_KEYS, raw=raw)
    return "stop_all" not in table.bad, GlobalRules(**cast(dict[str, Any], table.values))


def _read_rule_table(found: Findings, index: int, *, raw: object) -> Table | None:
    path = ("rule", index)
    if not isinstance(raw, Mapping):
        say_type(found, path, value=raw, expected=("[[rule]]", "[[rule]]"))
        return None
    if "id" in raw:
        # First, so that everything else in the rule is said under its id.
        probe = read_table(found, path, keys={"id": RULE_TABLE_KEYS["id"]}, raw={"id": raw["id"]})
        if "id" in probe.values:
            found.labels[index] = str(probe.values["id"])
    else:
        missing(found, (*path, "id"), en="a short identifier", fr="un identifiant court")
    table = read_table(found, path, keys=RULE_TABLE_KEYS, raw={k: v for k, v in raw.items() if k != "id"})
    if index in found.labels:
        table.values["id"] = found.labels[index]
    return table


def _finish(found: Findings, table: Table, *, above: GlobalRules) -> Rule | None:
    bad = frozenset(table.bad | check_pairs(found, table))
    view = View(effective(table.values), bad, table.path)
    check_together(found, view, above=above)
    values = cast(dict[str, Any], dict(table.values))
    if "experiment" in table.nested:
        path = (*table.path, "experiment")
        raw = table.nested["experiment"]
        values["experiment"] = read_experiment(found, path, raw, base=view, above=above)
    return None if found.errors else Rule(**values)


def _check_ids(found: Findings, tables: list[Table | None]) -> None:
    first: dict[object, int] = {}
    for index, table in enumerate(tables):
        rule_id = None if table is None else table.values.get("id")
        if rule_id is None:
            continue
        if rule_id in first:
            _say_same_id(found, str(rule_id), first=first[rule_id], second=index)
        first.setdefault(rule_id, index)


def _say_same_id(found: Findings, rule_id: str, *, first: int, second: int) -> None:
    numbers, en, fr = (first + 1, second + 1), "rules", "règles"
    if found.places is not None:
        numbers = (found.places.find(("rule", first, "id"))[0], found.places.find(("rule", second, "id"))[0])
        en, fr = "lines", "lignes"
    words = (
        f"Two rules have the id {rule_id} ({en} {numbers[0]} and {numbers[1]}).",
        f"Deux règles portent l'identifiant {rule_id} ({fr} {numbers[0]} et {numbers[1]}).",
    )
    found.add(("rule", second, "id"), "duplicate", words=words)


def _check_priorities(found: Findings, tables: list[Table | None]) -> None:
    first: dict[object, int] = {}
    for index, table in enumerate(tables):
        if table is None or "priority" in table.bad or not table.values.get("active", True):
            continue
        priority = table.values.get("priority", 100)
        if priority in first:
            other = found.labels.get(first[priority], f"rule[{first[priority] + 1}]")
            en = f" = {priority}: the same as {other}. Between equals, the id decides."
            fr = f" = {priority} : la même que {other}. À égalité, l'identifiant décide."
            found.say(("rule", index, "priority"), "same_priority", en=en, fr=fr, level="warning")
        first.setdefault(priority, index)


def _check_active(found: Findings, tables: list[Table | None]) -> None:
    if any(t is not None and ("active" in t.bad or t.values.get("active", True)) for t in tables):
        return
    en = "No active rule: all sending would stop. Write stop_all = true under [global] if you mean it."
    fr = "Aucune règle active : tout envoi s'arrêterait. Écrivez stop_all = true sous [global] si c'est voulu."
    found.add(("global", "stop_all"), "no_active_rule", words=(en, fr))
