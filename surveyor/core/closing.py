"""Closed months (indicators.md, 1.1 D3): when the counts of a month stand, and what is kept of them.

Whole numbers only: a quotient is computed from them each time, with the definition that is named beside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from surveyor.core.periods import Period, final_on, month_of
from surveyor.core.tally import DECISION_COUNTS, RESPONSE_COUNTS, SENT_COUNTS, Answers, Reasons, Tally, add_counts

Kind = Literal["scores", "rates"]
KINDS: tuple[Kind, ...] = ("scores", "rates")
#: Kind -> the counts that belong to its day.
COUNTS: Mapping[Kind, tuple[str, ...]] = {"scores": RESPONSE_COUNTS, "rates": (*DECISION_COUNTS, *SENT_COUNTS)}
_DATED: Mapping[Kind, str] = {"scores": "response", "rates": "sent"}


def kind_of(day: str) -> Kind:
    """The kind that holds an indicator, by whose day it is dated ("response", or "sent", "decision"…)."""
    return "scores" if day == "response" else "rates"


def is_over(month: Period, kind: Kind, today: date) -> bool:
    """Whether a month no longer moves by itself: from the 4th day after it (scores) or the 31st (rates)."""
    return today >= final_on(month.last, _DATED[kind])


def months_between(first: date, today: date) -> Iterable[Period]:
    """The calendar months from the one that holds `first` to the last complete one before `today`."""
    month = month_of(first)
    while month.last < today:
        yield month
        month = month_of(date.fromordinal(month.last.toordinal() + 1))


def inputs(kind: Kind, tally: Tally, side: Answers | Reasons, distinct: Mapping[str, int]) -> dict[str, Any]:
    """What is kept of a month: its counts without zeros, the histogram of each question or the reasons, people."""
    counts = {name: getattr(tally, name) for name in COUNTS[kind] if getattr(tally, name)}
    nested: dict[str, dict[str, int]] = {}
    for (outer, inner), n in sorted(side.items()):
        if n:
            nested.setdefault(outer, {})[inner] = n
    return {
        "counts": counts,
        "answers" if kind == "scores" else "reasons": nested,
        "distinct": dict(sorted(distinct.items())),
    }


def additive(kept: Mapping[str, Any]) -> dict[tuple[str, str], int]:
    """The sums of what was kept, without the distinct people, as one mapping that adds up over stores."""
    found = {("counts", name): int(n) for name, n in kept["counts"].items()}
    for side in ("answers", "reasons"):
        for outer, values in kept.get(side, {}).items():
            found |= {(f"{side} {outer}", inner): int(n) for inner, n in values.items()}
    return found


def total(kept: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], int]:
    """The sums of several stores together."""
    return add_counts(*(additive(one) for one in kept))


def same_sums(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two say the same counts; people counted on demand are no reason to revise a month."""
    return additive(one) == additive(other)


def definitions(entries: Iterable[Any], kind: Kind) -> dict[str, int]:
    """Key -> version of the definition of every indicator of a kind, as it was when the month was closed."""
    return {entry.key: entry.definition_version for entry in entries if kind_of(entry.day) == kind}


#: Stores close with the date on their own walls, the same or the following night: what closes later is a correction.
TOGETHER = timedelta(days=2)


def frozen(first: Iterable[tuple[datetime, Mapping[str, Any]]]) -> list[Mapping[str, Any]]:
    """What stores had when their month was closed, out of the first revision of each: (closed at, what was kept).

    A store of which nothing was counted then, and something later, had nothing.
    """
    rows = list(first)
    return [kept for at, kept in rows if at < min(one for one, _ in rows) + TOGETHER]


@dataclass(frozen=True, slots=True)
class AsClosed:
    """The counts of a month as it was first closed. side: answers, or reasons; people: of one row alone."""

    tally: Tally
    side: Mapping[tuple[str, str], int]
    people: int | None = None

    @staticmethod
    def of(kept: Sequence[Mapping[str, Any]]) -> AsClosed:
        """The sums of what stores kept."""
        sums = total(kept)
        counts = {name: n for (side, name), n in sums.items() if side == "counts"}
        side = {(outer.split(" ", 1)[1], inner): n for (outer, inner), n in sums.items() if outer != "counts"}
        people = kept[0]["distinct"].get("customers_answered") if len(kept) == 1 else None
        return AsClosed(Tally.from_mapping(counts), side, people)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a closed month stands: its last revision and when that was made; moved: its counts were corrected since.

    A month of several stores has the revision and the instant of the one that was revised last. as_closed: what it
    was when it was first closed, where it was corrected since; None for parts of stores, which do not close.
    """

    revision: int
    closed_at: datetime
    moved: bool = False
    as_closed: AsClosed | None = None
