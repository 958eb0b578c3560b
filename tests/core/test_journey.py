"""Steps of a journey that no written case can say: doubt, evidence, brands, memories, calls that come too early."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from surveyor.core.calendar import iso_day
from surveyor.core.checks import View
from surveyor.core.decide import decide
from surveyor.core.draws import arm_of
from surveyor.core.history import Account, Order, Regime, StoreFacts
from surveyor.core.history_plain import days_to_remember, forget, from_plain, to_plain
from surveyor.core.journey import (
    Acted,
    CycleEnded,
    CyclePlanned,
    Decided,
    Drop,
    Effect,
    Go,
    InvitationEnded,
    Invited,
    Later,
    ReminderPlanned,
    at_sending,
    history_known,
    invitation_dropped,
    invitation_failed,
    invitation_sent,
    occurrence_due,
    order_cancelled,
    order_fulfilled,
    order_known,
    postponed,
    reminder_due,
)
from surveyor.core.person import Person, Suppression, normalised_address
from surveyor.core.reasons import Reason
from surveyor.core.rules import Arm, Experiment, Rule, RuleSet
from surveyor.core.snapshots import rule_of, snapshot

STORES = {
    "S1": StoreFacts("Europe/Paris", "nord", brand="blue"),
    "S2": StoreFacts("Europe/Paris", "sud", brand="red"),
    "RE1": StoreFacts("Indian/Reunion", "outremer"),
}


def regime(*rules: Rule) -> Regime:
    return Regime(RuleSet(rules), STORES, version=3)


def at(month: int, day: int, hour: int = 11, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


def order(order_id: str, instant: datetime, *, store: str = "S1", placed: bool = False) -> Order:
    return Order(order_id, instant, None if placed else instant, store, STORES[store].zone)


def person(*customers: str) -> Person:
    return Person.of(Account(customer) for customer in customers or ("c1",))


def lived(who: Person, given: Regime, *orders: Order, customer: str = "c1") -> list[Effect]:
    effects: list[Effect] = []
    for one in orders:
        effects = order_known(who, customer, order=one, regime=given, now=one.fulfilled_at or one.ordered_at)
    return effects


STANDARD = regime(Rule("std"))
CYCLE = regime(Rule("rec", mode="recurring"))
KEY = "order:std:o2"


def scheduled() -> Person:
    who = person()
    lived(who, STANDARD, order("o1", at(1, 5)), order("o2", at(1, 12)))
    return who


def enrolled() -> Person:
    who = person()
    lived(who, CYCLE, order("o1", at(1, 5)), order("o2", at(1, 12)))
    invitation_sent(who, "order:rec:o2", customer_id="c1", at=at(1, 14, 9), regime=CYCLE)
    return who


def reasons(effects: list[Effect] | tuple[Effect, ...]) -> list[Reason | None]:
    return [effect.decision.reason for effect in effects if isinstance(effect, Decided)]


def test_an_invitation_keeps_what_its_row_needs() -> None:
    effects = lived(person(), STANDARD, order("o1", at(1, 5)), order("o2", at(1, 12)))
    invited = effects[-1]
    assert isinstance(invited, Invited)
    one = invited.invitation
    assert (one.key, one.customer_id, one.version, one.arm, one.label) == (KEY, "c1", 3, None, "o2")
    assert (one.at, iso_day(one.due_day), one.zone, one.counted) == (at(1, 14, 9), "2026-01-14", "Europe/Paris", 2)


def test_an_email_nobody_can_confirm_holds_the_cool_down_from_its_intent() -> None:
    who = scheduled()
    lived(who, STANDARD, order("o3", at(1, 13)))
    effects = invitation_dropped(
        who, KEY, reason=Reason.UNCONFIRMED, regime=STANDARD, now=at(1, 15), asked_at=at(1, 14, 9)
    )
    assert isinstance(effects[0], InvitationEnded)
    assert (effects[0].state, effects[0].reason, effects[0].checked) == ("dropped", Reason.UNCONFIRMED, None)
    assert reasons(effects) == [Reason.COOLDOWN]
    assert who.sent() == [at(1, 14, 9)]


def test_evidence_that_comes_after_the_drop_only_adds_the_instant_once() -> None:
    who = scheduled()
    invitation_dropped(who, KEY, reason=Reason.OPERATOR, regime=STANDARD, now=at(1, 13))
    for _ in range(2):
        assert invitation_sent(who, KEY, customer_id="c1", at=at(1, 14, 9), regime=STANDARD) == []
    assert who.sent() == [at(1, 14, 9)]
    assert invitation_failed(who, KEY, reason=Reason.PROVIDER_REJECTED, regime=STANDARD, now=at(1, 15)) == []


def test_an_invitation_asked_for_too_early_waits_for_its_instant() -> None:
    who = scheduled()
    assert at_sending(who, KEY, regime=STANDARD, now=at(1, 14, 8)) == Later(at(1, 14, 9))
    assert isinstance(at_sending(who, KEY, regime=STANDARD, now=at(1, 14, 9)), Go)
    with pytest.raises(KeyError):
        at_sending(who, "order:std:o1", regime=STANDARD, now=at(1, 14, 9))


def test_an_anchor_that_is_known_no_more_counts_as_cancelled() -> None:
    who = scheduled()
    who.accounts["c1"].orders.clear()
    answer = at_sending(who, KEY, regime=STANDARD, now=at(1, 14, 9))
    assert isinstance(answer, Drop)
    assert answer.reason is Reason.ANCHOR_CANCELLED


def test_orders_that_are_known_or_not_known_change_nothing_twice() -> None:
    who = scheduled()
    again = order("o2", at(1, 12))
    assert order_known(who, "c1", order=again, regime=STANDARD, now=at(1, 13)) == []
    assert history_known(who, "c1", order=again, regime=STANDARD) == []
    assert order_fulfilled(who, "c1", order_id="o2", at=at(1, 13), regime=STANDARD, now=at(1, 13)) == []
    assert order_cancelled(who, "c1", order_id="never", regime=STANDARD, now=at(1, 13)) == []
    with pytest.raises(KeyError):
        order_fulfilled(who, "c1", order_id="never", at=at(1, 13), regime=STANDARD, now=at(1, 13))


def test_an_order_read_again_can_be_completed() -> None:
    who = person()
    placed = order("o1", at(1, 5), placed=True)
    assert lived(who, STANDARD, placed) == []
    who.accounts["c1"].orders.clear()
    for line in who.accounts["c1"].dated.values():
        line.clear()
    who.accounts["c1"].recall([placed, placed])
    effects = order_fulfilled(who, "c1", order_id="o1", at=at(1, 7), regime=STANDARD, now=at(1, 7))
    assert reasons(effects) == [Reason.BELOW_MIN_ORDERS]


def test_a_rule_cannot_decide_on_an_order_without_its_date() -> None:
    who = person()
    view = View(who, who.accounts["c1"], STANDARD)
    with pytest.raises(ValueError, match="has no fulfilled_at yet"):
        decide(Rule("std"), view, order=order("o1", at(1, 5), placed=True), now=at(1, 5))


def test_a_suppression_holds_for_its_brand_and_until_it_expires() -> None:
    who = scheduled()
    who.suppressions = (Suppression(Reason.UNSUBSCRIBED, scope="red"), Suppression(Reason.BLOCKED, at(1, 14, 8)))
    assert isinstance(at_sending(who, KEY, regime=STANDARD, now=at(1, 14, 9)), Go)
    who.suppressions = (Suppression(Reason.UNSUBSCRIBED, scope="blue"), Suppression(Reason.BLOCKED, at(1, 14, 10)))
    answer = at_sending(who, KEY, regime=STANDARD, now=at(1, 14, 9))
    assert isinstance(answer, Drop)
    ended = answer.effects[0]
    assert isinstance(ended, InvitationEnded)
    assert ended.checked is not None
    assert ended.checked.reasons == (Reason.UNSUBSCRIBED, Reason.BLOCKED)


def test_an_occurrence_is_an_invitation_of_its_own_and_its_cycle_waits_for_it() -> None:
    who = enrolled()
    lived(who, CYCLE, order("o3", at(2, 20), store="RE1"))
    assert occurrence_due(who, "c1", rule_id="rec", regime=CYCLE, now=at(3, 14, 5)) == Later(at(3, 14, 6))
    acted = occurrence_due(who, "c1", rule_id="rec", regime=CYCLE, now=at(3, 14, 6))
    assert isinstance(acted, Acted)
    invited = acted.effects[-1]
    assert isinstance(invited, Invited)
    key = invited.invitation.key
    assert key == "recurring:rec:c1:2026-03-14"
    assert (invited.invitation.order_id, invited.invitation.label, invited.invitation.counted) == ("o3", "o2#2", 1)
    with pytest.raises(KeyError):
        occurrence_due(who, "c1", rule_id="rec", regime=CYCLE, now=at(3, 14, 6))
    assert isinstance(at_sending(who, key, regime=CYCLE, now=at(3, 14, 7)), Go)
    planned = invitation_sent(who, key, customer_id="c1", at=at(3, 14, 7), regime=CYCLE)[0]
    assert isinstance(planned, CyclePlanned)
    assert (planned.occurrence, iso_day(planned.due_day)) == (3, "2026-05-14")


def occurring() -> tuple[Person, str]:
    who = enrolled()
    lived(who, CYCLE, order("o3", at(2, 20)))
    occurrence_due(who, "c1", rule_id="rec", regime=CYCLE, now=at(3, 14, 9))
    return who, "recurring:rec:c1:2026-03-14"


def test_an_occurrence_dropped_by_an_operator_goes_on_one_cool_down_later() -> None:
    who, key = occurring()
    effects = invitation_dropped(who, key, reason=Reason.OPERATOR, regime=CYCLE, now=at(3, 14, 10))
    planned = effects[-1]
    assert isinstance(planned, CyclePlanned)
    assert (planned.occurrence, iso_day(planned.due_day)) == (3, "2026-05-14")


def test_an_occurrence_whose_address_is_lost_between_decision_and_sending_ends_its_enrolment() -> None:
    who, key = occurring()
    who.suppressions = (Suppression(Reason.HARD_BOUNCE),)
    answer = at_sending(who, key, regime=CYCLE, now=at(3, 14, 9))
    assert isinstance(answer, Drop)
    assert answer.effects[-1] == CycleEnded("c1", "rec", Reason.HARD_BOUNCE)
    assert who.accounts["c1"].cycles == {}


def test_an_occurrence_replaced_before_it_left_goes_on_one_cool_down_later() -> None:
    who, _ = occurring()
    both = regime(Rule("rec", mode="recurring"), Rule("pri", priority=1, min_orders=1, delay_days=0, cooldown_days=1))
    who.accounts["c1"].sent.clear()
    effects = lived(who, both, order("o4", at(3, 14, 10)))
    kinds = [type(effect).__name__ for effect in effects]
    assert kinds[:4] == ["InvitationEnded", "CyclePlanned", "Decided", "Invited"]
    assert who.accounts["c1"].cycles["rec"].occurrence == 3


def test_a_longer_cool_down_of_another_rule_does_not_move_a_planned_occurrence() -> None:
    who = enrolled()
    before = who.accounts["c1"].cycles["rec"].at
    assert history_known(who, "c1", order=order("h1", at(1, 2)), regime=CYCLE) == []
    assert who.accounts["c1"].cycles["rec"].at == before


def test_a_reminder_waits_for_its_instant_and_is_refused_by_what_is_known_then() -> None:
    rules = regime(Rule("std", reminder_after_days=7))
    who = person()
    lived(who, rules, order("o1", at(1, 5)), order("o2", at(1, 12)))
    effect = invitation_sent(who, KEY, customer_id="c1", at=at(1, 14, 9), regime=rules)[-1]
    assert isinstance(effect, ReminderPlanned)
    reminder, due = effect.reminder, at(1, 21, 9)
    assert reminder.at == due

    def answer(given: Regime = rules, now: datetime = due, **known: bool) -> Go | Later | Drop:
        facts = {"answered": False, "cancelled": False, **known}
        return reminder_due(who, reminder, regime=given, now=now, **facts)

    assert answer(now=due - timedelta(hours=1)) == Later(due)
    assert answer(now=due + timedelta(hours=3)) == Later(at(1, 22, 9))
    assert answer() == Go()
    assert answer(answered=True) == Drop(Reason.ANSWERED)
    assert answer(cancelled=True) == Drop(Reason.ANCHOR_CANCELLED)
    assert answer(given=regime(Rule("std", active=False))) == Drop(Reason.RULE_DISABLED)
    excluded = Regime(RuleSet((Rule("std"),)), {"S1": StoreFacts("Europe/Paris", excluded=True)})
    assert answer(given=excluded) == Drop(Reason.STORE_EXCLUDED)
    who.pause_until = date(2026, 1, 22).toordinal()
    assert answer() == Drop(Reason.PAUSED)
    assert postponed(reminder, at(1, 22, 9)).due_day == reminder.due_day


def test_the_reasons_of_a_reminder_come_in_the_order_of_the_rules() -> None:
    """Everything stands in its way; each time the first reason is taken away the next one is given."""
    rules = regime(Rule("std", reminder_after_days=7))
    who = person()
    lived(who, rules, order("o1", at(1, 5)), order("o2", at(1, 12)))
    effect = invitation_sent(who, KEY, customer_id="c1", at=at(1, 14, 9), regime=rules)[-1]
    assert isinstance(effect, ReminderPlanned)
    late = at(2, 20, 9)
    words = (Reason.UNSUBSCRIBED, Reason.SPAM_COMPLAINT, Reason.HARD_BOUNCE, Reason.BLOCKED)
    who.suppressions = tuple(Suppression(word, None) for word in words)
    who.pause_until = date(2026, 3, 1).toordinal()
    facts = {"answered": True, "cancelled": True}
    state = {"active": False, "excluded": True}

    def reason(when: datetime) -> Reason | None:
        stores = {"S1": StoreFacts("Europe/Paris", excluded=state["excluded"])}
        given = Regime(RuleSet((Rule("std", active=state["active"], reminder_after_days=7),)), stores)
        answer = reminder_due(who, effect.reminder, regime=given, now=when, **facts)
        return answer.reason if isinstance(answer, Drop) else None

    assert reason(late) is Reason.ANSWERED
    facts["answered"] = False
    assert reason(late) is Reason.RULE_DISABLED
    state["active"] = True
    assert reason(late) in words
    who.suppressions = ()
    assert reason(late) is Reason.PAUSED
    who.pause_until = None
    assert reason(late) is Reason.STORE_EXCLUDED
    state["excluded"] = False
    assert reason(late) is Reason.ANCHOR_CANCELLED
    facts["cancelled"] = False
    assert reason(late) is Reason.EXPIRED
    assert reason(at(1, 21, 9)) is None
    patient = replace(effect.reminder, rule=replace(effect.reminder.rule, max_late_days=60))
    answer = reminder_due(who, patient, regime=rules, now=late, answered=False, cancelled=False)
    assert answer == Drop(Reason.LINK_EXPIRED)


def test_what_waits_for_a_rule_or_an_order_that_is_gone_stays_as_it_is() -> None:
    two = regime(Rule("hi", priority=1), Rule("std"))
    who = person()
    lived(who, two, order("o1", at(1, 5)), order("o2", at(1, 12)))
    effects = invitation_failed(
        who, "order:hi:o2", reason=Reason.PROVIDER_REJECTED, regime=regime(Rule("hi", priority=1)), now=at(1, 14, 9)
    )
    assert reasons(effects) == []
    assert isinstance(effects[0], InvitationEnded)
    assert effects[0].state == "failed"


def test_a_memory_is_small_and_comes_back_from_json() -> None:
    who, _ = occurring()
    account = who.accounts["c1"]
    plain = to_plain(account)
    text = json.dumps(plain, separators=(",", ":"))
    assert len(text) < 700
    assert to_plain(from_plain("c1", json.loads(text))) == plain
    assert to_plain(Account("c1")) == {"v": 2}
    fraction = at(1, 14, 9) + timedelta(microseconds=123457)
    account.sent.append(fraction)
    assert from_plain("c1", to_plain(account)).sent[-1] == fraction


def test_a_memory_forgets_old_orders_but_what_is_waited_for() -> None:
    who = scheduled()
    account = who.accounts["c1"]
    account.sent = [at(1, 1, year=2024), at(1, 1, year=2025), at(1, 14, 9)]
    account.add(order("old", at(6, 1, year=2025)))
    forget(account, before=date(2026, 2, 1).toordinal())
    assert list(account.orders) == ["o2"]
    assert [one.id for one in account.dated["fulfilled_at"]] == ["o2"]
    assert account.sent == [at(1, 14, 9)]
    assert days_to_remember(STANDARD) == 62 + 2 + 7 + 3 + 30


def test_its_length_does_not_grow_with_the_history() -> None:
    sizes = []
    for count in (30, 300):
        who = person()
        for n in range(count):
            when = at(1, 5) + timedelta(days=3 * n)
            lived(who, STANDARD, order(f"o{n:04}", when))
            account = who.accounts["c1"]
            for invitation in list(who.open_invitations()):
                if invitation.at <= when + timedelta(days=3):
                    invitation_sent(who, invitation.key, customer_id="c1", at=invitation.at, regime=STANDARD)
            forget(account, before=account.orders[f"o{n:04}"].ordered_day - days_to_remember(STANDARD))
        sizes.append(len(json.dumps(to_plain(account))))
    assert sizes[1] < sizes[0] * 1.3


def test_a_snapshot_keeps_only_what_differs_from_the_defaults() -> None:
    for rule in (Rule("a"), Rule("b", window_days=10, cooldown_days=20), Rule("c", send_days=("mon",), name="C")):
        assert rule_of(json.loads(json.dumps(snapshot(rule)))) == rule
    assert snapshot(Rule("a", name="A")) == {"id": "a", "name": "A"}


def test_arms_share_customers_by_weight() -> None:
    arms = (Arm("a", 3), Arm("b", 1, {"delay_days": 5}))
    rule = Rule("std", experiment=Experiment("delay", date(2026, 1, 1), date(2026, 6, 30), arms))
    names = [arm_of(rule, f"c{n}", at(3, 1).toordinal()) for n in range(2000)]
    share = sum(1 for arm in names if arm is not None and arm.name == "a") / 2000
    assert 0.71 < share < 0.79
    assert arm_of(rule, "c1", at(7, 1).toordinal()) is None
    assert days_to_remember(regime(rule)) == 62 + 5 + 7 + 3 + 30


def test_addresses_are_compared_trimmed_and_in_lower_case() -> None:
    assert normalised_address(" Ana@Example.ORG") == normalised_address("ana@example.org ") == "ana@example.org"
    assert normalised_address(None) == ""
