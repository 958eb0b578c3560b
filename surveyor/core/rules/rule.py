"""What a trigger rule is, once read: who is asked, when and how often at most; `decide` applies it to an order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date

WEEK: tuple[str, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

#: The keys that an arm of an experiment may set (rules.md, 2): never scope, priority, sampling, holdout or mode.
ARM_KEYS: tuple[str, ...] = (
    "min_orders",
    "window_months",
    "window_days",
    "delay_days",
    "send_time",
    "send_days",
    "cooldown_months",
    "cooldown_days",
    "idle_months",
    "survey",
    "email",
    "reminder_after_days",
)

#: Months and days of one thing: setting one unsets the other.
_PAIRS: dict[str, str] = {
    "window_months": "window_days",
    "window_days": "window_months",
    "cooldown_months": "cooldown_days",
    "cooldown_days": "cooldown_months",
}


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm of an experiment: keys of `ARM_KEYS` over those of the rule. weight: 1-100, a share of the sum."""

    name: str
    weight: int = 1
    overrides: Mapping[str, object] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Experiment:
    """Two to five arms drawn by customer. `starts` and `ends` are local dates, both included; None: no bound."""

    name: str
    starts: date | None = None
    ends: date | None = None
    arms: tuple[Arm, ...] = ()

    def covers(self, day: date) -> bool:
        """Whether the experiment runs on `day`, the date of the order (of the planned email for an occurrence)."""
        return (self.starts is None or self.starts <= day) and (self.ends is None or day <= self.ends)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; names, units, ranges and defaults are those of rules.md, 2.

    Exactly one of `window_months` and `window_days` is set, likewise for the cool-down: `window_months=None` goes with
    `window_days`. `send_time` is "HH:MM", wall clock of the order's store. Rates are shares from 0 to 1. `survey` and
    `email` are ids. An empty tuple of segments, stores or regions means all of them. An empty `name` becomes the id.
    """

    id: str
    name: str = ""
    active: bool = True
    mode: str = "order"
    priority: int = 100
    min_orders: int = 2
    window_months: int | None = 2
    window_days: int | None = None
    delay_days: int = 2
    send_time: str = "10:00"
    allow_night: bool = False
    send_days: tuple[str, ...] = WEEK
    cooldown_months: int | None = 2
    cooldown_days: int | None = None
    idle_months: int = 2
    basis: str = "fulfilled_at"
    count_scope: str = "network"
    sampling_rate: float = 1.0
    sampling_salt: str = ""
    holdout_rate: float = 0.0
    cap_per_365d: int | None = None
    max_late_days: int = 3
    consume_orders: bool = False
    segments: tuple[str, ...] = ()
    store_ids: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    survey: str = "nps"
    email: str = "invitation"
    reminder_after_days: int = 0
    response_window_days: int = 30
    experiment: Experiment | None = None

    def __post_init__(self) -> None:
        """Days win over the default of months, so that `Rule("a", window_days=10)` means ten days."""
        if not self.name:
            object.__setattr__(self, "name", self.id)
        if self.window_days is not None:
            object.__setattr__(self, "window_months", None)
        if self.cooldown_days is not None:
            object.__setattr__(self, "cooldown_months", None)

    def with_arm(self, arm: Arm | None) -> Rule:
        """The rule as a customer of this arm lives it, without its experiment; the rule itself when there is no arm."""
        if arm is None:
            return self
        changes: dict[str, object] = {"experiment": None}
        for key, value in arm.overrides.items():
            changes[key] = value
            if key in _PAIRS:
                changes[_PAIRS[key]] = None
        return replace(self, **changes)  # type: ignore[arg-type]


RULE_KEYS: tuple[str, ...] = tuple(f.name for f in fields(Rule))


@dataclass(frozen=True, slots=True)
class GlobalRules:
    """What no rule can bypass: `floor_days` in days (7-365), `send_grace_minutes` in minutes (0-720)."""

    floor_days: int = 30
    send_grace_minutes: int = 120
    holdout_salt: str = ""
    stop_all: bool = False


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All the rules of one version, in the order in which they are written, and what stands above them."""

    rules: tuple[Rule, ...] = ()
    globals: GlobalRules = GlobalRules()

    def active(self) -> tuple[Rule, ...]:
        """Active rules by (priority, id as text), the order in which they decide; none when everything is stopped."""
        if self.globals.stop_all:
            return ()
        return tuple(sorted((r for r in self.rules if r.active), key=lambda r: (r.priority, r.id)))

    def get(self, rule_id: str) -> Rule | None:
        """The rule of this id, active or not; None when there is none."""
        return next((r for r in self.rules if r.id == rule_id), None)
