"""What a reader gets: a measure with its name, period, scope and badge, never a bare number (indicators.md, 1.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from surveyor.core.badges import Status, label
from surveyor.core.indicators.measures import Said
from surveyor.core.periods import Period
from surveyor.core.rounding import display_interval, rounded
from surveyor.core.scope import Scope

API_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Envelope:
    """One figure ready to be shown; value and bounds unrounded, None when they may not be shown.

    dated_by: "response", "sent", "decision", "order" or "created" - whose day the period is about.
    """

    id: str
    key: str
    definition_version: int
    unit: str
    value: float | None
    display: str
    n: int
    ci_low: float | None
    ci_high: float | None
    ci_method: str | None
    status: Status
    provisional: bool
    period: Period
    dated_by: str
    scope: Scope
    language: str
    revision: int | None = None
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def badge(self) -> str:
        """The words of the badge, in the envelope's language."""
        return label(self.status, self.n, self.language)

    @property
    def shown(self) -> bool:
        """True when there is a value to draw."""
        return self.value is not None

    @property
    def interval(self) -> str:
        """ "[+28 ; +38]" for points, "[-6.1 ; -0.9]" for a difference of rates, one decimal otherwise; "" without."""
        if self.ci_low is None or self.ci_high is None:
            return ""
        points = self.unit == "points"
        if self.ci_method == "CI-DIFF-PROP":
            return display_interval(self.ci_low, self.ci_high, decimals=1, points=True, language=self.language)
        decimals = 0 if points else 2 if self.unit == "percent" and rounded(self.value or 0, 2) < 1 else 1
        return display_interval(self.ci_low, self.ci_high, decimals=decimals, points=points, language=self.language)

    def to_json(self) -> dict[str, object]:
        """The object of the API, keys in the order of the contract, 4 decimals, then what else the figure says."""
        return {
            "id": self.id,
            "key": self.key,
            "definition_version": self.definition_version,
            "value": _number(self.value),
            "display": self.display,
            "n": self.n,
            "ci_low": _number(self.ci_low),
            "ci_high": _number(self.ci_high),
            "ci_method": self.ci_method,
            "status": str(self.status),
            "provisional": self.provisional,
            "period": {"from": _day(self.period.first), "to": _day(self.period.last), "date": self.dated_by},
            "scope": str(self.scope),
            "revision": self.revision,
            **{name: plain(fact, self.language) for name, fact in self.facts.items()},
        }


def _day(day: date) -> str:
    return day.isoformat()


def _number(value: float | None) -> float | None:
    return value if value is None or isinstance(value, int) else float(rounded(value, API_DECIMALS))


def plain(fact: object, language: str) -> object:
    """A fact as JSON says it: floats at 4 decimals, words in one language."""
    if isinstance(fact, float):
        return _number(fact)
    if isinstance(fact, Said):
        return fact.by(language)
    if isinstance(fact, Mapping):
        return {str(name): plain(inner, language) for name, inner in fact.items()}
    if isinstance(fact, list | tuple):
        return [plain(inner, language) for inner in fact]
    return fact
