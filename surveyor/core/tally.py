"""Additive counts, the step between what happened (orders, emails, answers) and every indicator: a region is a sum."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from operator import add, attrgetter, neg
from operator import sub as subtract
from typing import TypeVar

DECISION_COUNTS = ("orders", "hits", "scheduled", "went_out", "dropped", "failed", "in_doubt")
SENT_COUNTS = (
    *("sent", "reminders", "delivered", "bounced_hard", "bounced_soft", "rejected", "undelivered"),
    *("opened", "visited", "responded", "responded_commented", "unsubscribed", "complained"),
)
SCORE_COUNTS = tuple(f"score_{score}" for score in range(11))
RESPONSE_COUNTS = (
    *SCORE_COUNTS,
    *("commented", "commented_promoters", "commented_passives", "commented_detractors"),
    *("replied", "reply_seconds", "to_handle", "handled_48h"),
)
#: The three groups of counts of one row; each belongs to its own day (indicators.md, 4).
GROUPS = {"decision": DECISION_COUNTS, "sent": SENT_COUNTS, "response": RESPONSE_COUNTS}


_SCORES: Callable[[object], tuple[int, ...]] = attrgetter(*SCORE_COUNTS)


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of one cut of the business, in units (`reply_seconds` in seconds); formula source: indicators.md, 4.

    The names are the columns of the tally tables. A value below zero is a change to be added to a tally, never a
    tally of its own. Ratios are not kept here: they are computed from the sum.
    """

    orders: int = 0
    hits: int = 0
    scheduled: int = 0
    went_out: int = 0
    dropped: int = 0
    failed: int = 0
    in_doubt: int = 0
    sent: int = 0
    reminders: int = 0
    delivered: int = 0
    bounced_hard: int = 0
    bounced_soft: int = 0
    rejected: int = 0
    undelivered: int = 0
    opened: int = 0
    visited: int = 0
    responded: int = 0
    responded_commented: int = 0
    unsubscribed: int = 0
    complained: int = 0
    score_0: int = 0
    score_1: int = 0
    score_2: int = 0
    score_3: int = 0
    score_4: int = 0
    score_5: int = 0
    score_6: int = 0
    score_7: int = 0
    score_8: int = 0
    score_9: int = 0
    score_10: int = 0
    commented: int = 0
    commented_promoters: int = 0
    commented_passives: int = 0
    commented_detractors: int = 0
    replied: int = 0
    reply_seconds: int = 0
    to_handle: int = 0
    handled_48h: int = 0

    def __add__(self, other: Tally) -> Tally:
        """The two together: every count is a sum."""
        return Tally(*map(add, _every(self), _every(other)))

    def __neg__(self) -> Tally:
        """The change that takes this one back."""
        return Tally(*map(neg, _every(self)))

    def __sub__(self, other: Tally) -> Tally:
        """What this one has and the other has not; a store against the rest of its network."""
        return Tally(*map(subtract, _every(self), _every(other)))

    def __bool__(self) -> bool:
        """False when every count is zero."""
        return any(_every(self))

    @staticmethod
    def sum(tallies: Iterable[Tally]) -> Tally:
        """All of them together; nothing at all is the zero tally."""
        rows = list(map(_every, tallies))
        return Tally(*map(sum, zip(*rows, strict=True))) if rows else Tally()

    @staticmethod
    def from_mapping(row: Mapping[str, int | None]) -> Tally:
        """The counts found in a row by name; columns that are no count are left alone, NULL is 0."""
        return Tally(**{name: int(value) for name, value in row.items() if value and name in _NAMES})

    @staticmethod
    def from_scores(histogram: Mapping[int, int]) -> Tally:
        """Only answers, from score -> how many.

        Raises:
            ValueError: a score outside 0..10.
        """
        if any(score not in range(11) for score in histogram):
            raise ValueError(f"scores are 0 to 10, not {sorted(set(histogram) - set(range(11)))}")
        return Tally(**{f"score_{score}": count for score, count in histogram.items()})

    def to_mapping(self) -> dict[str, int]:
        """Every count by column name."""
        return dict(zip(COUNTS, _every(self), strict=True))

    def changes(self) -> dict[str, int]:
        """The counts that are not zero, by column name: what an upsert has to add."""
        return {name: value for name, value in zip(COUNTS, _every(self), strict=True) if value}

    def group(self, name: str) -> Tally:
        """Only the counts of one group: "decision", "sent" or "response"."""
        return Tally(**{count: getattr(self, count) for count in GROUPS[name]})

    @property
    def scores(self) -> tuple[int, ...]:
        """How many answers of 0, 1 ... 10, in that order."""
        return _SCORES(self)

    @property
    def promoters(self) -> int:
        """Answers of 9 and 10."""
        return sum(self.scores[9:])

    @property
    def passives(self) -> int:
        """Answers of 7 and 8."""
        return sum(self.scores[7:9])

    @property
    def detractors(self) -> int:
        """Answers of 0 to 6."""
        return sum(self.scores[:7])

    @property
    def bands(self) -> tuple[int, int, int]:
        """Promoters, passives and detractors: what every score is made of."""
        zero, one, two, three, four, five, six, seven, eight, nine, ten = _SCORES(self)
        return nine + ten, seven + eight, zero + one + two + three + four + five + six

    @property
    def responses(self) -> int:
        """All answers dated by their own day; `responded` counts the same people on the day of their email."""
        return sum(self.scores)

    @property
    def refused(self) -> int:
        """Decisions SUPPRESSED."""
        return self.hits - self.scheduled

    @property
    def waiting(self) -> int:
        """Invitations still open whose email is not in doubt."""
        return self.scheduled - self.went_out - self.dropped - self.failed - self.in_doubt

    @property
    def in_transit(self) -> int:
        """Emails without an outcome, younger than 72 hours."""
        return self.sent - self.delivered - self.bounced_hard - self.bounced_soft - self.rejected - self.undelivered


COUNTS = tuple(field.name for field in fields(Tally))
_NAMES = frozenset(COUNTS)
_every = attrgetter(*COUNTS)
ZERO = Tally()


#: (stage, reason) -> how many; the stage is "decision" or "drop", the reason the primary one only.
Reasons = Mapping[tuple[str, str], int]
#: (question, value) -> how many answered so.
Answers = Mapping[tuple[str, str], int]


Key = TypeVar("Key")


def add_counts(*counts: Mapping[Key, int]) -> dict[Key, int]:
    """Side tallies together, key by key; keys that come to zero are left out."""
    total: dict[Key, int] = {}
    for one in counts:
        for key, value in one.items():
            total[key] = total.get(key, 0) + value
    return {key: value for key, value in total.items() if value}


def histogram(answers: Answers, question: str) -> dict[int, int]:
    """Value -> how many, for one question whose values are whole numbers (CSAT, CES, stars)."""
    return {int(value): count for (asked, value), count in sorted(answers.items()) if asked == question and count}
