"""R1 to R16: the few things worth doing, from figures to a sentence with its certainty (indicators.md, 19.2).

Nothing but a fact is said of fewer than 30: answers, comments, emails or customers, on either side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from surveyor.core.badges import LOW_UNDER
from surveyor.core.indicators import changes, pressure
from surveyor.core.indicators.changes import Verdict
from surveyor.core.indicators.solicitation import COMPLAINTS_READ_FROM
from surveyor.core.intervals import two_proportions
from surveyor.core.matrix import Quadrant, label_trend
from surveyor.core.reports.severity import severe_theme
from surveyor.core.reports.texts import TEXTS, filled
from surveyor.core.rounding import decimal, display_nps, display_share, signed

MOST_SHOWN = 3
SILENT_DAYS = 28
FEWEST_EMAILS = 200
SILENT_WEEKS = 3
WEIGHTING_GAP = 3

Facts = Mapping[str, Any]
Slots = Mapping[str, object]


class Level(StrEnum):
    """How sure a recommendation is: a lead is worth a look, a signal passed a test, a fact is a count."""

    LEAD = "lead"
    SIGNAL = "signal"
    FACT = "fact"


RANK = {Level.LEAD: 0, Level.SIGNAL: 1, Level.FACT: 2}
LEVEL_WORDS = {Level.FACT: ("CONSTAT", "FACT"), Level.SIGNAL: ("SIGNAL", "SIGNAL"), Level.LEAD: ("PISTE", "LEAD")}


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A rule that fires, how sure it is and what it says."""

    rule: str
    level: Level
    text: str


def _severe(facts: Facts, language: str) -> Slots | None:
    """The theme that the lexicon in force found, or that of a comment read here."""
    if "theme" in facts:
        return {"theme": facts["theme"]}
    theme = severe_theme(facts["comment"], spoken=facts.get("language", "fr"), language=language)
    return None if theme is None else {"theme": theme}


def _waiting(facts: Facts, language: str) -> Slots | None:
    return {"k": facts["waiting"]} if facts["waiting"] >= 1 else None


def _down(facts: Facts, language: str) -> Slots | None:
    found = _change(facts)
    if found.verdict is not Verdict.DOWN or found.numbers is None:
        return None
    bounds = {"lo": signed(found.numbers.ci_low), "hi": signed(found.numbers.ci_high)}
    return {**_scores(facts), **bounds, "label1": facts.get("label1"), "label2": facts.get("label2")}


def _change(facts: Facts) -> changes.Change:
    """D10, and the discoveries among the units of the report when there are others."""
    units = {"": (tuple(facts["now"]), tuple(facts["before"]))}
    units |= {f"+{name}": (tuple(one["now"]), tuple(one["before"])) for name, one in facts.get("others", {}).items()}
    return changes.changes(
        units, cadence=facts.get("cadence", "month"), same_questionnaire=facts.get("same_questionnaire", True)
    )[""]


def _scores(facts: Facts) -> Slots:
    return {"a": display_nps(*facts["before"]), "b": display_nps(*facts["now"])}


def _rising(facts: Facts, language: str) -> Slots | None:
    n1, n0 = facts["detractors_now"], facts["detractors_before"]
    if min(n1, n0) < LOW_UNDER:
        return None
    labels = {name: (counts[0], counts[1]) for name, counts in facts["labels"].items()}
    name = facts["label"]
    if name not in label_trend(labels, now=n1, before=n0).rising:
        return None
    return {"label": name, "k1": labels[name][0], "n1": n1, "k0": labels[name][1], "n0": n0}


def _badly_lived(facts: Facts, language: str) -> Slots | None:
    months = 0
    for quadrant, uncertain in reversed(facts["months"]):
        if quadrant != Quadrant.IMPROVE or uncertain:
            break
        months += 1
    if months < 2 or facts.get("comments", LOW_UNDER) < LOW_UNDER:
        return None
    return {"label": facts["label"], "m": months, "pos": facts["positive"], "neg": facts["negative"]}


def _twice(tier: Verdict) -> Callable[[Facts], bool]:
    return lambda facts: list(facts["tiers"][-2:]) == [tier, tier]


def _below_peers(facts: Facts, language: str) -> Slots | None:
    return dict(facts) if _twice(Verdict.BELOW)(facts) else None


def _above_peers(facts: Facts, language: str) -> Slots | None:
    return dict(facts) if _twice(Verdict.ABOVE)(facts) else None


def _praised(facts: Facts, language: str) -> Slots | None:
    if facts["quadrant"] != Quadrant.PROMOTE or facts["uncertain"]:
        return None
    return {"label": facts["label"], "pos": facts["positive"], "mentions": facts["mentions"]}


def _refused_addresses(facts: Facts, language: str) -> Slots | None:
    sent, delivered = facts["sent"], facts["delivered"]
    if sent < FEWEST_EMAILS or 100 * delivered >= 95 * sent:
        return None
    return {"x": display_share(sent - delivered, sent, language)}


def _answers_too_little(facts: Facts) -> bool:
    """R10: the response rate is far under that of the rest."""
    rest = facts["network"]
    if facts["delivered"] < FEWEST_EMAILS or rest["delivered"] < LOW_UNDER:
        return False
    z, _ = two_proportions((facts["responded"], facts["delivered"]), (rest["responded"], rest["delivered"]))
    return z <= -changes.Z_ALERT


def _visits_too_little(facts: Facts) -> bool:
    rest = facts["network"]
    z, _ = two_proportions((facts["visited"], facts["delivered"]), (rest["visited"], rest["delivered"]))
    return z <= -changes.Z_ALERT


