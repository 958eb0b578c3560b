"""Put the facts of a report to the rules R1 to R16 and keep what may be shown: between figures and advice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from surveyor.core.indicators.changes import Verdict
from surveyor.core.indicators.measures import Counts
from surveyor.core.matrix import Matrix, Quadrant
from surveyor.core.reports.recommendations import Recommendation, Shown, recommend, select
from surveyor.core.reports.report import Told
from surveyor.core.reports.texts import unknown
from surveyor.db import breaks
from surveyor.db.plans import Plan

_CHANGED = {
    "rules": ("les règles d'envoi", "the sending rules"),
    "questions": ("le questionnaire", "the questionnaire"),
    "definition": ("le calcul du NPS", "the formula of the NPS"),
    "email": ("le texte des e-mails", "the text of the emails"),
}


@dataclass
class Fired:
    """What fired so far, in the order found; the same words are said once."""

    language: str
    found: list[tuple[str, Recommendation]] = field(default_factory=list)

    def ask(self, rule: str, unit: str, facts: Mapping[str, Any]) -> None:
        """One rule on one unit: a response, a label, a store, a region or the network."""
        one = recommend(rule, facts, language=self.language)
        if one is not None and one.text and not any(old.text == one.text for _, old in self.found):
            self.found.append((unit, one))

    def fires(self, rule: str, facts: Mapping[str, Any]) -> bool:
        """Whether the rule would say something of these facts."""
        return recommend(rule, facts, language=self.language) is not None

    def kept(self, shown_before: Sequence[Shown], *, today: date, edition: str) -> tuple[tuple[Told, ...], int]:
        """At most three, in the order of their rules, each with what is not known of it; and how many are left out.

        Left out: said within 28 days, or behind three others. While there are some, a report is not at its end.
        """
        texts: dict[Shown, list[str]] = {}
        for unit, one in self.found:  # two actions may be told of one unit
            texts.setdefault(Shown(one.rule, unit, one.level), []).append(one.text)
        shown = [Shown(one.rule, unit, one.level) for unit, one in self.found]
        chosen = select(shown, shown_before, today=today, edition=edition)
        told = tuple(
            Told(one.rule, one.unit, one.level, texts[one].pop(0), unknown=unknown(one.rule, self.language))
            for one in chosen
        )
        return told, len(shown) - len(told)


def ask_labels(fired: Fired, matrix: Matrix, names: Mapping[str, str], mentions: Mapping[str, Sequence[int]]) -> None:
    """R8 on every label of a matrix, the one mentioned most first."""
    for key, one in sorted(matrix.labels.items(), key=lambda item: (-item[1].mentions, item[0])):
        counted = {"label": names.get(key, key), "positive": mentions[key][0], "mentions": one.mentions}
        fired.ask("R8", f"label:{key}", {**counted, "quadrant": one.quadrant, "uncertain": one.uncertain})


def ask_emails(fired: Fired, unit: str, facts: Mapping[str, Any]) -> None:
    """R10 against the rest of the network, where there is one, and R11."""
    for rule in ("R10a", "R10b", "R11") if facts["network"] is not None else ("R11",):
        fired.ask(rule, unit, facts)


def ask_practice(
    fired: Fired, mentions: Mapping[str, Counts], names: Mapping[str, str], *, tiers: Sequence[Verdict], store: str
) -> None:
    """R7 on the label that is mentioned most among those that go well: none that more customers dislike."""
    liked = [key for key, row in mentions.items() if row[0] > row[2]]
    if liked:
        best = min(liked, key=lambda key: (-sum(mentions[key]), -mentions[key][0], key))
        fired.ask("R7", f"label:{best}", {"tiers": tiers, "store": store, "label": names.get(best, best)})


def lives_badly(matrix: Matrix | None, key: str) -> bool:
    """Whether a label is to improve in a month, and certainly so: what R5 counts months of."""
    one = None if matrix is None else matrix.labels.get(key)
    return one is not None and one.quadrant is Quadrant.IMPROVE and not one.uncertain


def best_named(tiers: Mapping[str, tuple[Verdict, float]], named: Mapping[str, str]) -> str | None:
    """The best store above its peers among those that agreed to be named; None: there is none."""
    above = [(value, name) for name, (tier, value) in tiers.items() if tier is Verdict.ABOVE and name in named]
    return named[max(above)[1]] if above else None


@dataclass(frozen=True, slots=True)
class Around:
    """The two periods that R16 compares. change: their counts, as R3 has them; zone: that of their days."""

    before_from: date
    now_from: date
    change: Mapping[str, Any]
    zone: str

    @property
    def instants(self) -> tuple[datetime, datetime]:
        """From the first day of the period before to the first day of this one, that day included."""
        first, last = (
            datetime.combine(day, time(), ZoneInfo(self.zone))
            for day in (self.before_from, self.now_from + timedelta(days=1))
        )
        return first, last


def ask_actions(
    fired: Fired,
    began: Sequence[Plan],
    found: Sequence[breaks.Break],
    *,
    unit: str,
    around: Around,
    confirmed: Callable[[Plan], str],
) -> None:
    """R16: actions declared for all of these stores that began between the first days of both periods, latest first.

    found: what is known to have changed; only what did between those days is said. confirmed: the name of the
    experiment that confirms an action, "" for none; asked only of the actions after which the NPS rose.
    """
    if not began:
        return
    first, last = around.instants
    changed = other_changes([one for one in found if first <= one.at < last], fired.language)
    bounds = {"before_from": around.before_from, "now_from": around.now_from}
    for plan in sorted(began, key=lambda one: (one.starts_on, one.id), reverse=True):
        if plan.status != "dropped" and around.before_from <= plan.starts_on <= around.now_from:
            facts = {**around.change, **bounds, "action": plan.title, "action_on": plan.starts_on}
            facts |= {"other_changes": changed}
            name = confirmed(plan) if plan.experiment and fired.fires("R16", facts) else ""
            fired.ask("R16", unit, {**facts, "confirmed": bool(name), "experiment": name})


def other_changes(found: Sequence[breaks.Break], language: str) -> str:
    """What else is known to have changed; "" when nothing is."""
    spoken = 0 if language == "fr" else 1
    names = list(dict.fromkeys(_CHANGED[one.what][spoken] for one in found))
    if not names:
        return ""
    listed = ", ".join(names[:-1]) + ((" et " if language == "fr" else " and ") if names[:-1] else "") + names[-1]
    if language != "fr":
        return f"{listed} also changed"
    return f"{listed} {'ont' if len(names) > 1 or names[0].startswith('les ') else 'a'} aussi changé"
