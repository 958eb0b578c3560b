"""The rounds: the k-th order of all customers at once, with what was sent to each so far; mode "order"."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from surveyor.core.draws import holdout_draw, sampling_draw
from surveyor.core.history import Regime
from surveyor.core.reasons import Reason
from surveyor.vector.prepared import Line, Sight

_NONE = np.iinfo(np.int64).max
_YEAR = 365


@dataclass(slots=True)
class Outcome:
    """What was decided: for each rule, the first reason of each order of the line (a place in `REASONS`).

    `sent`: (order, rule) by round; `superseded`: accounts whose open invitation was replaced. `left`: accounts in which
    something happened that only `decide` knows.
    """

    answers: list[Any]
    sent: list[tuple[Any, Any]] = field(default_factory=list)
    superseded: list[Any] = field(default_factory=list)
    left: Any = None


REASONS: tuple[str, ...] = (
    "SCHEDULED",
    Reason.OUT_OF_SCOPE,
    Reason.ORDER_CANCELLED,
    Reason.BELOW_MIN_ORDERS,
    Reason.LOWER_PRIORITY,
    Reason.STORE_EXCLUDED,
    Reason.EXPIRED,
    Reason.COOLDOWN,
    Reason.ANNUAL_CAP,
    Reason.OPEN_SOLICITATION,
    Reason.SAMPLING_HOLD,
    Reason.HOLDOUT,
    Reason.SAMPLED_OUT,
)
_CODE = {reason: code for code, reason in enumerate(REASONS)}


class Rounds:
    """The state of every account, moved from order to order. Accounts are numbers, so are orders of the line."""

    def __init__(self, line: Line, sights: list[Sight], regime: Regime) -> None:
        self.line, self.sights, self.regime = line, sights, regime
        accounts = len(line.orders.accounts)
        self.open_at: Any = np.full(accounts, _NONE, dtype=np.int64)
        self.open_order: Any = np.zeros(accounts, dtype=np.int64)
        self.open_rule: Any = np.zeros(accounts, dtype=np.int64)
        self.priority = np.array([sight.rule.priority for sight in sights], dtype=np.int64)
        self.last: Any = np.full(accounts, -1, dtype=np.int64)  # the order whose email was SENT last
        self.last_at: Any = np.zeros(accounts, dtype=np.int64)
        self.last_day: Any = np.zeros(accounts, dtype=np.int64)
        self.hold: Any = [np.zeros(accounts, dtype=np.int64) if _draws(sight) else None for sight in sights]
        most = max((sight.rule.cap_per_365d or 0 for sight in sights), default=0)
        self.emails: Any = np.full((accounts, most), -_NONE, dtype=np.int64)  # instants, latest first
        #: What an order is refused for whatever was sent, from the last reason to the first.
        self.masks = [
            [
                (mask, reason)
                for mask, reason in ((sight.expired, Reason.EXPIRED), (sight.excluded, Reason.STORE_EXCLUDED))
                if mask.any()
            ]
            for sight in sights
        ]
        self.found = Outcome([_settled(sight) for sight in sights], left=np.zeros(accounts, dtype=bool))

    def live(self) -> Outcome:
        """All the orders that a rule may answer with an email, then what is still open is sent."""
        line = self.line
        asked = np.flatnonzero(np.logical_or.reduce([answers == 0 for answers in self.found.answers]))
        account = line.account[asked]
        counts = np.bincount(account, minlength=len(line.orders.accounts))
        starts = np.cumsum(counts) - counts
        by_count = np.argsort(-counts, kind="stable")
        descending = -counts[by_count]
        done = 0
        for k in range(int(counts.max(initial=0))):
            who = by_count[: np.searchsorted(descending, -k, side="left")]
            self._round(who, asked[starts[who] + k])
            done += len(who)
            line.told(done / len(asked))
        self._send(np.flatnonzero(self.open_at != _NONE))
        return self.found

    def _round(self, who: Any, order: Any) -> None:
        """One order of each of these accounts."""
        gone = who[self.open_at[who] < self.line.now[order]]
        if gone.size:
            self._send(gone)
        for number in range(len(self.sights)):
            answers = self.found.answers[number]
            if len(self.sights) == 1:
                self._decide(number, who, order)
            else:
                asked = answers[order] == 0
                if asked.any():
                    self._decide(number, who[asked], order[asked])

    def _send(self, who: Any) -> None:
        """Their open invitations are SENT, at their slot."""
        order, rule, at = self.open_order[who], self.open_rule[who], self.open_at[who]
        self.found.sent.append((order, rule))
        self.open_at[who] = _NONE
        self.last[who], self.last_at[who] = order, at
        for number, sight in enumerate(self.sights):
            mine = slice(None) if len(self.sights) == 1 else rule == number
            self.last_day[who[mine]] = sight.day[order[mine]]
        if self.emails.shape[1]:
            self.emails[who, 1:] = self.emails[who, :-1]
            self.emails[who, 0] = at

    def _decide(self, number: int, who: Any, order: Any) -> None:
        """The first reason of each, and what it changes."""
        sight, line = self.sights[number], self.line
        rule, day = sight.rule, sight.day[order]
        answer: Any = np.zeros(len(who), dtype=np.int8)
        mailed = self.last[who] >= 0
        last_day = self._last_day(who, order, mailed)
        # From the last reason to the first: each takes the place of those after it.
        blocked = self.open_at[who] != _NONE
        if len(self.sights) > 1:
            blocked &= self.priority[self.open_rule[who]] <= rule.priority
        if blocked.any():
            self._put(answer, blocked, Reason.OPEN_SOLICITATION)
        if rule.cap_per_365d is not None:
            self._put(answer, self._capped(rule.cap_per_365d, who, order, day), Reason.ANNUAL_CAP)
        early = mailed & (day < sight.ends[last_day - line.clock.first])
        self._put(answer, early, Reason.COOLDOWN)
        for mask, reason in self.masks[number]:
            self._put(answer, mask[order], reason)
        if len(self.sights) > 1:
            self._put(answer, blocked & (self.open_order[who] == order), Reason.LOWER_PRIORITY)
        if rule.consume_orders:  # before all the others
            self._put(answer, self._below_after(sight, order, last_day, mailed), Reason.BELOW_MIN_ORDERS)
        if _draws(sight):
            self._draw(number, who, order, answer)
        chosen = np.flatnonzero(answer == 0)
        self.found.answers[number][order] = answer
        if chosen.size:
            self._schedule(number, who[chosen], order[chosen])

    @staticmethod
    def _put(answer: Any, mask: Any, reason: Reason) -> None:
        answer[mask] = _CODE[reason]

    def _last_day(self, who: Any, order: Any, mailed: Any) -> Any:
        """The local date of the last SENT, in the zone of the order decided upon; the clock's first where none."""
        line = self.line
        last = np.where(mailed, self.last_day[who], line.clock.first)
        if len(line.orders.zones) == 1:
            return last
        elsewhere = np.flatnonzero(mailed & (line.zone[self.last[who]] != line.zone[order]))
        if elsewhere.size:
            last[elsewhere] = line.clock.local_day(self.last_at[who[elsewhere]], line.zone[order[elsewhere]])
        return last

    def _below_after(self, sight: Sight, order: Any, last_day: Any, mailed: Any) -> Any:
        """consume_orders: only orders dated after the last SENT count."""
        line = self.line
        after = np.where(mailed, np.maximum(sight.after[order], last_day), sight.after[order])
        base, days = line.account[order] * line.clock.days, line.clock
        first = np.searchsorted(self._keys(), base + after - days.first, side="right")
        found = np.maximum(order - first + 1, 0)
        sight.counted[order] = found
        return found < sight.rule.min_orders

    def _keys(self) -> Any:
        if self._key is None:
            self._key = self.line.key(self.line.day)
        return self._key

    _key: Any = None

    def _capped(self, cap: int, who: Any, order: Any, day: Any) -> Any:
        """Whether `cap` emails were SENT in (day - 365 days, day]."""
        at = self.emails[who, cap - 1]
        found = np.flatnonzero(at != -_NONE)
        capped: Any = np.zeros(len(who), dtype=bool)
        if found.size:
            local = self.line.clock.local_day(at[found], self.line.zone[order[found]])
            capped[found] = local > day[found] - _YEAR
        return capped

    def _draw(self, number: int, who: Any, order: Any, answer: Any) -> None:
        """The first of: a hold, the holdout, the sampling; where nothing else refuses."""
        sight, line, hold = self.sights[number], self.line, self.hold[number]
        assert hold is not None
        free = np.flatnonzero(answer == 0)
        held = sight.day[order[free]] < hold[who[free]]
        answer[free[held]] = _CODE[Reason.SAMPLING_HOLD]
        rule, salt, orders = sight.rule, self.regime.globals.holdout_salt, line.orders
        for n in free[~held].tolist():
            customer = orders.accounts[who[n]]
            if rule.holdout_rate and holdout_draw(salt, customer) < rule.holdout_rate:
                answer[n] = _CODE[Reason.HOLDOUT]
                continue
            occasion = orders.order_ids[line.place[order[n]]]
            if rule.sampling_rate < 1 and sampling_draw(rule, customer, occasion) >= rule.sampling_rate:
                answer[n] = _CODE[Reason.SAMPLED_OUT]
        drawn = (answer == _CODE[Reason.HOLDOUT]) | (answer == _CODE[Reason.SAMPLED_OUT])
        hold[who[drawn]] = sight.ends[sight.day[order[drawn]] - line.clock.first]

    def _schedule(self, number: int, who: Any, order: Any) -> None:
        sight = self.sights[number]
        replaced = self.open_at[who] != _NONE
        if replaced.any():
            self.found.superseded.append(who[replaced])
        self.found.left[who[sight.touchy[order]]] = True
        self.open_at[who] = sight.slot[order]
        self.open_order[who], self.open_rule[who] = order, number


def _draws(sight: Sight) -> bool:
    return bool(sight.rule.holdout_rate) or sight.rule.sampling_rate < 1


def _settled(sight: Sight) -> Any:
    """The answers that depend on nothing that was sent; 0 where one must look."""
    found: Any = np.zeros(len(sight.day), dtype=np.int8)
    found[sight.below] = _CODE[Reason.BELOW_MIN_ORDERS]
    found[sight.cancelled] = _CODE[Reason.ORDER_CANCELLED]
    found[sight.out_of_scope] = _CODE[Reason.OUT_OF_SCOPE]
    return found
