"""What a replay finds: the emails SENT, how many decisions stand by reason, what was dropped; and which days count."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple

SCHEDULED = "SCHEDULED"


class Send(NamedTuple):
    """One email SENT. Days are ordinals at the store; the trigger of an occurrence is the latest qualifying order."""

    customer_id: str
    trigger_event_id: str
    trigger_day: int
    send_day: int
    orders_in_window: int
    rule_id: str
    store_id: str
    segment: str


class CountedSends(Sequence[Send]):
    """Emails that are kept otherwise than one by one, and can be counted as they are."""

    @abstractmethod
    def counted(self, name: str) -> Counter[Any]:
        """How many have each value of a field: customer_id, send_day, rule_id, store_id or segment."""

    @abstractmethod
    def loads(self) -> list[int]:
        """How many emails each customer reached got, the fewest first."""


#: Emails are listed by day, then by customer: the fourth and the first of a Send.
PLACE = itemgetter(3, 0)


@dataclass(slots=True)
class Run:
    """What the rules of one version do with the file. `decisions`: how many stand, by reason ("SCHEDULED" for none).

    `dropped`: invitations that ended without being SENT, by reason. `reminders`: at most, answers are not known.
    """

    sends: Sequence[Send] = field(default_factory=list)
    decisions: defaultdict[str, int] = field(default_factory=partial(defaultdict, int))
    dropped: Counter[str] = field(default_factory=Counter)
    reminders: int = 0


@dataclass(frozen=True, slots=True)
class Period:
    """Days whose emails are counted, both included; no occurrence planned after `last_occurrence` is made."""

    first: int = 1
    last: int = date.max.toordinal()
    last_occurrence: int = date.max.toordinal()

    def __contains__(self, day: int) -> bool:
        return self.first <= day <= self.last


WHOLE = Period()


def joined(runs: Iterable[Run]) -> Run:
    """One of several, each of other persons."""
    sends: list[Send] = []
    result = Run(sends)
    for one in runs:
        sends += one.sends
        result.dropped += one.dropped
        result.reminders += one.reminders
        for reason, count in one.decisions.items():
            result.decisions[reason] += count
    sends.sort(key=PLACE)
    return result
