"""What happened to a person at once may have been done in another order than its instants say.

An order is dated when its request came, the end of a hand-over when its worker wrote it down; both then wait for the
person's lock. Whoever came first in time may have been second in the table: either order was a true one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from surveyor.core.decision import Decision
from surveyor.core.replay.lived import Asked, Key, Life

#: How far apart two facts can be that waited for each other: a lock is waited for 20 seconds, a call lasts up to 30.
AT_ONCE = timedelta(seconds=60)
_BEFORE = timedelta(microseconds=1)


def crossed(life: Life, kept: dict[Key, Decision]) -> Iterator[Life]:
    """The lives in which one hand-over ended before or after each decision that was made at about that time."""
    made = sorted({decision.decided_at for decision in kept.values()})
    for place, one in enumerate(life.asked):
        ended = one.settled_at or one.sent_at
        near = [at for at in made if ended is not None and abs(at - ended) <= AT_ONCE]
        for at in (*(at - _BEFORE for at in near), *near[-1:]):
            asked = [*life.asked[:place], _ended(one, at), *life.asked[place + 1 :]]
            yield replace(life, asked=asked)


def _ended(one: Asked, at: datetime) -> Asked:
    """The same, known to be sent at another instant."""
    windows = tuple((began, at if over == one.settled_at else over) for began, over in one.under_way)
    return replace(one, settled_at=at, under_way=windows)
