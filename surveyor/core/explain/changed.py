"""What would have changed a decision: the same `decide`, asked again of the same moment with one thing different.

Nothing is guessed: a change is said only after `decide` has answered otherwise with it.
"""

from __future__ import annotations

from dataclasses import replace

from surveyor.core.calendar import local_day
from surveyor.core.checks import YEAR
from surveyor.core.decision import Decision
from surveyor.core.explain.change import Change, Changes, Either, changed
from surveyor.core.reasons import Reason, Verdict

#: How far an order is moved, in days: beyond the longest cool-down and a year of a cap.
FARTHEST = 800
#: How far back an order is moved to reach one that fell out of its window.
NEAREST = 31
_MOST_STEPS = 24
_WEEK = 7


def what_would_change(moment: Either) -> tuple[Changes, ...]:
    """Ways to another outcome, each enough by itself and none with anything to spare; the plainest first.

    Of a refusal: to an email. Of an email: to none. Empty when nothing that is known of here would do it.
    """
    decision = moment.decide()
    if decision.verdict is Verdict.SCHEDULED:
        return _to_none(moment, decision)
    ways = [_way(moment)]
    if decision.reason is Reason.BELOW_MIN_ORDERS:
        ways += [*_kept(moment, decision), _sooner(moment)]
    if decision.reason is Reason.STOPPED_IDLE:
        ways += _kept(moment, decision)
    return tuple(way for way in dict.fromkeys(ways) if way)


def _to_none(moment: Either, decision: Decision) -> tuple[Changes, ...]:
    """So many of the counted orders less, and there are too few; of a cycle: none at all, and it stops."""
    if decision.occurrence > 1:
        return _idle(moment, decision)
    fewer = (decision.counted or 0) - (decision.needed or 0) + 1
    if not 0 < fewer < (decision.counted or 0) or decision.counted != len(decision.order_ids):
        return ()
    way = (Change("fewer", fewer),)
    return (way,) if changed(moment, way).verdict is not Verdict.SCHEDULED else ()


def _idle(moment: Either, decision: Decision) -> tuple[Changes, ...]:
    count = decision.counted or 0
    if not count or count != len(decision.order_ids):
        return ()
    way = (Change("none", count, (decision.window_start or 0) + 1, decision.day),)
    return (way,) if changed(moment, way).verdict is not Verdict.SCHEDULED else ()


def _way(moment: Either) -> Changes:
    """Take away one reason after the other until an email is planned, then what was not needed after all."""
    found: Changes = ()
    for _ in range(_MOST_STEPS):
        decision = changed(moment, found)
        if decision.verdict is Verdict.SCHEDULED:
            return _least(moment, found)
        step = _step(moment, decision, found)
        if step is None:
            return ()
        kept = () if step.code == "later" else found  # counted again from the day it is moved to
        further = (*(one for one in found if one in kept or one.code not in _MOVED), step)
        if further == found or (step in found and step.code not in _MOVED):
            return ()
        found = further
    return ()


def _least(moment: Either, changes: Changes) -> Changes:
    """What is left when nothing more can be left out or made smaller."""
    while (less := _tight(moment, _needed(moment, changes))) != changes:
        changes = less
    return changes


def _needed(moment: Either, changes: Changes) -> Changes:
    for change in changes:
        others = tuple(one for one in changes if one is not change)
        if others and changed(moment, others).verdict is Verdict.SCHEDULED:
            return _needed(moment, others)
    return changes


def _tight(moment: Either, changes: Changes) -> Changes:
    """The same with as few days and orders as it takes: what came later in the way may have made some needless."""
    for place, change in enumerate(changes):
        while change.n > 1:
            day = None if change.first is None or change.code == "orders" else change.first + _TOWARDS[change.code]
            nearer = replace(change, n=change.n - 1, first=change.first if day is None else day)
            tried = (*changes[:place], nearer, *changes[place + 1 :])
            if changed(moment, tried).verdict is not Verdict.SCHEDULED:
                break
            change, changes = nearer, tried
    return changes


