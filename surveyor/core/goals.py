"""Goals: what an indicator should come to in a scope, who says so, and whether it is reached (indicators.md, 1.5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from surveyor.core.indicators import REGISTRY, Envelope, Indicator
from surveyor.core.indicators.changes import Goal, goal
from surveyor.core.quoting import french, shown
from surveyor.core.rounding import read_number
from surveyor.core.scope import NETWORK, Scope
from surveyor.core.toml import section
from surveyor.errors import Complaint, Refused

#: Indicators that may have one: those of which more is better, with an interval that can settle it.
KEYS = (
    *("nps", "recommendation_rate", "mean_score", "csat", "csat_satisfied", "ces", "ces_easy"),
    *("response_rate", "completion_rate", "visit_rate", "delivery_rate", "comment_rate", "coverage"),
)
#: Lowest and highest target by unit.
BOUNDS: Mapping[str, tuple[float, float]] = {"points": (-100, 100), "percent": (0, 100), "mean": (0, 10)}
MOST_BYTES = 64 * 1024

Where = Literal["screen", "file"]
Goals = Mapping[tuple[str, str], float]


@dataclass(frozen=True, slots=True)
class Aimed:
    """A goal beside its figure. scope: whose goal it is, the figure's own or a wider one; target in the unit."""

    target: float
    scope: str
    source: Where
    verdict: Goal


def entries() -> tuple[Indicator, ...]:
    """The indicators that may have a goal, in the order of KEYS."""
    known = {entry.key: entry for entry in REGISTRY}
    return tuple(known[key] for key in KEYS)


def check_target(indicator: str, text: str, *, where: str = "target") -> float:
    """A target as typed: "45", "14,5". Raises Refused: `goal_invalid`, no number or outside of the indicator's unit."""
    unit = next((entry.unit for entry in entries() if entry.key == indicator), "")
    low, high = BOUNDS.get(unit, (0.0, -1.0))
    target = read_number(text)
    if target is None or not low <= target <= high:
        raise Refused([_complaint(where, text, low, high)])
    return target


def check_scope(text: str, *, where: str = "scope") -> Scope:
    """The scope of a goal: the network, or one brand, region, store or segment.

    Raises:
        Refused: `scope_invalid`.
    """
    scope = Scope.parse(text, where=where)
    if sum(len(part) for part in scope.parts) > 1:
        fr = f"{where} : un objectif se fixe pour le réseau, ou pour une seule enseigne, région, segment ou magasin."
        en = f"{where}: a goal is set for the network, or for one brand, region, segment or store."
        raise Refused([Complaint(where, "scope_invalid", french(fr), en)])
    return scope


def read_file(text: str) -> dict[tuple[str, str], float]:
    """(scope, key) -> target from indicators.toml.

    Raises:
        Refused: `toml_invalid`, `indicator_unknown`, `scope_invalid` or `goal_invalid`, all there are at once.
    """
    tables = section(text, "goals", file="indicators.toml")
    found: dict[tuple[str, str], float] = {}
    wrong: list[Complaint] = [] if isinstance(tables, dict) else [_no_table("indicators.toml goals")]
    for scope, goals in tables.items() if isinstance(tables, dict) else ():
        wrong += [] if isinstance(goals, dict) else [_no_table(f"indicators.toml [goals] {scope}")]
        for key, target in goals.items() if isinstance(goals, dict) else ():
            where = f"indicators.toml [goals.{scope}] {key}"
            try:
                place = str(check_scope(scope, where=where))
                if key not in KEYS:
                    raise Refused([_no_goal(where, key)])
                found[place, key] = check_target(key, str(target), where=where)
            except Refused as refused:
                wrong += refused.complaints
    if wrong:
        raise Refused(wrong)
    return found


def wider(scope: Scope, *, region: str = "", brand: str = "") -> tuple[str, ...]:
    """Whose goal holds for a scope, the nearest first: its own, its region's and brand's, the network's."""
    places = [str(scope)]
    if scope.stores and len(scope.stores) == 1:
        places += [str(Scope.of(regions=[region]))] if region else []
        places += [str(Scope.of(brands=[brand]))] if brand else []
    return tuple(dict.fromkeys([*places, str(NETWORK)]))


def aim(figure: Envelope, places: Iterable[str], screen: Goals, file: Goals) -> Aimed | None:
    """The goal of a figure with its verdict; None when nobody has set one. What a person set wins over the file."""
    for place in places:
        sources: tuple[tuple[Where, Goals], ...] = (("screen", screen), ("file", file))
        for source, goals in sources:
            target = goals.get((place, figure.key))
            if target is not None:
                verdict = goal(figure.ci_low, figure.ci_high, n=figure.n, target=target)
                return Aimed(target, place, source, verdict)
    return None


def _complaint(where: str, text: str, low: float, high: float) -> Complaint:
    said = shown(text)
    fr = f"{where} : {said} ne convient pas. Attendu : un nombre de {low:g} à {high:g}."
    return Complaint(where, "goal_invalid", french(fr), f"{where}: {said} will not do. Expected {low:g} to {high:g}.")


def _no_table(where: str) -> Complaint:
    fr = f"{where} : attendu, une table par périmètre, par exemple [goals.network] puis nps = 45."
    en = f"{where}: expected a table for each scope, such as [goals.network] then nps = 45."
    return Complaint(where, "goal_invalid", french(fr), en)


def _no_goal(where: str, key: str) -> Complaint:
    known = ", ".join(KEYS)
    fr = f"{where} : {shown(key)} n'a pas d'objectif. Possibles : {known}."
    return Complaint(where, "indicator_unknown", french(fr), f"{where}: {shown(key)} takes no goal. Known: {known}.")
