"""Written cases of the rules: dates in, decisions out, through the same journey as real orders (rules.md, 19)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from surveyor.core.written_cases.world import World

__all__ = ["Difference", "Outcome", "World", "outcome", "run_case", "try_rules"]


class Outcome(NamedTuple):
    """What came out of a case, in the form in which cases are written."""

    sends: list[list[str]]
    last: list[str | None]
    trace: list[list[str | None]]


@dataclass(frozen=True, slots=True)
class Difference:
    """One of `sends`, `last`, `trace` that is not what the case says."""

    case: str
    title: str
    what: str
    expected: Any
    found: Any


def try_rules(document: Mapping[str, Any]) -> list[Difference]:
    """Run every scenario of a document of written cases; an empty list when all are as written.

    Raises KeyError, TypeError or ValueError for a document of another form.
    """
    differences = []
    for case in document["scenarios"]:
        found = run_case(case["inputs"], document)
        for what, value in found._asdict().items():
            if value != case[what]:
                differences.append(Difference(case["id"], case.get("title", ""), what, case[what], value))
    return differences


def run_case(inputs: Mapping[str, Any], defaults: Mapping[str, Any]) -> Outcome:
    """What happens in one case; `defaults` has `rule_defaults`, `global_defaults` and `stores`."""
    return outcome(World(inputs, defaults))


def outcome(world: World) -> Outcome:
    """Live a world to its end and write down what came out."""
    world.run()
    trace = world.trace
    sends = [[str(rule), str(label), str(at)] for what, _, rule, label, at in trace if what == "SENT"]
    return Outcome(sends, trace[-1][:2] if trace else [None, None], trace)
