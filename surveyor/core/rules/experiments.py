"""The `[rule.experiment]` of a text of rules: its dates and arms, each arm checked as the rule that it makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from surveyor.core.rules.crosschecks import View, check_together
from surveyor.core.rules.findings import Findings
from surveyor.core.rules.keys import ARM_TABLE_KEYS, EXPERIMENT_KEYS
from surveyor.core.rules.pairs import check_pairs
from surveyor.core.rules.rule import ARM_KEYS, Arm, Experiment, GlobalRules
from surveyor.core.rules.tables import Table, missing, read_table
from surveyor.core.rules.values import say_type
from surveyor.core.toml import Path

MIN_ARMS, MAX_ARMS = 2, 5


def read_experiment(found: Findings, path: Path, raw: object, *, base: View, above: GlobalRules) -> Experiment | None:
    """The experiment at `path`; None when something in it is wrong. `base`: the rule that the arms change."""
    if not isinstance(raw, Mapping):
        say_type(found, path, value=raw, expected=("a table [rule.experiment]", "une table [rule.experiment]"))
        return None
    before = found.errors
    table = read_table(found, path, keys=EXPERIMENT_KEYS, raw=raw)
    if not table.has("name"):
        missing(found, (*path, "name"), en="a short identifier", fr="un identifiant court")
    _check_dates(found, table)
    arms = _read_arms(found, (*path, "arm"), table.nested.get("arm"), base=base, above=above)
    if arms is None or found.errors > before:
        return None
    values = cast(dict[str, Any], table.values)
    return Experiment(values["name"], values.get("starts"), values.get("ends"), arms)


def _check_dates(found: Findings, table: Table) -> None:
    values = cast(dict[str, Any], table.values)
    starts, ends = values.get("starts"), values.get("ends")
    if starts is not None and ends is not None and ends < starts:
        en, fr = f" = {ends}: before starts = {starts}.", f" = {ends} : avant starts = {starts}."
        found.say((*table.path, "ends"), "conflict", en=en, fr=fr)


def _read_arms(found: Findings, path: Path, raw: object, *, base: View, above: GlobalRules) -> tuple[Arm, ...] | None:
    if raw is None:
        missing(found, path, en="two to five [[rule.experiment.arm]]", fr="deux à cinq [[rule.experiment.arm]]")
        return None
    if not isinstance(raw, list | tuple):
        say_type(found, path, value=raw, expected=("[[rule.experiment.arm]]", "[[rule.experiment.arm]]"))
        return None
    if not MIN_ARMS <= len(raw) <= MAX_ARMS:
        where = found.where(path, at=path[:-1])
        en = f"{where}: {len(raw)} arm{'s' * (len(raw) != 1)}, expected 2 to 5."
        words = (en, f"{where} : {len(raw)} bras, attendu de 2 à 5.")
        found.add(path, "range", words=words, at=path[:-1])
        return None
    arms = [_read_arm(found, (*path, i), arm, base=base, above=above) for i, arm in enumerate(raw)]
    _check_names(found, path, arms)
    return None if any(a is None for a in arms) else tuple(a for a in arms if a is not None)


def _read_arm(found: Findings, path: Path, raw: object, *, base: View, above: GlobalRules) -> Arm | None:
    if not isinstance(raw, Mapping):
        say_type(found, path, value=raw, expected=("[[rule.experiment.arm]]", "[[rule.experiment.arm]]"))
        return None
    table = read_table(found, path, keys=ARM_TABLE_KEYS, raw=raw)
    if not table.has("name"):
        missing(found, (*path, "name"), en="a short identifier", fr="un identifiant court")
    clashing = check_pairs(found, table)
    overrides = {k: table.values[k] for k in ARM_KEYS if k in table.values}
    check_together(found, _made_by(base, overrides, bad=table.bad | clashing, path=path), above=above)
    values = cast(dict[str, Any], table.values)
    return Arm(values.get("name", ""), values.get("weight", 1), overrides)


def _made_by(base: View, overrides: Mapping[str, object], *, bad: set[str], path: Path) -> View:
    values = {**base.values, **overrides}
    for thing in ("window", "cooldown"):
        if f"{thing}_days" in overrides:
            values[f"{thing}_months"] = None
        elif f"{thing}_months" in overrides:
            values[f"{thing}_days"] = None
    still_bad = (base.bad - frozenset(overrides)) | bad
    return View(values, frozenset(still_bad), path, only=frozenset(overrides))


def _check_names(found: Findings, path: Path, arms: list[Arm | None]) -> None:
    first: dict[str, int] = {}
    for index, arm in enumerate(arms):
        if arm is None or not arm.name:
            continue
        if arm.name in first:
            en, fr = f": another arm is named {arm.name}.", f" : un autre bras porte le nom {arm.name}."
            found.say((*path, index, "name"), "duplicate", en=en, fr=fr)
        first.setdefault(arm.name, index)
