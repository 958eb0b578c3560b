"""Named points between order and indicator where a test may kill the process; nothing happens without a plan.

The list is closed and each name stands once in the code. A plan is installed by the composition root, never read here.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping

NAMES = frozenset(
    "ingest.before_tx ingest.in_tx ingest.committed stream.committed file.mid_batch file.committed decide.in_tx "
    "relay.rang claim.committed build.done intent.in_tx intent.committed call.connected call.half_sent call.answered "
    "settle.in_tx settle.committed sweep.in_tx doubts.committed hook.stored hook.in_tx response.in_tx "
    "response.committed unsubscribe.committed rules.in_tx rules.committed erase.in_tx report.in_tx report.committed "
    "report.rendering tally.in_tx count.made count.in_tx migration.mid_step".split()
)

_remaining: dict[str, int] = {}


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


_act: Callable[[], None] = _kill


def parse_plan(text: str) -> dict[str, int]:
    """`name:n,name:n` (n from 1, default 1): which passage of each point kills. ValueError names what is wrong."""
    plan: dict[str, int] = {}
    for word in text.replace(";", ",").split(","):
        name, _, count = word.strip().partition(":")
        if not name:
            continue
        if name not in NAMES:
            raise ValueError(f"unknown fault point {name}; known: {', '.join(sorted(NAMES))}")
        plan[name] = int(count or "1")
    return plan


def install(plan: Mapping[str, int], act: Callable[[], None] = _kill) -> None:
    """From now on the n-th passage of each point in `plan` calls `act` (default: SIGKILL to this process)."""
    global _act
    _remaining.clear()
    _remaining.update(plan)
    _act = act


def remaining() -> Mapping[str, int]:
    """Passages that are still to come before each planned point kills."""
    return dict(_remaining)


def planned(name: str) -> bool:
    """Whether a plan names this point: what is cut in two only for its sake asks first."""
    return name in _remaining


def fault(name: str) -> None:
    """One passage of the point `name`; free when no plan names it."""
    if not _remaining or name not in _remaining:
        return
    _remaining[name] -= 1
    if _remaining[name] == 0:
        _act()
