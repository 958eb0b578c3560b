"""Indicators for a reader's stores and days, in one place: what dashboards, the API and the command line ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from surveyor.core.closing import Kind, Standing, kind_of
from surveyor.core.indicators import Envelope, Facts, Indicator, Measure, View, envelope
from surveyor.core.indicators.counted import Counted, Peers
from surveyor.core.indicators.measures import COUNTING
from surveyor.core.indicators.registry import with_day
from surveyor.core.periods import Period
from surveyor.core.scope import Scope
from surveyor.core.tally import COUNTS, Tally
from surveyor.db import imported, tallies
from surveyor.flows.asked_questions import OTHER_QUESTIONS, Asked, asked_about
from surveyor.flows.choose_peers import peers_of, segments_of
from surveyor.flows.keep_counts import Ask, plain, refusals
from surveyor.flows.measure_indicators import keeping
from surveyor.flows.measure_indicators.closings import is_month, standing, with_closed
from surveyor.flows.measure_indicators.columns import READ, UNREAD, enough_for
from surveyor.flows.measure_indicators.counting import counted
from surveyor.flows.measure_indicators.cuts import grouping, key_of, period_of, scope_of
from surveyor.flows.measure_indicators.last_answers import of_last_answers
from surveyor.flows.measure_indicators.other_day import by_answers, by_sending
from surveyor.flows.measure_indicators.question import (
    ANSWERS,
    BYS,
    LISTED,
    OF_LAST,
    SOURCES,
    Answers,
    By,
    Question,
    Source,
    by_day,
    refuse_not_of_last,
    refuse_uncuttable,
)

__all__ = [
    "ANSWERS",
    "BYS",
    "LISTED",
    "OF_LAST",
    "READ",
    "SOURCES",
    "UNREAD",
    "Answers",
    "By",
    "Group",
    "Question",
    "Source",
    "by_day",
    "measure",
    "refuse_not_of_last",
    "refuse_uncuttable",
]

#: Group -> (stage, reason) or (question, value) -> how many.
_Side = dict[Any, dict[tuple[str, str], int]]


@dataclass(frozen=True, slots=True)
class _Shared:
    """What was read once for all groups."""

    reasons: _Side
    answers: _Side
    asked: Asked
    peers: Mapping[str, Peers]
    people: Mapping[str, int] | None


@dataclass(frozen=True, slots=True)
class Group:
    """The figures of one group; `key` is a store, a region… or the first day of a span; "" without grouping.

    closed: how its month stands, of scores and of rates, once it is closed; told of what nothing cuts.
    """

    key: str
    period: Period
    tally: Tally
    figures: tuple[Envelope, ...]
    facts: Facts = field(default_factory=Facts)
    closed: Mapping[Kind, Standing] = field(default_factory=dict)


def measure(session: Any, question: Question) -> list[Group]:
    """The figures of every group that has any count, by key; exactly one group when nothing cuts.

    Everything comes from sums of tallies, but for distinct people and rows, which are counted when asked for.
    """
    if question.answers == "last":
        return [Group("", question.period, *of_last_answers(session, question))]
    if question.dated:
        return _dated(session, question)
    sums = _sums(session, question)
    ours = question.source == "email"  # what other tools asked has sums of scores, and nothing else of ours
    reasons, answers = (_reasons(session, question, sums), _answers(session, question)) if ours else ({}, {})
    counting = frozenset({"refusal_reasons"} if reasons is None else ())
    reasons = reasons or {}
    keys = sums.keys() | reasons.keys() | answers.keys() if question.by else {""}
    peers, people = (_peers(session, question, keys), _people(session, question, sums)) if ours else ({}, {})
    shared = _Shared(reasons, answers, asked_about(session, answers), peers, people)
    groups = []
    for key in sorted(keys, key=str):
        period = period_of(question, key)
        tally = sums.get(key, Tally())
        facts, kept = Facts(delivery_events=question.delivery_events), dict[str, Measure]()
        if ours:
            facts = _facts(session, question, shared, key, tally)
            facts = replace(facts, counting=facts.counting | counting)
            kept = {} if question.by else keeping.measured(session, question, tally, facts, counted)
            kept |= keeping.unfinished(question, tally, facts)
        view = View(period, scope_of(question, key), question.today, question.language)
        closed = _closed(session, question, tally)
        figures = tuple(_figure(entry, tally, view, facts, kept, closed) for entry in question.indicators)
        groups.append(Group(str(key), period, tally, figures, facts, closed))
    return groups


def _dated(session: Any, question: Question) -> list[Group]:
    """Those whose own day is asked for beside those that have it too, in the order in which they were asked."""
    own, moved = by_day(question.indicators, question.dated)
    parts = [measure(session, replace(question, indicators=own, dated=""))] if own or not moved else []
    parts += [_by_other_day(session, replace(question, indicators=moved))] if moved else []
    places = {entry.key: place for place, entry in enumerate(question.indicators)}
    found: dict[str, Group] = {}
    for group in (group for part in parts for group in part):
        first = found.get(group.key, group)
        figures = group.figures if first is group else (*first.figures, *group.figures)
        found[group.key] = replace(first, figures=tuple(sorted(figures, key=lambda one: places[one.key])))
    return [found[key] for key in sorted(found)]


def _by_other_day(session: Any, question: Question) -> list[Group]:
    found = by_sending(session, question) if question.dated == "sent" else None
    if question.dated == "response":
        sums = _sums(session, question) or ({} if question.by else {"": Tally()})
        found = by_answers(sums, delivery_events=question.delivery_events)
    groups = []
    counting = COUNTING if found is None else None
    for key, (tally, facts) in sorted((found or {"": (Tally(), Facts())}).items(), key=lambda one: str(one[0])):
        period = question.period if found is None else period_of(question, key)
        view = with_day(View(period, scope_of(question, key), question.today, question.language), question.dated)
        figures = tuple(envelope(entry, tally, view, facts, found=counting) for entry in question.indicators)
        groups.append(Group(str(key), period, tally, figures, facts))
    return groups


def _figure(
    entry: Indicator,
    tally: Tally,
    view: View,
    facts: Facts,
    kept: Mapping[str, Measure],
    closed: Mapping[Kind, Standing],
) -> Envelope:
    standing = closed.get(kind_of(entry.day))
    seen = replace(view, revision=None if standing is None else standing.revision)
    return with_closed(envelope(entry, tally, seen, facts, found=kept.get(entry.key)), entry, standing, facts)


def _closed(session: Any, question: Question, tally: Tally) -> dict[Kind, Standing]:
    if question.by is not None or question.source != "email":
        return {}
    kinds = dict.fromkeys(kind_of(entry.day) for entry in question.indicators)
    found = {kind: standing(session, question.reach, question.period, kind, tally) for kind in kinds}
    return {kind: one for kind, one in found.items() if one is not None}


def _sums(session: Any, question: Question) -> dict[Any, Tally]:
    by = ("month",) if question.by == "month" else grouping(question)
    whole = not by and is_month(question.period)  # a closed month is held against all of its counts
    only = COUNTS if whole else enough_for({one.key for one in question.indicators})
    found: list[tuple[Any, Tally]] = []
    if question.source != "import":
        found += tallies.sums(session, question.reach, question.period, by=by, only=only).items()
    if question.source != "email":
        # A file says no rule: its answers are the group "" when rules are what is compared.
        cut = tuple(one for one in grouping(question) if one in imported.GROUPS)
        sums = imported.sums(session, question.reach, question.period, by=cut)
        found += [(key or ("",) * len(by), tally) for key, tally in sums.items()]
    return _folded(question, found, Tally())


def _reasons(session: Any, question: Question, sums: Mapping[Any, Tally]) -> _Side | None:
    if not any(entry.key == "refusal_reasons" for entry in question.indicators):
        return {}
    if question.by is None and question.source == "email":
        whole = sums.get("", Tally())
        found = refusals.reasons(session, question.keeper, question.reach, question.period, whole)
        return None if found is None else {"": found}
    return _side(question, tallies.reasons(session, question.reach, question.period, by=grouping(question)))


def _answers(session: Any, question: Question) -> _Side:
    if not any(entry.key in OTHER_QUESTIONS for entry in question.indicators):
        return {}
    return _side(question, tallies.answers(session, question.reach, question.period, by=grouping(question)))


def _side(question: Question, found: Mapping[tuple[Any, ...], Mapping[tuple[str, str], int]]) -> _Side:
    folded: _Side = {}
    for key, counts in found.items():
        into = folded.setdefault(key_of(question, key), {})
        for what, n in counts.items():
            into[what] = into.get(what, 0) + n
    return folded


def _folded(question: Question, rows: Iterable[tuple[Any, Tally]], zero: Tally) -> dict[Any, Tally]:
    found: dict[Any, Tally] = {}
    for key, tally in rows:
        name = key_of(question, key)
        found[name] = found.get(name, zero) + tally
    return found


def _facts(session: Any, question: Question, shared: _Shared, key: Any, tally: Tally) -> Facts:
    asked = {entry.key for entry in question.indicators}
    alone = question.by is None
    asked_people = ordered = answered = None
    counting = set()
    if alone and "coverage" in asked:
        asked_people, ordered = (
            plain.counted(session, question.keeper, ask) for ask in keeping.coverage_asks(question)
        )
        counting |= {"coverage"} if None in (asked_people, ordered) else set()
    scores = asked & keeping.OF_PEOPLE
    if alone and scores:
        said = plain.counted(session, question.keeper, Ask("answered", question.reach, question.period))
        answered = plain.people_of(said, tally.responses)
        counting |= scores if answered is None else set()
    if not alone:
        answered = (shared.people or {}).get(str(key))
        counting |= scores if shared.people is None else set()
    return Facts(
        customers=answered,
        customers_asked=asked_people,
        customers_with_order=ordered,
        delivery_events=question.delivery_events,
        reasons=shared.reasons.get(key, {}),
        answers=shared.answers.get(key, {}),
        themes=shared.asked.themes,
        scaled=shared.asked.scaled,
        counted=_counted(session, question, shared, key),
        counting=frozenset(counting),
    )


def _counted(session: Any, question: Question, shared: _Shared, key: Any) -> Counted:
    peers = shared.peers.get(str(key) if question.by == "store" else _one_store(question))
    if question.by is not None:
        return Counted(peers=peers)
    return replace(counted(session, keeping.at_once(question)), peers=peers)


def _people(session: Any, question: Question, sums: Mapping[Any, Tally]) -> dict[str, int] | None:
    """Group -> distinct people behind its answers, so that a store has one interval wherever it stands.

    None: they are being counted.
    """
    if question.by is None or not any(entry.key in keeping.OF_PEOPLE for entry in question.indicators):
        return {}
    ask = Ask("answered_by", question.reach, question.period, {"by": question.by})
    return plain.people_by(session, question.keeper, ask, {str(key): one.responses for key, one in sums.items()})


def _peers(session: Any, question: Question, keys: Iterable[Any]) -> dict[str, Peers]:
    if not any(entry.key == "adjusted_nps" for entry in question.indicators):
        return {}
    wanted = [str(key) for key in keys] if question.by == "store" else [_one_store(question)]
    segments = segments_of(question.reach)
    return peers_of(session, [store for store in wanted if store], question.period, segments=segments)


def _one_store(question: Question) -> str:
    """The store of a scope that is one store and nothing else; "" for any other."""
    scope = question.scope
    return scope.stores[0] if scope == Scope.of(stores=scope.stores[:1]) and scope.stores else ""
