"""What can be said of each order before anything is lived: its place among its customer's, its day, its count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from surveyor.core.history import Regime
from surveyor.core.rules import Rule
from surveyor.vector.cells import Unclear
from surveyor.vector.clock import DAY as DAY_MICROS
from surveyor.vector.clock import EPOCH_DAY, Clock
from surveyor.vector.orders import NEVER, Orders

#: Days around those of the orders: windows, delays, cool-downs and caps stay within them.
_BEFORE, _AFTER = 800, 800
#: There is a table of days for each zone: from 1900, over 40 years at most.
_FIRST, _LONGEST = -25_567 * DAY_MICROS, 40 * 366 * DAY_MICROS


def _unheard(_share: float) -> None:
    """Nobody asks how far it is."""


@dataclass(slots=True)
class Line:
    """The dated orders of the accounts that are not odd, by account, then in the order of orders.

    `place`: of each order in `Orders`; `start`, `count`: of each account, where its orders begin here and how many they
    are. `now`: when each is received. `odd`: the accounts left to `decide`, by place. Nobody changes it.
    `told`: is called with the share of the orders that were lived, 0 to 1.
    """

    orders: Orders
    clock: Clock
    place: Any
    account: Any
    day: Any
    zone: Any
    store: Any
    now: Any
    cancelled: Any
    start: Any
    count: Any
    odd: Any
    told: Callable[[float], None] = _unheard

    def key(self, day: Any) -> Any:
        """A number that sorts as (account, day) does."""
        return self.account * self.clock.days + (day - self.clock.first)


def line_of(orders: Orders, basis: str, *, both: bool, only: Any = None) -> Line:
    """The orders as rules on `basis` see them; `both`: other rules of the comparison look at the other date.

    `only`: these accounts alone, by place.
    """
    instants = orders.ordered if basis == "ordered_at" else orders.fulfilled
    odd = orders.odd.copy()
    if both:  # such an order would be known before it was placed
        odd[orders.account[(orders.fulfilled != NEVER) & (orders.fulfilled < orders.ordered)]] = True
    wanted = instants != NEVER
    if odd.any():
        wanted &= ~odd[orders.account]
    if only is not None:
        within: Any = np.zeros(len(odd), dtype=bool)
        within[only] = True
        wanted &= within[orders.account]
    place = _placed(orders, instants, wanted)
    at, account = instants[place], orders.account[place]
    _settle_ties(place, orders, account, at)
    now = at
    if (orders.received != NEVER).any():
        received = orders.received[place]
        now = np.where(received == NEVER, at, received)
    clock, zone = _clock(orders, at, now), _few(orders.zone, place, len(orders.zones))
    day = clock.local_day(at, zone)
    _leave_crooked(account, (at, now, day), odd)
    kept = ~odd[account] if odd.any() else None
    if kept is not None and not kept.all():
        place, account, day, now, zone = place[kept], account[kept], day[kept], now[kept], zone[kept]
    count = np.bincount(account, minlength=len(orders.accounts))
    start = np.concatenate(([0], np.cumsum(count)[:-1])) if len(count) else count
    cancelled = orders.cancelled[place] if (orders.cancelled != NEVER).any() else np.full(len(place), NEVER)
    store = _few(orders.store, place, len(orders.store_ids))
    return Line(orders, clock, place, account, day, zone, store, now, cancelled, start, count, odd)


def _placed(orders: Orders, instants: Any, wanted: Any) -> Any:
    """The places of the orders that are wanted, by account, then by instant."""
    if wanted.all():
        return _by_account(orders.account, instants)
    dated = np.flatnonzero(wanted)
    return dated[_by_account(orders.account[dated], instants[dated])]


def _few(codes: Any, place: Any, names: int) -> Any:
    """The codes at these places; when there is one name, it is the same everywhere."""
    return np.zeros(len(place), dtype=np.int64) if names == 1 else codes[place]


def _leave_crooked(account: Any, times: tuple[Any, Any, Any], odd: Any) -> None:
    """Accounts whose days or receptions do not follow their instants are odd."""
    at, now, day = times
    same = account[1:] == account[:-1]
    crooked = same & (day[1:] < day[:-1])
    if now is not at:
        crooked |= same & (now[1:] < now[:-1])
        tied = np.flatnonzero(same & (now[1:] == now[:-1]))
        crooked[tied[at[tied + 1] != at[tied]]] = True
    odd[account[1:][crooked]] = True


def _by_account(account: Any, at: Any) -> Any:
    """The places by account, then by instant: by one number where both fit in it."""
    if not len(at):
        return np.arange(0)
    low, high = int(at.min()), int(at.max())
    span = high - low + 1
    if (int(account.max()) + 1) * span >= 1 << 62:
        return np.lexsort((at, account))
    return np.argsort(account * span + (at - low))


def _settle_ties(place: Any, orders: Orders, account: Any, at: Any) -> None:
    """Orders of one account and one instant stand by their id, as text. `account`, `at`: of each place."""
    tied = np.flatnonzero((account[1:] == account[:-1]) & (at[1:] == at[:-1]))
    done = 0
    for first in tied.tolist():
        if first < done:
            continue
        end = first + 1
        while end < len(place) and account[end] == account[first] and at[end] == at[first]:
            end += 1
        place[first:end] = sorted(place[first:end].tolist(), key=orders.order_ids.__getitem__)
        done = end - 1


def _clock(orders: Orders, instants: Any, now: Any) -> Clock:
    if not len(instants):
        return Clock(orders.zones, EPOCH_DAY, EPOCH_DAY + 1)
    low, high = min(instants.min(), now.min()), max(instants.max(), now.max())
    if low < _FIRST or high - low > _LONGEST:
        raise Unclear("dates decades apart")
    return Clock(
        orders.zones, int(low // DAY_MICROS) + EPOCH_DAY - _BEFORE, int(high // DAY_MICROS) + EPOCH_DAY + _AFTER
    )


@dataclass(slots=True)
class Sight:
    """What one rule sees of each order of a line, before any email.

    `counted`: orders in its window, which begins after the day `after`. `slot`, `day`: the instant and the local day of
    its email. `touchy`: a cancellation comes between the order and that email, or the customer would be idle by then.
    `ends`: for each day of the clock, the end of the cool-down that an email of that day starts. The masks say what the
    rule answers whatever was sent.
    """

    rule: Rule
    counted: Any
    slot: Any
    day: Any
    out_of_scope: Any
    cancelled: Any
    below: Any
    excluded: Any
    expired: Any
    touchy: Any
    ends: Any
    after: Any


def sight_of(line: Line, rule: Rule, regime: Regime) -> Sight:
    """Look at every order with one rule."""
    clock, now = line.clock, line.now
    start = (
        line.day - rule.window_days
        if rule.window_days is not None
        else clock.months(-(rule.window_months or 0))[line.day - clock.first]
    )
    due, slot, day = clock.slots(rule).planned(line.day + rule.delay_days, line.zone, now)
    counted = _counted(line, rule, start)
    touchy: Any = np.zeros(len(now), dtype=bool)
    _leave_cancelled_out(line, rule, start, slot, counted, touchy)
    if rule.idle_months:
        touchy |= line.day <= clock.months(-rule.idle_months)[day - clock.first]
    excluded = np.array([store in regime.excluded for store in line.orders.store_ids], dtype=bool)
    days: Any = np.arange(clock.first, clock.first + clock.days, dtype=np.int64)
    ends = days + rule.cooldown_days if rule.cooldown_days is not None else clock.months(rule.cooldown_months or 0)
    return Sight(
        rule,
        counted,
        slot,
        day,
        ~_in_scope(line, rule, regime),
        (line.cancelled != NEVER) & (line.cancelled <= now),
        counted < rule.min_orders,
        excluded[line.store] if excluded.any() else np.zeros(len(now), dtype=bool),
        day - due > rule.max_late_days,
        touchy,
        np.maximum(ends, days + regime.globals.floor_days),
        start,
    )


def _counted(line: Line, rule: Rule, start: Any) -> Any:
    """How many orders of the account, or of the account at that store, are in the window of each, itself included."""
    if rule.count_scope != "store":
        return _in_window(line, start)
    group = line.account * (len(line.orders.store_ids) + 1) + line.store
    by_group = np.argsort(group, kind="stable")
    group = np.unique(group[by_group], return_inverse=True)[1].astype(np.int64)
    key = group * line.clock.days
    first = np.searchsorted(
        key + line.day[by_group] - line.clock.first, key + start[by_group] - line.clock.first, side="right"
    )
    found: Any = np.empty(len(line.day), dtype=np.int64)
    found[by_group] = np.arange(len(line.day)) - first + 1
    return found


#: Orders before each that are looked at one by one; where all are in the window, the first in it is searched.
_LOOKS = 6


def _in_window(line: Line, start: Any) -> Any:
    """How many orders of its account are in the window of each: most have few, and those stand just before it."""
    account, day = line.account, line.day
    found: Any = np.ones(len(day), dtype=np.int64)
    for back in range(1, _LOOKS + 1):
        within = (account[back:] == account[:-back]) & (day[:-back] > start[back:])
        if not within.any():
            return found
        found[back:] += within
    many = np.flatnonzero(found > _LOOKS)
    after = account[many] * line.clock.days + (start[many] - line.clock.first)
    found[many] = many - np.searchsorted(line.key(day), after, side="right") + 1
    return found


def _leave_cancelled_out(line: Line, rule: Rule, start: Any, slot: Any, counted: Any, touchy: Any) -> None:
    """An order counts no more once its cancellation was received; one received before an email makes it touchy."""
    gone = np.flatnonzero(line.cancelled != NEVER)
    if not gone.size:
        return
    ends = line.start[line.account[gone]] + line.count[line.account[gone]]
    times = ends - gone
    which: Any = np.repeat(gone, times)
    later = which + np.arange(len(which)) - np.repeat(np.cumsum(times) - times, times)
    at = line.cancelled[which]
    within = line.day[which] > start[later]
    if rule.count_scope == "store":
        within &= line.store[which] == line.store[later]
    known = at <= line.now[later]
    np.subtract.at(counted, later[within & known], 1)
    touchy[later[~known & (at <= slot[later])]] = True


def _in_scope(line: Line, rule: Rule, regime: Regime) -> Any:
    orders = line.orders
    found: Any = np.ones(len(line.day), dtype=bool)
    if rule.segments:
        found &= orders.segments.are_among(rule.segments)[line.account]
    if rule.store_ids:
        found &= np.array([store in rule.store_ids for store in orders.store_ids], dtype=bool)[line.store]
    if rule.regions:
        facts = [regime.stores.get(store) for store in orders.store_ids]
        found &= np.array([fact is not None and fact.region in rule.regions for fact in facts], dtype=bool)[line.store]
    return found