def _step(moment: Either, decision: Decision, so_far: Changes) -> Change | None:
    """What answers the first reason of a decision."""
    reason = decision.reason
    if reason in _TOO_FEW:
        return _more_orders(decision)
    if reason in _TIME:
        return _later(moment, decision, so_far)
    if reason is Reason.EXPIRED:
        return _known(moment, so_far)
    if reason is Reason.ORDER_CANCELLED:
        return Change("kept", order_id=decision.order_id)
    if reason in _WITHOUT:
        return Change("allowed", reason=reason)
    if reason is Reason.SAMPLED_OUT:
        return Change("drawn", rate=decision.draw)
    code = _PLAIN.get(reason) if reason is not None else None
    return None if code is None else Change(code)


#: One day nearer to what happened.
_TOWARDS = {"later": -1, "sooner": 1, "known": 1}
#: Changes that are counted from the day of the order.
_MOVED = ("orders", "later")
_TOO_FEW = frozenset({Reason.BELOW_MIN_ORDERS, Reason.STOPPED_IDLE})
_TIME = frozenset({Reason.COOLDOWN, Reason.ANNUAL_CAP, Reason.PAUSED, Reason.SAMPLING_HOLD})
_WITHOUT = frozenset({Reason.UNSUBSCRIBED, Reason.SPAM_COMPLAINT, Reason.HARD_BOUNCE, Reason.BLOCKED})
_PLAIN = {
    Reason.NO_EMAIL: "address",
    Reason.STORE_EXCLUDED: "store",
    Reason.OUT_OF_SCOPE: "scope",
    Reason.OPEN_SOLICITATION: "free",
    Reason.LOWER_PRIORITY: "free",
    Reason.ENROLLED: "cycle",
    Reason.HOLDOUT: "held",
}


def _more_orders(decision: Decision) -> Change:
    """As many as are missing, on any day of the window that counts."""
    first = (decision.window_start or 0) + 1
    if decision.last_sent_day is not None:  # consume_orders: those of before the last email are used up
        first = max(first, decision.last_sent_day + 1)
    missing = (decision.needed or 1) - (decision.counted or 0)
    return Change("orders", missing, first, decision.day)


def _later(moment: Either, decision: Decision, so_far: Changes) -> Change | None:
    """The fewest days later at which time refuses no more; what else it then takes is said beside."""
    others = tuple(one for one in so_far if one.code not in _MOVED)
    for days in range(_soonest(moment, decision), FARTHEST + 1):
        moved = (*others, Change("later", days, moment.day + days))
        then = changed(moment, moved)
        if then.reason in _TOO_FEW:
            then = changed(moment, (*moved, _more_orders(then)))
        if not _TIME & set(then.reasons):
            return moved[-1]
    return Change("unpaused") if decision.reason is Reason.PAUSED else None


def _soonest(moment: Either, decision: Decision) -> int:
    """So many days later at least: what a send day may bring forward is left to be tried."""
    person, rule = moment.view.person, moment.rule
    ends = [decision.cooldown_end if Reason.COOLDOWN in decision.reasons else None]
    if Reason.PAUSED in decision.reasons:
        ends.append(person.pause_until)
    sent = person.sent()
    if Reason.ANNUAL_CAP in decision.reasons and rule.cap_per_365d and len(sent) >= rule.cap_per_365d:
        ends.append(local_day(sent[-rule.cap_per_365d], decision.zone) + YEAR)
    planned = decision.day if decision.planned_at is None else local_day(decision.planned_at, decision.zone)
    return max(1, *(end - planned - _WEEK for end in ends if end is not None), 1)


def _known(moment: Either, so_far: Changes) -> Change | None:
    """The order heard of on its own day; fewer days may do, once it is known what else it takes."""
    if moment.late < 1 or any(one.code == "known" for one in so_far):
        return None
    return Change("known", moment.late, moment.day)


def _kept(moment: Either, decision: Decision) -> list[Changes]:
    """One cancelled order of the window that would have been enough, the latest first."""
    start = decision.window_start or 0
    for order in reversed(moment.view.account.dated[moment.rule.basis]):
        day = moment.day_of(order)
        if order.cancelled and order.id != moment.order_id and start < day <= decision.day:
            way = (Change("kept", order_id=order.id, first=day),)
            if changed(moment, way).verdict is Verdict.SCHEDULED:
                return [way]
    return []


def _sooner(moment: Either) -> Changes:
    """This order so many days earlier, within reach of one that was before its window."""
    for days in range(1, NEAREST + 1):
        way = (Change("sooner", days, moment.day - days),)
        if changed(moment, way).verdict is Verdict.SCHEDULED:
            return way
    return ()
