"""What a candidate rule would change, from emails per customer under both rules to figures (indicators.md, 16)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from surveyor.core.indicators.pressure import MANY_EMAILS


@dataclass(frozen=True, slots=True)
class Group:
    """So many customers, each sent so many emails under the current rule (a) and under the candidate (b)."""

    customers: int
    a: int
    b: int


@dataclass(frozen=True, slots=True)
class Side:
    """One rule: emails, customers reached, percent of all, emails per reached one, percent of them with more than 4."""

    emails: int
    reached: int
    coverage: float | None
    per_reached: float | None
    share_over_4: float | None


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Both sides, emails of b over those of a, and the customers that b alone reaches or loses."""

    a: Side
    b: Side
    ratio: float | None
    gained: int
    lost: int


def what_if(groups: Iterable[Group]) -> WhatIf:
    """The summary of a comparison; ratios are None when there is nothing under the line."""
    groups = list(groups)
    customers = sum(one.customers for one in groups)
    a = _side([(one.customers, one.a) for one in groups], customers)
    b = _side([(one.customers, one.b) for one in groups], customers)
    gained = sum(one.customers for one in groups if one.b and not one.a)
    lost = sum(one.customers for one in groups if one.a and not one.b)
    return WhatIf(a, b, b.emails / a.emails if a.emails else None, gained, lost)


def _side(sent: list[tuple[int, int]], customers: int) -> Side:
    emails = sum(people * each for people, each in sent)
    reached = sum(people for people, each in sent if each)
    over = sum(people for people, each in sent if each > MANY_EMAILS)
    return Side(
        emails,
        reached,
        100 * reached / customers if customers else None,
        emails / reached if reached else None,
        100 * over / reached if reached else None,
    )
