"""A figure before anybody asked for it, as plain JSON and back: what is counted of many people is kept for a day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from surveyor.core.badges import Status
from surveyor.core.indicators.measures import Measure, Said

_SAID = "said_fr"


def to_plain(found: Measure) -> Mapping[str, Any]:
    """A measure whose facts are numbers, texts, words in both languages, and lists and mappings of those."""
    return {
        "value": found.value,
        "n": found.n,
        "status": str(found.status),
        "shown": list(found.shown),
        "ci": [found.ci_low, found.ci_high],
        "facts": _plain(found.facts),
        "provisional": found.provisional,
    }


def from_plain(said: Mapping[str, Any]) -> Measure:
    """The measure that `to_plain` said."""
    fr, en = said["shown"]
    low, high = said["ci"]
    facts = {str(name): _back(value) for name, value in said["facts"].items()}
    return Measure(said["value"], said["n"], Status(said["status"]), (fr, en), low, high, facts, said["provisional"])


def _plain(value: Any) -> Any:
    if isinstance(value, Said):
        return {_SAID: value.fr, "said_en": value.en}
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value


def _back(value: Any) -> Any:
    if isinstance(value, Mapping):
        if _SAID in value:
            return Said(value[_SAID], value["said_en"])
        return {name: _back(one) for name, one in value.items()}
    return [_back(one) for one in value] if isinstance(value, list) else value
