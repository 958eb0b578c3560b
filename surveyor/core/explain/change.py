"""One thing that was different at the moment of a decision, and the moment with it: what `decide` is asked again of.

A moment is that of an order (`Moment`) or of an occurrence of a cycle (`Occasion`): both are changed the same way.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, replace
from math import nextafter

from surveyor.core.checks import View
from surveyor.core.decision import Decision
from surveyor.core.explain.moments import Moment
from surveyor.core.explain.occasions import Occasion
from surveyor.core.reasons import Reason


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was different. n: so many orders, or days. first, last: days (ordinals). order_id: of which order.

    code: `orders` (n more, dated from first to last), `later` and `sooner` (this order n days away, on `first`), `kept`
    (order_id not cancelled), `known` (heard of n days earlier), `address`, `allowed` (without `reason`), `store`,
    `unpaused`, `scope`, `free` (no other email planned), `cycle`, `held`, `drawn` (a rate over `rate`), `fewer` (n
    orders less), `none` (no order from first to last: n less). Of an occurrence `later` and `known` are about the day
    on which it was looked at.
    """

    code: str
    n: int = 0
    first: int | None = None
    last: int | None = None
    order_id: str = ""
    reason: Reason | None = None
    rate: float | None = None


#: Changes that are needed together, in the order in which they are said.
Changes = tuple[Change, ...]
Either = Moment | Occasion


def changed(moment: Either, changes: Changes) -> Decision:
    """What `decide` says of the moment with these changes; the moment itself stays as it is."""
    for change in changes:
        moment = APPLIED[change.code](moment.copied(), change)
    return moment.decide()


def _apply_orders(moment: Either, change: Change) -> Either:
    return moment.with_orders(change.n)


def _apply_kept(moment: Either, change: Change) -> Either:
    moment.view.account.orders[change.order_id].cancelled = False
    return moment


def _apply_fewer(moment: Either, change: Change) -> Either:
    for order_id in moment.decide().order_ids[: change.n]:
        moment.view.account.orders[order_id].cancelled = True
    return moment


def _apply_allowed(moment: Either, change: Change) -> Either:
    person = moment.view.person
    person.suppressions = tuple(one for one in person.suppressions if one.reason is not change.reason)
    return moment


def _apply_address(moment: Either, _change: Change) -> Either:
    moment.view.account.email_known = True
    return moment


def _apply_store(moment: Either, _change: Change) -> Either:
    regime = copy(moment.view.regime)
    regime.excluded = regime.excluded - {moment.store_id}
    return moment.under(View(moment.view.person, moment.view.account, regime))


def _apply_unpaused(moment: Either, _change: Change) -> Either:
    moment.view.person.pause_until = None
    return moment


def _apply_free(moment: Either, _change: Change) -> Either:
    for account in moment.view.person.accounts.values():
        account.open = None
    return moment


def _apply_cycle(moment: Either, _change: Change) -> Either:
    moment.view.account.cycles.pop(moment.rule.id, None)
    return moment


def _ruled(**values: object) -> Callable[[Either, Change], Either]:
    return lambda moment, _change: replace(moment, rule=replace(moment.rule, **values))  # type: ignore[arg-type]


def _apply_drawn(moment: Either, change: Change) -> Either:
    rate = min(1.0, nextafter(change.rate or 0.0, 1.0))
    return replace(moment, rule=replace(moment.rule, sampling_rate=rate))


APPLIED: dict[str, Callable[[Either, Change], Either]] = {
    "orders": _apply_orders,
    "later": lambda moment, change: moment.later(change.n),
    "sooner": lambda moment, change: moment.later(-change.n),
    "known": lambda moment, change: moment.known(change.n),
    "kept": _apply_kept,
    "fewer": _apply_fewer,
    "none": _apply_fewer,
    "allowed": _apply_allowed,
    "address": _apply_address,
    "store": _apply_store,
    "unpaused": _apply_unpaused,
    "scope": _ruled(segments=(), store_ids=(), regions=()),
    "free": _apply_free,
    "cycle": _apply_cycle,
    "held": _ruled(holdout_rate=0.0),
    "drawn": _apply_drawn,
}
