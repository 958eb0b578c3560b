"""What looks automated among the answers of one group of mailboxes: a question to people, never an exclusion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from surveyor.core.intervals import wilson

#: An answer this soon after the delivery is one of those that are asked about (pipeline.md, 13).
QUICK = timedelta(minutes=2)
QUICK_SHARE, SAME_SHARE = 0.20, 0.80
#: Answers needed before anything is said: of a share, of eleven counts.
FEW, FEW_FOR_SCORES = 10, 33
#: 95 % quantile of chi-squared with 10 degrees of freedom.
_CHI_SQUARED = 18.307


class Sign(StrEnum):
    """Why a group of mailboxes is asked about."""

    QUICK = "quick"
    FLAT = "flat"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of the invitations sent to one group of mailboxes in a period; `name` is one of `DOMAIN_GROUPS`.

    scores: standing answers by score, 0-10. quick: of those, how many came within `QUICK` of the delivery. swept:
    invitations of which one client opened three scores or more. held: invitations whose forms were all held or struck.
    """

    name: str
    sent: int
    scores: Mapping[int, int] = field(default_factory=dict, hash=False)
    quick: int = 0
    swept: int = 0
    held: int = 0

    @property
    def n(self) -> int:
        """Standing answers: what every share but that of sweeps is of."""
        return sum(self.scores.values())

    @property
    def most_frequent(self) -> tuple[int, int]:
        """The most frequent score, the lower one of two, and its answers; (0, 0) without any."""
        return max(((score, n) for score, n in self.scores.items()), key=lambda one: (one[1], -one[0]), default=(0, 0))


def signs(seen: Seen) -> tuple[Sign, ...]:
    """What may be a robot's doing, by the numbers alone; nothing below `FEW` answers.

    QUICK: the lower bound (CI-PROP) of the share of quick answers is over 20 %. FLAT: 33 answers or more, and Pearson's
    chi-squared does not tell them from eleven scores drawn alike (5 %). SAME: the lower bound of the share of one score
    is over 80 %.
    """
    found = []
    if _low(seen.quick, seen.n) > QUICK_SHARE:
        found.append(Sign.QUICK)
    if seen.n >= FEW_FOR_SCORES and _chi_squared(seen) <= _CHI_SQUARED:
        found.append(Sign.FLAT)
    if _low(seen.most_frequent[1], seen.n) > SAME_SHARE:
        found.append(Sign.SAME)
    return tuple(found)


def _low(count: int, total: int) -> float:
    """The lower bound of a share; 0 when there are too few to say anything."""
    bounds = wilson(count, total) if total >= FEW else None
    return bounds[0] if bounds else 0.0


def _chi_squared(seen: Seen) -> float:
    expected = seen.n / 11
    return sum((seen.scores.get(score, 0) - expected) ** 2 / expected for score in range(11))
