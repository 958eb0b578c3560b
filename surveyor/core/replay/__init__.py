"""What would these rules have done? The journey of real orders over the rows of a file or a table, nothing written.

gathered = gather(rows, bases=bases_of(a, b), stores=stores)
result = replay(gathered, rules, against=others)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from surveyor.core.history import Regime, StoreFacts
from surveyor.core.replay.bootstrap import intervals
from surveyor.core.replay.figures import columns, figures, gained_and_lost, pairs, per_customer
from surveyor.core.replay.results import WHOLE, CountedSends, Period, Run, Send, joined
from surveyor.core.replay.rows import Gathered, Gathering, OrderRow, gather
from surveyor.core.replay.run import run
from surveyor.core.rules import RuleSet

__all__ = [
    "WHOLE",
    "CountedSends",
    "Gathered",
    "Gathering",
    "Live",
    "OrderRow",
    "Period",
    "ReplayResult",
    "Run",
    "Send",
    "StoreFacts",
    "bases_of",
    "columns",
    "gather",
    "joined",
    "per_customer",
    "replay",
    "run",
    "warm_up_days",
]

YEAR_DAYS = 365
LONGEST_MONTH = 31


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """`figures`: those of the rules, `against` those compared with (None without), as `--json` prints them."""

    run: Run
    against_run: Run | None
    figures: dict[str, Any]


def bases_of(*versions: RuleSet | None) -> frozenset[str]:
    """The dates of an order that these rules look at."""
    return frozenset(rule.basis for rules in versions if rules is not None for rule in rules.active())


class Told(Protocol):
    """What a replay says of its orders, however they are kept; see `Gathered`."""

    @property
    def orders(self) -> int: ...
    @property
    def customers(self) -> int: ...
    @property
    def stores(self) -> Mapping[str, StoreFacts]: ...
    @property
    def last_day(self) -> int | None: ...


T = TypeVar("T", bound=Told, contravariant=True)


class Live(Protocol[T]):
    """Who lives the orders under one version: `run`, or somebody who splits the customers first."""

    def __call__(self, gathered: T, regime: Regime, *, period: Period) -> Run: ...


def replay(
    gathered: Told,
    rules: RuleSet,
    *,
    against: RuleSet | None = None,
    period: Period = WHOLE,
    live: Live[Any] = run,
) -> ReplayResult:
    """What `rules` do with these orders, and how that differs from what `against` does.

    `live` is given `gathered` as it is.
    """
    last = min(period.last_occurrence, period.last, gathered.last_day or period.last)
    period = Period(period.first, period.last, last)
    own = live(gathered, Regime(rules, gathered.stores), period=period)
    report: dict[str, Any] = {
        "orders": gathered.orders,
        "customers": gathered.customers,
        **figures(own, customers=gathered.customers),
    }
    other = None
    if against is not None:
        other = live(gathered, Regime(against, gathered.stores), period=period)
        report["against"] = figures(other, customers=gathered.customers)
        report["gained"], report["lost"] = gained_and_lost(own, other)
        report["intervals"] = intervals(pairs(own, other, customers=gathered.customers))
    return ReplayResult(own, other, report)


def warm_up_days(*versions: RuleSet | None) -> int:
    """How long before a period a replay must start: longest window, cool-down or idle time, a year with a cap."""
    longest = 0
    for rules in versions:
        for rule in rules.active() if rules is not None else ():
            lengths: Mapping[str, int] = {
                "window": rule.window_days or LONGEST_MONTH * (rule.window_months or 0),
                "cooldown": rule.cooldown_days or LONGEST_MONTH * (rule.cooldown_months or 0),
                "idle": LONGEST_MONTH * rule.idle_months,
                "cap": YEAR_DAYS if rule.cap_per_365d is not None else 0,
            }
            longest = max(longest, *lengths.values())
    return longest
