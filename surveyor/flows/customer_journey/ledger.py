"""What a step of journeys did, gathered for a whole batch and written in a constant number of statements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from surveyor.core.decision import Decision
from surveyor.core.history import Cycle
from surveyor.core.journey import (
    CycleEnded,
    CyclePlanned,
    Decided,
    Effect,
    InvitationEnded,
    Invited,
    ReminderPlanned,
)
from surveyor.core.reasons import Reason, Verdict
from surveyor.core.tokens import Keyring
from surveyor.db import cycles, decisions, invitations
from surveyor.db.base import id_stream
from surveyor.db.decisions import Kept
from surveyor.db.tallies import Delta
from surveyor.flows.customer_journey import counting, outbox
from surveyor.flows.customer_journey.load import Loaded
from surveyor.flows.customer_journey.remember import remember
from surveyor.flows.note_fact import Happened, is_heard, note_facts

#: Of an order: (order, rule); of an occurrence: (customer, rule, local date).
_OfOrder = tuple[str, str]
_OfCycle = tuple[UUID, str, date]
#: The decisions made of it in this transaction; the last one stands.
_Made = list[tuple[Decided, Kept]]
#: What verdicts and reasons are called in rows: asking an enum for its value costs more than a dictionary.
_NO = Verdict.SUPPRESSED.value
_WORDS: dict[Verdict | Reason, str] = {word: word.value for of in (Verdict, Reason) for word in of}


@dataclass(slots=True)
class Ledger:
    """Effects of one transaction. `segments`: of orders that came with one; others have their customer's.

    `settled`: keys of invitations whose end somebody else writes (the sending of emails).
    """

    loaded: Loaded
    keys: Keyring
    segments: Mapping[str, str] = field(default_factory=dict)
    settled: frozenset[str] = frozenset()
    on_orders: dict[_OfOrder, _Made] = field(default_factory=dict)
    on_occurrences: dict[_OfCycle, _Made] = field(default_factory=dict)
    invited: dict[str, outbox.Asked] = field(default_factory=dict)
    ended: dict[str, InvitationEnded] = field(default_factory=dict)
    #: Next occurrence of an enrolment: (order that opened it, number, instant); None when none is planned.
    cycles: dict[tuple[UUID, str], tuple[str, int, datetime] | None] = field(default_factory=dict)
    reminders: dict[str, datetime] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    ids: Iterator[UUID] = field(init=False)

    def __post_init__(self) -> None:
        self.ids = id_stream(self.loaded.now)

    def keep(self, customer: str, effects: Iterable[Effect]) -> None:
        """Take note of what happened to the person of this customer."""
        self.touched.update(self.loaded.people[customer].accounts)
        scheduled: dict[tuple[str, str], Kept] = {}
        for effect in effects:
            if isinstance(effect, Decided):
                kept = self._decide(effect)
                if effect.decision.verdict is Verdict.SCHEDULED:
                    scheduled[kept.rule_id, effect.decision.label] = kept
            elif isinstance(effect, Invited):
                one = effect.invitation
                kept = scheduled[one.rule.id, one.label]
                self.invited[one.key] = outbox.Asked(one, kept.day, kept.segment)
                if one.recurring:
                    self.forget_cycle(one.customer_id, one.rule.id)
            elif isinstance(effect, InvitationEnded):
                self.ended[effect.invitation.key] = effect
            elif isinstance(effect, CyclePlanned):
                self.plan_cycle(effect)
            elif isinstance(effect, CycleEnded):
                self.forget_cycle(effect.customer_id, effect.rule_id)
            elif isinstance(effect, ReminderPlanned):
                self.reminders[effect.reminder.key] = effect.reminder.at

    def plan_cycle(self, plan: CyclePlanned) -> None:
        """The next occurrence of an enrolment, or its new instant."""
        self.cycles[self._uuid(plan.customer_id), plan.rule_id] = (plan.opened_by, plan.occurrence, plan.at)

    def look_again(self, customer: str, cycle: Cycle, at: datetime) -> None:
        """An occurrence that is held up."""
        self.cycles[self._uuid(customer), cycle.rule_id] = (cycle.opened_by, cycle.occurrence, at)

    def forget_cycle(self, customer: str, rule_id: str) -> None:
        """No occurrence is planned: the enrolment ended, or its email is under way."""
        self.cycles[self._uuid(customer), rule_id] = None

    def write(self, session: Any) -> list[Delta]:
        """Write everything but tallies; what they change by is returned, to be added last."""
        now = self.loaded.now
        deltas = self._write_ends(session, now)
        deltas += self._write_decisions(session, now)
        deltas += outbox.write(session, self.loaded, self.keys, self.invited, ended=self.ended)
        planned = [(customer, rule, *plan) for (customer, rule), plan in self.cycles.items() if plan is not None]
        cycles.end(session, [key for key, plan in self.cycles.items() if plan is None])
        cycles.plan(session, planned)
        invitations.plan_reminders(session, list(self.reminders.items()))
        remember(session, self.loaded, self.touched)
        return deltas

    def _decide(self, effect: Decided) -> Kept:
        kept = self._kept(effect.decision, effect.cause)
        if kept.occurrence_on is None:
            self.on_orders.setdefault((kept.order_id, kept.rule_id), []).append((effect, kept))
        else:
            key = (kept.customer_id, kept.rule_id, kept.occurrence_on)
            self.on_occurrences.setdefault(key, []).append((effect, kept))
        return kept

    def _kept(self, decision: Decision, cause: str) -> Kept:
        day = date.fromordinal(decision.day)
        on, number = (day, decision.occurrence) if decision.occurrence > 1 else (None, None)
        row = self.loaded.rows[decision.customer_id]
        return Kept(
            next(self.ids),
            row.customer_id,
            decision.order_id,
            on,
            number,
            decision.rule_id,
            decision.version,
            decision.arm,
            _WORDS[decision.verdict],
            _WORDS[decision.reasons[0]] if decision.reasons else None,
            decision.store_id,
            self.segments.get(decision.order_id) or row.segment or self._of_store(decision.store_id),
            day,
            decision.planned_at,
            cause,
            decision.facts(),
            decision.decided_at,
        )

    def _of_store(self, store_id: str) -> str:
        store = self.loaded.terms.stores.get(store_id)
        return store.segment if store else ""

    def _write_ends(self, session: Any, now: datetime) -> list[Delta]:
        elsewhere = self.settled | self.invited.keys()
        found = invitations.standing(session, self.ended.keys() - elsewhere)
        ends = [(row.id, self.ended[key].state, self.ended[key].reason.value) for key, row in found.items()]
        invitations.end(session, ends, now=now)
        return [counting.ended(row, self.ended[key].state, self.ended[key].reason) for key, row in found.items()]

    def _write_decisions(self, session: Any, now: datetime) -> list[Delta]:
        former = decisions.take_out(
            session,
            of_orders=[key for key, made in self.on_orders.items() if made[0][0].replaces],
            of_cycles=list(self.on_occurrences),
        )
        every = [*self.on_orders.values(), *self.on_occurrences.values()]
        passing = [kept for made in every for _, kept in made[:-1]]
        decisions.keep_former(session, [*former, *passing], now=now)
        decisions.insert(session, [made[-1][1] for made in every])
        if is_heard(session, "invitation.suppressed", now=now):
            note_facts(session, [_suppressed(one) for _, one in (m[-1] for m in every) if one.verdict == _NO], now=now)
        versions = invitations.questionnaire_versions(session) if self.invited else {}
        surveys = {(i.rule.id, i.label): i.rule.survey for i in (asked.invitation for asked in self.invited.values())}
        counts = counting.Decisions()
        for row in former:
            counts.add(row, by=-1)
        for made in every:
            decision, kept = made[-1][0].decision, made[-1][1]
            if decision.verdict is Verdict.NOT_ELIGIBLE:
                continue
            survey = surveys.get((decision.rule_id, decision.label), "")
            version = versions.get(survey, 1) if decision.verdict is Verdict.SCHEDULED else 0
            counts.add(kept, questionnaire_version=version)
        return counts.deltas()

    def _uuid(self, customer: str) -> UUID:
        return self.loaded.rows[customer].customer_id


def _suppressed(kept: Kept) -> Happened:
    """A decision not to ask, as webhooks are told of it."""
    told = {
        "store_id": kept.store_id,
        "segment": kept.segment,
        "rule_id": kept.rule_id,
        "rule_version": kept.rule_version,
        "day": kept.day.isoformat(),
        "reason": kept.reason,
        "stage": "decision",
    }
    return Happened("invitation.suppressed", kept.id.hex, kept.decided_at, told, kept.customer_id)
