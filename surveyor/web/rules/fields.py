"""The form of a rule: each key of the text with its value, its unit and what the check says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from surveyor.core.rules import WEEK, KnownNames, Problem
from surveyor.core.rules.keys import GLOBAL_KEYS, RULE_TABLE_KEYS, Key
from surveyor.flows.edit_rules.document import DEFAULTS, GLOBAL_DEFAULTS

#: The questions that a rule answers, each with its keys; `experiment` is edited in the text.
SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("which", ("name", "id", "active", "priority")),
    ("who", ("min_orders", "window_months", "window_days", "count_scope", "basis", "segments", "store_ids", "regions")),
    ("when", ("delay_days", "send_time", "send_days", "allow_night", "max_late_days")),
    ("often", ("mode", "cooldown_months", "cooldown_days", "idle_months", "cap_per_365d", "consume_orders")),
    ("what", ("survey", "email", "reminder_after_days", "response_window_days")),
    ("share", ("sampling_rate", "sampling_salt", "holdout_rate")),
)
GLOBALS = ("floor_days", "send_grace_minutes", "holdout_salt", "stop_all")


@dataclass(frozen=True, slots=True)
class Field:
    """One key as the form shows it. values: of a list. choices: (value, key of its label). problems: what is wrong."""

    name: str
    type: str
    value: str
    values: tuple[str, ...]
    choices: tuple[str, ...]
    unit: str
    low: str
    high: str
    written: bool
    problems: tuple[Problem, ...]


def sections(table: Mapping[str, Any], problems: Sequence[Problem], known: KnownNames) -> list[tuple[str, list[Field]]]:
    """The sections of the form of a rule; `problems`: those of this rule; `known`: what may be chosen by its name."""
    return [
        (title, [_named(_field(RULE_TABLE_KEYS[name], table, DEFAULTS, problems), known) for name in names])
        for title, names in SECTIONS
    ]


def _named(field: Field, known: KnownNames) -> Field:
    """Of a survey and an email, those that there are."""
    names = {"survey": known.surveys, "email": known.emails}.get(field.name)
    return field if not names else replace(field, type="name", choices=tuple(sorted(names)))


def global_fields(table: Mapping[str, Any], problems: Sequence[Problem]) -> list[Field]:
    """The fields of what holds above every rule."""
    return [_field(GLOBAL_KEYS[name], table, GLOBAL_DEFAULTS, problems) for name in GLOBALS]


def _field(key: Key, table: Mapping[str, Any], defaults: Mapping[str, Any], problems: Sequence[Problem]) -> Field:
    written = key.name in table
    value = table[key.name] if written else _default(key.name, table, defaults)
    entries = tuple(str(one) for one in value) if isinstance(value, list | tuple) else ()
    return Field(
        name=key.name,
        type=key.type,
        value=_shown(value, entries),
        values=entries,
        choices=WEEK if key.type == "days" else key.words,
        unit=key.unit,
        low=f"{key.low:g}",
        high=f"{key.high:g}",
        written=written,
        problems=tuple(one for one in problems if one.key == key.name),
    )


def _default(name: str, table: Mapping[str, Any], defaults: Mapping[str, Any]) -> Any:
    """What an absent key is worth; nothing for the months of a window that is given in days."""
    if name in ("window_months", "cooldown_months") and name.replace("months", "days") in table:
        return None
    value = defaults.get(name)
    return value if isinstance(value, str | int | float | tuple) else None


def _shown(value: Any, entries: tuple[str, ...]) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    return ", ".join(entries) if isinstance(value, list | tuple) else str(value)
