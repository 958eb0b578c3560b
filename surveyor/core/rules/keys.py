"""Every key that a text of rules may hold, with its type, range and unit (rules.md, 2); the check compares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from surveyor.core.rules.rule import ARM_KEYS, WEEK

Type = Literal[
    "integer", "number", "boolean", "text", "choice", "id", "time", "names", "days", "date", "table", "tables"
]


@dataclass(frozen=True, slots=True)
class Key:
    """One key. low..high: the range of a number (in `unit`) or the length of a text, in characters; both included.

    `zero` allows 0 besides the range. `words` are the choices of a `choice` or of the entries of `days`.
    """

    name: str
    type: Type
    low: float = 0
    high: float = 0
    unit: str = ""
    words: tuple[str, ...] = ()
    zero: bool = False
    of: str = ""


def _by_name(*keys: Key) -> dict[str, Key]:
    return {key.name: key for key in keys}


TOP_KEYS = _by_name(Key("format", "integer", 1, 1), Key("global", "table"), Key("rule", "tables"))

GLOBAL_KEYS = _by_name(
    Key("floor_days", "integer", 7, 365, "days"),
    Key("send_grace_minutes", "integer", 0, 720, "minutes"),
    Key("holdout_salt", "text", 0, 64),
    Key("stop_all", "boolean"),
)

RULE_TABLE_KEYS = _by_name(
    Key("id", "id"),
    Key("name", "text", 1, 80),
    Key("active", "boolean"),
    Key("mode", "choice", words=("order", "recurring")),
    Key("priority", "integer", 1, 1000),
    Key("min_orders", "integer", 1, 50, "orders"),
    Key("window_months", "integer", 1, 24, "months"),
    Key("window_days", "integer", 1, 730, "days"),
    Key("delay_days", "integer", 0, 90, "days"),
    Key("send_time", "time"),
    Key("allow_night", "boolean"),
    Key("send_days", "days", words=WEEK),
    Key("cooldown_months", "integer", 1, 24, "months"),
    Key("cooldown_days", "integer", 1, 730, "days"),
    Key("idle_months", "integer", 0, 24, "months"),
    Key("basis", "choice", words=("fulfilled_at", "ordered_at")),
    Key("count_scope", "choice", words=("network", "store")),
    Key("sampling_rate", "number", 0, 1),
    Key("sampling_salt", "text", 0, 64),
    Key("holdout_rate", "number", 0, 0.5),
    Key("cap_per_365d", "integer", 1, 52, "emails"),
    Key("max_late_days", "integer", 0, 30, "days"),
    Key("consume_orders", "boolean"),
    Key("segments", "names", 1, 200, of="segments"),
    Key("store_ids", "names", 1, 200, of="stores"),
    Key("regions", "names", 1, 200, of="regions"),
    Key("survey", "text", 1, 64, of="surveys"),
    Key("email", "text", 1, 64, of="emails"),
    Key("reminder_after_days", "integer", 2, 21, "days", zero=True),
    Key("response_window_days", "integer", 7, 180, "days"),
    Key("experiment", "table"),
)

EXPERIMENT_KEYS = _by_name(Key("name", "id"), Key("starts", "date"), Key("ends", "date"), Key("arm", "tables"))

ARM_TABLE_KEYS = _by_name(
    Key("name", "id"), Key("weight", "integer", 1, 100), *(RULE_TABLE_KEYS[name] for name in ARM_KEYS)
)

#: What people write out of habit, and the name here; looked up before the closest spelling.
HABITS: dict[str, tuple[str, ...]] = {
    "delay": ("delay_days",),
    "window": ("window_months",),
    "cooldown": ("cooldown_months",),
    "idle": ("idle_months",),
    "send_at": ("send_time",),
    "salt": ("sampling_salt", "holdout_salt"),
    "holdout": ("holdout_rate", "holdout_salt"),
    "sampling": ("sampling_rate",),
    "cap": ("cap_per_365d",),
    "reminder": ("reminder_after_days",),
    "stores": ("store_ids",),
    "region": ("regions",),
    "segment": ("segments",),
    "template": ("email",),
    "questionnaire": ("survey",),
    "orders": ("min_orders",),
    "enabled": ("active",),
}

#: An unknown key with one of these in it is review gating, not a slip (security.md, 6.7).
ANSWER_WORDS = (
    "score", "promoter", "detractor", "passive", "rating", "stars", "answer", "sentiment", "satisfaction",
)  # fmt: skip

UNITS: dict[str, tuple[str, str]] = {
    "days": ("jours", "days"),
    "months": ("mois", "months"),
    "minutes": ("minutes", "minutes"),
    "orders": ("commandes", "orders"),
    "emails": ("e-mails", "emails"),
}
