"""The questions a decision asks of a person's memory, one function each: scope, count, opposition, pressure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from surveyor.core.calendar import add_months, local_day
from surveyor.core.draws import arm_of
from surveyor.core.history import Account, Invitation, Order, Regime, day_of
from surveyor.core.person import Person
from surveyor.core.reasons import Reason
from surveyor.core.rules import GlobalRules, Rule

YEAR = 365
MOST_IDS = 50
#: Local dates may run against instants by two days at most, between Kiribati and Niue.
ZONE_SLACK = 2


@dataclass(slots=True)
class View:
    """Who is decided upon: one account of a person, under the rules and stores in force."""

    person: Person
    account: Account
    regime: Regime


#: Last SENT date, first day over the cool-down, SENT in (day - 365, day]: what was sent, seen from a day at a store.
Pressure = tuple[int | None, int | None, int]
NO_PRESSURE: Pressure = (None, None, 0)


def rule_lived(rule: Rule, customer_id: str, day: int) -> tuple[Rule, str | None]:
    """The rule with the keys of this customer's arm over it when its experiment covers `day`, and the arm's name."""
    if rule.experiment is None:
        return rule, None
    arm = arm_of(rule, customer_id, day)
    return (rule, None) if arm is None else (rule.with_arm(arm), arm.name)


def in_scope(rule: Rule, view: View, store_id: str) -> bool:
    """Whether the deciding order's store and customer are those the rule looks at; every list given must match."""
    if not (rule.segments or rule.store_ids or rule.regions):
        return True
    if rule.segments and view.account.segment not in rule.segments:
        return False
    if rule.store_ids and store_id not in rule.store_ids:
        return False
    store = view.regime.stores.get(store_id)
    return not rule.regions or (store is not None and store.region in rule.regions)


def is_excluded(view: View, store_id: str) -> bool:
    """Whether this store is left out of surveys."""
    return store_id in view.regime.excluded


def window_start(rule: Rule, day: int) -> int:
    """The day before the first of the window (start, day]."""
    return day - rule.window_days if rule.window_days is not None else add_months(day, -(rule.window_months or 0))


def counted(account: Account, rule: Rule, order: Order, *, after: int | None) -> tuple[int, list[str]]:
    """The start of the window of `order` and the ids of the orders in it, oldest first, the deciding one included.

    Counted: not cancelled, not later than `order` in the order of orders, dated in its window (`consume_orders`: and
    after the day `after` of the last SENT), at its store when `count_scope` says so.
    """
    by_fulfilment = rule.basis == "fulfilled_at"
    line, day = account.dated[rule.basis], order.fulfilled_day if by_fulfilment else order.ordered_day
    assert day is not None
    start = first = window_start(rule, day)
    if after is not None and rule.consume_orders and after > first:
        first = after
    store = order.store_id if rule.count_scope == "store" else None
    found: list[str] = []
    for other in reversed(line) if line[-1] is order else _not_later(line, order):
        dated = (other.fulfilled_day or 0) if by_fulfilment else other.ordered_day
        if dated <= first:
            if dated + ZONE_SLACK <= first:
                break
        elif dated <= day and not other.cancelled and (store is None or other.store_id == store):
            found.append(other.id)
    found.reverse()
    return start, found


def _not_later(line: list[Order], order: Order) -> Iterator[Order]:
    """The orders of a line up to this one, latest first."""
    return islice(reversed(line), len(line) - 1 - line.index(order), None)


def orders_between(account: Account, basis: str, *, after: int, until: int) -> list[str]:
    """Ids of the qualifying orders dated in (after, until], oldest first, all stores."""
    found = []
    for order in reversed(account.dated[basis]):
        dated = day_of(order, basis)
        assert dated is not None
        if dated + ZONE_SLACK <= after:
            break
        if after < dated <= until and not order.cancelled:
            found.append(order.id)
    found.reverse()
    return found


def is_idle(account: Account, rule: Rule, day: int) -> bool:
    """No qualifying order dated in (day - idle_months, day]; never with idle_months = 0."""
    if not rule.idle_months:
        return False
    after = add_months(day, -rule.idle_months)
    by_fulfilment = rule.basis == "fulfilled_at"
    for order in reversed(account.dated[rule.basis]):
        dated = order.fulfilled_day if by_fulfilment else order.ordered_day
        assert dated is not None
        if after < dated <= day and not order.cancelled:
            return False
        if dated + ZONE_SLACK <= after:
            break
    return True


ADDRESS_REASONS = (Reason.UNSUBSCRIBED, Reason.SPAM_COMPLAINT, Reason.HARD_BOUNCE, Reason.BLOCKED)


def address_reasons(view: View, store_id: str, now: datetime) -> list[Reason]:
    """Why nothing is written to this address, in the order of rules.md, 5."""
    if not view.account.email_known:
        found = [Reason.NO_EMAIL]
    elif not view.person.suppressions:
        return []
    else:
        found = []
    store = view.regime.stores.get(store_id)
    scopes = ("all", store.brand) if store is not None else ("all",)
    in_force = {
        suppression.reason
        for suppression in view.person.suppressions
        if suppression.scope in scopes and (suppression.expires_at is None or suppression.expires_at > now)
    }
    return found + [reason for reason in ADDRESS_REASONS if reason in in_force]


def is_paused(person: Person, day: int) -> bool:
    """Whether the pause that the person chose covers `day`."""
    return person.pause_until is not None and day < person.pause_until


def cooldown_end(rule: Rule, start: int, *, above: GlobalRules, gap_months: int | None) -> int:
    """The first day allowed after an email of day `start`: rule's cool-down, floor and "less often", the latest."""
    if rule.cooldown_days is not None:
        end = start + rule.cooldown_days
    else:
        end = add_months(start, rule.cooldown_months or 0)
    floor = start + above.floor_days
    if floor > end:
        end = floor
    return end if gap_months is None else max(end, add_months(start, gap_months))


def pressure(rule: Rule, view: View, *, day: int, zone: str) -> Pressure:
    """What the emails of all rules to this person forbid on `day`; dates of SENT are those of `zone`."""
    person = view.person
    sent = view.account.sent if len(person.accounts) == 1 else person.sent()
    if not sent:
        return NO_PRESSURE
    last = local_day(sent[-1], zone)
    end = cooldown_end(rule, last, above=view.regime.globals, gap_months=person.gap_months)
    if last <= day and local_day(sent[0], zone) > day - YEAR:
        return last, end, len(sent)
    return last, end, sent_in_year(sent, day, zone)


def sent_in_year(sent: Sequence[datetime], day: int, zone: str) -> int:
    """SENT (oldest first) with a local date in (day - 365, day]."""
    count, first = 0, day - YEAR + 1
    for at in reversed(sent):
        dated = local_day(at, zone)
        if first <= dated <= day:
            count += 1
        elif dated + ZONE_SLACK < first:
            break
    return count


def stronger_open(view: View, priority: int) -> Invitation | None:
    """An open invitation of this person with the same or a smaller priority number."""
    for account in view.person.accounts.values():
        invitation = account.open
        if invitation is not None and invitation.rule.priority <= priority:
            return invitation
    return None
