"""The figures of a replay, from its emails to what the what-if page shows: volume, reach, load per customer, peaks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any

from surveyor.core.calendar import iso_day
from surveyor.core.replay.results import CountedSends, Run, Send

#: A customer who gets more emails than this over the period is in `over_4`.
MANY = 4


def per_customer(sends: Iterable[Send]) -> Counter[str]:
    """How many emails each customer reached got."""
    return _counter(sends, "customer_id")


def figures(run: Run, *, customers: int) -> dict[str, Any]:
    """What one set of rules does. `coverage`: reached / `customers` with an order; `mean`, `p95`: per reached customer.

    p95 is the value of rank ceil(0.95 n); `peak_day` the first of the busiest. Ratios are rounded to 6 places, None
    when there is nothing to divide by.
    """
    sends = run.sends
    emails = sends.loads() if isinstance(sends, CountedSends) else sorted(per_customer(sends).values())
    by_day = _counter(run.sends, "send_day")
    by_month: Counter[str] = Counter()
    for day, count in by_day.items():
        by_month[str(iso_day(day))[:7]] += count
    peak = min(by_day, key=lambda day: (-by_day[day], day), default=None)
    return {
        "emails": len(run.sends),
        "customers_reached": len(emails),
        "coverage": _ratio(len(emails), customers),
        "mean": _ratio(len(run.sends), len(emails)),
        "p95": emails[(95 * len(emails) + 99) // 100 - 1] if emails else 0,
        "most": emails[-1] if emails else 0,
        "over_4": sum(1 for count in emails if count > MANY),
        "peak_day": iso_day(peak),
        "peak_emails": 0 if peak is None else by_day[peak],
        "by_month": dict(sorted(by_month.items())),
        "by_store": _counted(run.sends, "store_id"),
        "by_segment": _counted(run.sends, "segment"),
        "by_rule": _counted(run.sends, "rule_id"),
        "decisions": {str(reason): count for reason, count in sorted(run.decisions.items()) if count},
        "dropped": dict(sorted(run.dropped.items())),
        "reminders_at_most": run.reminders,
    }


def gained_and_lost(run: Run, against: Run) -> tuple[int, int]:
    """Customers reached by `run` and not by `against`, and the reverse."""
    now, before = set(per_customer(run.sends)), set(per_customer(against.sends))
    return len(now - before), len(before - now)


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None


def _counter(sends: Iterable[Send], name: str) -> Counter[Any]:
    if isinstance(sends, CountedSends):
        return sends.counted(name)
    return Counter(map(itemgetter(Send._fields.index(name)), sends))


def _counted(sends: Iterable[Send], name: str) -> dict[str, int]:
    return dict(sorted(_counter(sends, name).items()))


def pairs(run: Run, against: Run, *, customers: int) -> Counter[tuple[int, int]]:
    """How many customers got (emails of `against`, emails of `run`), those who got none included."""
    before, now = per_customer(against.sends), per_customer(run.sends)
    found = Counter((before[customer], now[customer]) for customer in before.keys() | now.keys())
    found[0, 0] = customers - sum(found.values())
    return +found


def columns(sends: Sequence[Send]) -> list[tuple[str, str, str, str, int]]:
    """The rows of a file of sends: customer, trigger event, its local date, send date, orders in the window."""
    return [
        (customer, trigger, str(iso_day(trigger_day)), str(iso_day(send_day)), counted)
        for customer, trigger, trigger_day, send_day, counted, *_ in sends
    ]