def _unfinished(facts: Facts, language: str) -> Slots | None:
    visited, responded = facts["visited"], facts["responded"]
    if not _answers_too_little(facts) or _visits_too_little(facts) or 4 * responded >= 3 * visited:
        return None
    return {"x": display_share(responded, visited, language)}


def _unvisited(facts: Facts, language: str) -> Slots | None:
    if not _answers_too_little(facts) or not _visits_too_little(facts):
        return None
    return {"x": display_share(facts["visited"], facts["delivered"], language)}


def _weary(facts: Facts, language: str) -> Slots | None:
    """Complaints need nobody to be compared with: `network` is None for a report on everybody."""
    delivered, rest = facts["delivered"], facts["network"]
    left, complained = facts["unsubscribed"], facts["complained"]
    if delivered < COMPLAINTS_READ_FROM:
        return None
    leaving = False
    if rest is not None and rest["delivered"] > 0:
        z, _ = two_proportions((left, delivered), (rest["unsubscribed"], rest["delivered"]))
        leaving = z >= changes.Z_ALERT and left * rest["delivered"] > 2 * rest["unsubscribed"] * delivered
    if not leaving and 1000 * complained < delivered:
        return None
    shown = display_share(left if leaving else complained, delivered, language)
    known = facts.get("pressure")
    return {"x" if leaving else "spam": shown, "p": None if known is None else decimal(known, 1, language)}


def _tired(facts: Facts, language: str) -> Slots | None:
    first, fourth = facts["responded_first"], facts["responded_fourth"]
    if facts["customers"] < LOW_UNDER:
        return None
    found = pressure.fatigue(facts["customers"], responded_first=first, responded_fourth=fourth)
    return {"d": signed(found.value, 1, language)} if found is not None and found.visible else None


def _unlike(facts: Facts, language: str) -> Slots | None:
    gap = abs(facts["weighted"] - facts["unweighted"])
    return {"segment": facts.get("segment")} if gap >= WEIGHTING_GAP - 1e-9 else None


def _too_few(facts: Facts, language: str) -> Slots | None:
    return {"n": facts["n_3_months"]} if facts["n_3_months"] < LOW_UNDER else None


def _absent(facts: Facts, language: str) -> Slots | None:
    stores = sum(weeks is not None and weeks >= SILENT_WEEKS for weeks in facts["weeks_since_login"])
    return {"k": stores} if stores and facts["edition"] in ABSENCE_EDITIONS else None


def _after_action(facts: Facts, language: str) -> Slots | None:
    inside = facts["before_from"] <= facts["action_on"] <= facts["now_from"]
    if not inside or _change(facts).verdict is not Verdict.UP:
        return None
    unknown = "autre chose a pu changer" if language == "fr" else "something else may have changed"
    changed, experiment = facts.get("other_changes") or unknown, facts.get("experiment")
    said = {"experiment": experiment, "besides": changed} if experiment else {"other_changes": changed}
    return {**_scores(facts), "action": facts["action"], **said}


ABSENCE_EDITIONS = frozenset({"region", "support"})
#: In the order in which they are shown.
RULES: Mapping[str, tuple[Level, Callable[[Facts, str], Slots | None]]] = {
    "R1": (Level.FACT, _severe),
    "R2": (Level.FACT, _waiting),
    "R3": (Level.SIGNAL, _down),
    "R4": (Level.SIGNAL, _rising),
    "R5": (Level.SIGNAL, _badly_lived),
    "R6": (Level.SIGNAL, _below_peers),
    "R7": (Level.SIGNAL, _above_peers),
    "R8": (Level.FACT, _praised),
    "R9": (Level.FACT, _refused_addresses),
    "R10a": (Level.SIGNAL, _unfinished),
    "R10b": (Level.SIGNAL, _unvisited),
    "R11": (Level.FACT, _weary),
    "R12": (Level.SIGNAL, _tired),
    "R13": (Level.FACT, _unlike),
    "R14": (Level.FACT, _too_few),
    "R15": (Level.FACT, _absent),
    "R16": (Level.LEAD, _after_action),
}
#: Said every time: somebody waits.
NEVER_SILENCED = frozenset({"R1", "R2"})


def recommend(rule: str, facts: Facts, *, language: str = "fr") -> Recommendation | None:
    """What a rule says of its facts; None when it does not fire. Raises KeyError for a rule or a fact that is missing.

    R16 is a signal once a randomised comparison confirmed it (`confirmed` in its facts; `experiment` names it).
    """
    level, fires = RULES[rule]
    slots = fires(facts, language)
    if slots is None:
        return None
    sure = Level.SIGNAL if rule == "R16" and facts.get("confirmed") else level
    return Recommendation(rule, sure, filled(TEXTS[rule], slots, language))


@dataclass(frozen=True, slots=True)
class Shown:
    """A recommendation about a unit (response, label, store, region or network), and when it was shown if it was."""

    rule: str
    unit: str
    level: Level
    on: date | None = None


def select(
    fired: Iterable[Shown], shown_before: Sequence[Shown], *, today: date, edition: str | None = None
) -> list[Shown]:
    """At most three, by rule, then as found; not again within 28 days unless surer than before."""
    order = list(RULES)
    ranked = sorted(fired, key=lambda one: order.index(one.rule))
    kept = [
        one
        for one in ranked
        if (one.rule in NEVER_SILENCED or not _said(one, shown_before, today))
        and (one.rule != "R15" or edition is None or edition in ABSENCE_EDITIONS)
    ]
    return kept[:MOST_SHOWN]


def _said(one: Shown, shown_before: Sequence[Shown], today: date) -> bool:
    lately = [
        RANK[old.level]
        for old in shown_before
        if (old.rule, old.unit) == (one.rule, one.unit) and old.on is not None and (today - old.on).days < SILENT_DAYS
    ]
    return bool(lately) and RANK[one.level] <= max(lately)
