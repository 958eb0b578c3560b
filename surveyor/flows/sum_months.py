"""Sum the tallies of a month once it is over: between its days and pages that show years."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from surveyor.core.periods import month_of
from surveyor.db import tallies
from surveyor.flows.again import again

#: Days after its end during which much of a month still changes (answers to its last emails): read day by day.
SETTLED = timedelta(days=7)


def sum_months(sessions: Any, *, today: date) -> int:
    """Sum every month that ended a week ago or more and is not summed yet; how many.

    Each in a transaction of its own, in which nobody counts. Killed in between, the next call goes on with the month
    that was not summed; made twice or by two at once, a month is summed once.
    """
    over = month_of(today - SETTLED).first

    def once() -> bool:
        with sessions.begin() as session:
            tallies.hold_days(session)
            month = tallies.next_month(session)
            if month is None or month.last >= over:
                return False
            tallies.sum_month(session, month)
            return True

    done = 0
    while again(once):
        done += 1
    return done
