"""The counts that no tally has and several pages show, by name: of people, of rows, each as plain JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from surveyor.core.badges import HIDDEN_UNDER
from surveyor.core.tally import Tally
from surveyor.db import cohorts, deliverability, distinct, steps, verbatims
from surveyor.flows.keep_counts import Ask, Keeper, held_out, mentions, refusals

Count = Callable[[Any, Ask], Any]


def counted(session: Any, keeper: Keeper | None, ask: Ask) -> Any:
    """What is kept of a count, or what it says now; without a keeper it is always counted.

    None: the keeper of a page that waits for nobody left it out (`Keeper.left`).
    """
    count = COUNTS[ask.name]
    return count(session, ask) if keeper is None else keeper.of(session, ask, lambda: count(session, ask))


def _rule(ask: Ask) -> str:
    return ask.more.get("rule", "")


def _cut(ask: Ask) -> steps.Cut:
    return steps.Cut(ask.reach, ask.period, _rule(ask), ask.more.get("reason", ""), ask.more["zone"])


def _answered_by(session: Any, ask: Ask) -> Any:
    found = distinct.customers_answered_by(session, ask.reach, ask.period, ask.more["by"])
    return {key: list(pair) for key, pair in found.items()}


def _sent_scores(session: Any, ask: Ask) -> Any:
    rows, people = distinct.scores_by_sending(session, ask.reach, ask.period, ask.more["by"])
    return {"rows": [list(row) for row in rows], "people": people}


def _by_language(session: Any, ask: Ask) -> Any:
    found = cohorts.by_language(session, ask.reach, ask.period, rule=_rule(ask))
    return {language: tally.changes() for language, tally in found.items()}


def _by_group(session: Any, ask: Ask) -> Any:
    groups = deliverability.by_group(session, ask.reach, ask.period)
    return [[one.name, one.tally.changes(), one.deferred] for one in groups]


def _ages(session: Any, ask: Ask) -> Any:
    found = cohorts.answers_by_age(session, ask.reach, ask.period, rule=_rule(ask))
    return {str(age): n for age, n in found.items()}


COUNTS: Mapping[str, Count] = {
    "hit": lambda session, ask: distinct.customers_hit(session, ask.reach, ask.period, rule=_rule(ask)),
    "earlier": lambda s, ask: verbatims.sent_for_earlier_orders(s, ask.reach, ask.period, rule=_rule(ask)),
    "reached": lambda s, ask: distinct.customers_reached(s, ask.reach, ask.period, zone=ask.more["zone"]),
    "ordered": lambda s, ask: distinct.customers_with_order(s, ask.reach, ask.period, zone=ask.more["zone"]),
    "answered": lambda session, ask: list(distinct.customers_answered(session, ask.reach, ask.period)),
    "answered_by": _answered_by,
    "last_scores": lambda s, ask: {str(k): n for k, n in distinct.last_scores(s, ask.reach, ask.period).items()},
    "sent_scores": _sent_scores,
    "questionnaires": lambda s, ask: sorted(map(list, verbatims.questionnaires(s, ask.reach, ask.period))),
    "tongues": lambda session, ask: verbatims.languages(session, ask.reach, ask.period),
    "ages": _ages,
    "apart": lambda session, ask: steps.not_eligible(session, _cut(ask)),
    "step": lambda session, ask: steps.how_many(session, ask.more["step"], _cut(ask)),
    "languages": _by_language,
    "groups": _by_group,
    "reasons": lambda session, ask: refusals.count_reasons(session, ask.reach, ask.period, _rule(ask)),
    **mentions.COUNTS,
    "holdout": lambda session, ask: held_out.count_groups(session, ask.period),
}


def people_of(found: Sequence[int] | None, answers: int) -> int | None:
    """People behind so many answers, from what "answered" said of people and answers within the day; None: not yet."""
    return None if found is None else grown(found, answers)


def grown(found: Sequence[int], answers: int) -> int:
    """People behind so many answers, from those behind the answers of earlier in the day."""
    people, then = found
    return people if then == answers or not then else (2 * people * answers + then) // (2 * then)


def people_by(session: Any, keeper: Keeper | None, ask: Ask, answers: Mapping[str, int]) -> dict[str, int] | None:
    """Group -> people behind its answers; empty when no group has as many as an interval is shown for, None: not yet.

    ask: "answered_by". answers: group -> answers of now.
    """
    if max(answers.values(), default=0) < HIDDEN_UNDER:
        return {}
    found = counted(session, keeper, ask)
    if found is None:
        return None
    return {key: grown(found[key], n) for key, n in answers.items() if key in found}


def ages(found: Mapping[str, int]) -> dict[int, int]:
    """What "ages" says: days from the email to the answer -> answers."""
    return {int(age): n for age, n in found.items()}


def tallies_of(found: Mapping[str, Mapping[str, int]]) -> dict[str, Tally]:
    """What "languages" says: language -> counts."""
    return {language: Tally(**counts) for language, counts in found.items()}


def groups(found: list[Any]) -> list[deliverability.Group]:
    """What "groups" says: a line for each group of domains."""
    return [deliverability.Group(name, Tally(**counts), deferred) for name, counts, deferred in found]


def same_questionnaire(found: list[list[Any]]) -> bool:
    """Whether one questionnaire version, or none, was answered in what "questionnaires" said of each period."""
    return len({(survey, version) for survey, version in found}) <= 1
