"""Comments and what they mention, counted response by response, between the rows of labels and the pages.

What is kept is of use for as long as the lexicon is the one that it was counted under and its responses are sorted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from surveyor.core.periods import Period
from surveyor.core.scope import Reach
from surveyor.db import labels
from surveyor.db.labels import Counts, Covered
from surveyor.flows.keep_counts import Ask, Keeper


def covered(session: Any, keeper: Keeper | None, reach: Reach, period: Period) -> Covered | None:
    """Comments, those with a label, those of detractors; None when a page that waits for nobody left it out."""
    said = _said(session, keeper, Ask("commented", reach, period))
    return None if said is None else Covered(*said)


def mentions(session: Any, keeper: Keeper | None, reach: Reach, period: Period) -> dict[str, Counts] | None:
    """Label -> (positive, neutral, negative); None: not yet."""
    said = _said(session, keeper, Ask("mentions", reach, period))
    return None if said is None else {label: (one[0], one[1], one[2]) for label, one in said.items()}


def among_detractors(session: Any, keeper: Keeper | None, reach: Reach, period: Period) -> dict[str, int] | None:
    """Label -> mentions by detractors; None: not yet."""
    said: dict[str, int] | None = _said(session, keeper, Ask("detractors", reach, period))
    return said


def holds(session: Any) -> Callable[[Any], bool]:
    """Whether what was kept with `sorted_by` was counted as labels are now."""
    return lambda kept: kept["sorted_by"] == sorted_by(session)


def sorted_by(session: Any) -> list[Any]:
    """The lexicon in force, and whether every response is sorted by it."""
    number, digest = labels.mark(session)
    return [number, digest.hex(), labels.all_sorted(session, number)]


def _said(session: Any, keeper: Keeper | None, ask: Ask) -> Any:
    if keeper is None:
        return _COUNTED[ask.name](session, ask)
    body = keeper.of(session, ask, lambda: COUNTS[ask.name](session, ask), holds=holds(session))
    return None if body is None else body["said"]


def _covered(session: Any, ask: Ask) -> list[int]:
    found = labels.covered(session, ask.reach, ask.period)
    return [found.commented, found.labelled, found.detractors]


_COUNTED: Mapping[str, Callable[[Any, Ask], Any]] = {
    "commented": _covered,
    "mentions": lambda s, ask: {k: list(v) for k, v in labels.mentions(s, ask.reach, ask.period).items()},
    "detractors": lambda s, ask: labels.among_detractors(s, ask.reach, ask.period),
}


def _with_lexicon(name: str) -> Callable[[Any, Ask], Any]:
    return lambda session, ask: {"sorted_by": sorted_by(session), "said": _COUNTED[name](session, ask)}


#: As they are kept.
COUNTS: Mapping[str, Callable[[Any, Ask], Any]] = {name: _with_lexicon(name) for name in _COUNTED}
