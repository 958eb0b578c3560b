"""Why nothing was sent, over long periods: the one tally with too many cells to be summed for each page."""

from __future__ import annotations

from typing import Any

from surveyor.core.periods import Period
from surveyor.core.scope import Reach
from surveyor.core.tally import Tally
from surveyor.db import tallies
from surveyor.flows.keep_counts import Ask, Keeper

#: Days from which their sum is kept: a year of 200 stores and 4 segments has a million cells.
LONG = 45


def count_reasons(session: Any, reach: Reach, period: Period, rule: str) -> list[list[Any]]:
    """[stage, reason, how many], as JSON."""
    found = tallies.reasons(session, reach, period, rule_id=rule).get((), {})
    return [[stage, reason, n] for (stage, reason), n in sorted(found.items())]


def reasons(
    session: Any, keeper: Keeper | None, reach: Reach, period: Period, tally: Tally, *, rule: str = ""
) -> dict[tuple[str, str], int] | None:
    """(stage, reason) -> how many; None when a page that waits for nobody left it out.

    What is kept holds for as long as it adds up to the refused and the dropped of `tally`, those of now.
    """

    def count() -> list[list[Any]]:
        return count_reasons(session, reach, period, rule)

    if keeper is None or period.days < LONG:
        said = count()
    else:
        ask = Ask("reasons", reach, period, {"rule": rule} if rule else {})
        said = keeper.of(session, ask, count, holds=lambda kept: _totals(kept) == (tally.refused, tally.dropped))
    return None if said is None else {(stage, reason): n for stage, reason, n in said}


def _totals(said: list[list[Any]]) -> tuple[int, int]:
    decided, dropped = (sum(n for stage, _, n in said if stage == one) for one in ("decision", "drop"))
    return decided, dropped
