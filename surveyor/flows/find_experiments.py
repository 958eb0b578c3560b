"""The experiments that versions of the rules declared, with what the line has counted of each so far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from surveyor.core.experiments import Arm, Breach, Comparison, Stage, breaches, compare, last_answer, stage_of
from surveyor.core.rules import Experiment, Rule, RuleSet, check_rules
from surveyor.db import experiments as rows
from surveyor.db import rules


@dataclass(frozen=True, slots=True)
class Declared:
    """An experiment as it was declared before it started.

    version, at, author: of the publication that declared it. versions: all in which it stands so. stopped_on: the day
    on which a later version changed it, took it away or stopped its rule; None while it stands.
    """

    rule: Rule
    experiment: Experiment
    version: int
    at: datetime
    author: str
    versions: tuple[int, ...]
    stopped_on: date | None = None

    @property
    def key(self) -> tuple[str, str]:
        """(rule id, name): what a plan is kept under."""
        return self.rule.id, self.experiment.name

    @property
    def ends_answers(self) -> date | None:
        """The last day on which an answer may come."""
        return last_answer(self.rule, self.experiment)


@dataclass(frozen=True, slots=True)
class Found:
    """An experiment with its plan, its stage on a day, its arms and what may be said of them."""

    declared: Declared
    stage: Stage
    plan: rows.Written | None
    arms: tuple[Arm, ...]
    comparisons: tuple[Comparison, ...]
    breaches: tuple[Breach, ...]


def declared_experiments(session: Any) -> list[Declared]:
    """Every experiment that a published version declared, the latest declaration first."""
    found: dict[tuple[str, str], Declared] = {}
    for version in reversed(rules.versions(session)):
        standing = {(rule.id, experiment.name): (rule, experiment) for rule, experiment in _experiments(version.text)}
        for key, (rule, experiment) in standing.items():
            found[key] = _declare(found.get(key), rule, experiment, version)
        for key, before in found.items():
            if key not in standing and before.stopped_on is None:
                found[key] = replace(before, stopped_on=version.published_at.date())
    return sorted(found.values(), key=lambda one: (-one.version, one.key))


def find_experiment(sessions: Any, rule_id: str, name: str, *, today: date) -> Found | None:
    """One experiment, counted; None when no version declared it."""
    with sessions() as session:
        one = next((d for d in declared_experiments(session) if d.key == (rule_id, name)), None)
        return None if one is None else counted(session, one, today=today)


def counted(session: Any, one: Declared, *, today: date) -> Found:
    """What the line knows of an experiment on a day; nothing is concluded before its end (core/experiments)."""
    stage = stage_of(one.rule, one.experiment, today=today, stopped_on=one.stopped_on)
    plan = rows.plan_of(session, one.key)
    arms = rows.arms(session, one.rule.id, one.versions, [arm.name for arm in one.experiment.arms])
    said = compare(arms, stage=stage, plan=plan.plan if plan else None)
    return Found(one, stage, plan, tuple(arms), tuple(said), tuple(breaches(arms)))


def _declare(before: Declared | None, rule: Rule, experiment: Experiment, version: rules.Version) -> Declared:
    """A new declaration; the one there is, in one more version; or the one there is, stopped by a change.

    What is changed before its first day is declared anew: nobody has lived it yet.
    """
    day = version.published_at.date()
    if before is not None and before.stopped_on is None and _same(before, rule, experiment):
        return replace(before, versions=(*before.versions, version.number))
    began = before is not None and (before.experiment.starts is None or before.experiment.starts <= day)
    if before is not None and began:
        return before if before.stopped_on is not None else replace(before, stopped_on=day)
    return Declared(rule, experiment, version.number, version.published_at, version.author, (version.number,))


def _same(before: Declared, rule: Rule, experiment: Experiment) -> bool:
    """The same dates and arms over a rule that is otherwise the same: its answers may be added."""
    return before.experiment == experiment and before.rule == rule


@lru_cache(maxsize=256)
def _experiments(text: str) -> Sequence[tuple[Rule, Experiment]]:
    found, _ = check_rules(text.encode())
    return tuple(_active(found)) if found is not None else ()


def _active(found: RuleSet) -> Iterator[tuple[Rule, Experiment]]:
    for rule in found.active():
        if rule.experiment is not None:
            yield rule, rule.experiment
