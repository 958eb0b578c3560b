"""Written cases of the rules lived in a real database: orders recorded, cycles advanced, emails sent when due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from surveyor.core.rules import RuleSet, from_plain, globals_from_plain
from surveyor.core.written_cases.agenda import (
    CANCELLATIONS,
    CHOICES,
    LONGEST,
    ORDERS,
    Agenda,
    arrivals,
    instant,
    written,
)
from surveyor.db import cycles, rules
from surveyor.db.base import new_id
from surveyor.db.network import StoreRow, add_names, add_stores
from surveyor.db.tables.decisions import DecisionHistory, DecisionRow
from surveyor.db.tables.emails import Email
from surveyor.db.tables.instance import Instance
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.responses import ResponseRevision
from surveyor.db.tables.suppressions import Preference, Suppression
from surveyor.flows.advance_cycles import advance_cycles
from surveyor.flows.customer_journey import CustomerJourneys
from surveyor.flows.record_orders import record_orders
from surveyor.flows.send_emails import send_emails
from surveyor.ingest.payload import read_event
from surveyor.mail.providers.base import PermanentError
from tests.flows.orders import KEYS, PARIS
from tests.flows.sending import Scripted, mailer

REASONS = {"unsubscribe": "unsubscribed", "complain": "complained", "bounce": "bounced_hard", "block": "manual"}
START = datetime.fromisoformat("2015-01-01T00:00+00:00")


class LivedCase:
    """One case; `run` lives it, `sends` and `lines` say what the database then holds."""

    def __init__(self, sessions: Any, inputs: Mapping[str, Any], document: Mapping[str, Any]) -> None:
        self.sessions, self.inputs, self.document = sessions, inputs, document
        self.globals = globals_from_plain({**document["global_defaults"], **inputs.get("global", {})})
        self.version = 0
        self.versions: dict[int, RuleSet] = {}
        self.now = START
        self.agenda = Agenda(inputs.get("worker_down", ()))
        self.refused = {instant(at) for at in inputs.get("provider_refuses", ())}
        self.customers = {customer["id"]: customer for customer in inputs["customers"]}
        self.publish(inputs["rules"])
        self._open()
        self.mailer = mailer(
            Scripted(on_call=self._answer), journeys=CustomerJourneys(KEYS, PARIS, read=lambda _session: self.rules)
        )

    def run(self) -> None:
        """Live everything: what happens outside at its instants, then whatever is due."""
        queue = sorted(self._outside(), key=lambda entry: entry[:3])
        end = max((entry[0] for entry in queue), default=self.now) + LONGEST
        while True:
            due = self._next_due()
            coming = [at for at in (queue[0][0] if queue else None, due) if at is not None]
            if not coming or min(coming) > end:
                return
            self.now = self.agenda.now = min(coming)
            while queue and queue[0][0] == self.now:
                queue.pop(0)[3]()
            if self.agenda.worked(self.now) == self.now:
                self._work()

    def _work(self) -> None:
        while True:
            done = advance_cycles(self.sessions, keys=KEYS, now=self.now, defaults=PARIS, read=lambda _s: self.rules)
            sent = send_emails(self.sessions, mailer=self.mailer, now=lambda: self.now)
            if not done.looked_at and not sent.claimed:
                return

    def _next_due(self) -> datetime | None:
        with self.sessions.begin() as session:
            email = session.scalar(select(func.min(Email.due_at)).where(Email.state == "pending"))
            reminder = session.scalar(select(func.min(Invitation.reminder_at)).where(Invitation.state == "sent"))
            found = [at for at in (email, reminder, cycles.next_instant(session)) if at is not None]
        return min((self.agenda.worked(at) for at in found), default=None)

    def _outside(self) -> list[tuple[datetime, int, tuple[Any, ...], Any]]:
        found: list[tuple[datetime, int, tuple[Any, ...], Any]] = []
        choice = (CHOICES, ())
        for what, reason in REASONS.items():
            for customer, at in self.inputs.get(what, {}).items():
                found.append((instant(at), *choice, lambda c=customer, r=reason: self.suppress(c, r)))
        for customer, (at, until) in self.inputs.get("pause", {}).items():
            found.append((instant(at), *choice, lambda c=customer, u=until: self.pause(c, u)))
        for customer, (at, months) in self.inputs.get("less_often", {}).items():
            found.append((instant(at), *choice, lambda c=customer, m=months: self.less_often(c, m)))
        for rule, label, at in self.inputs.get("answers", ()):
            found.append((instant(at), *choice, lambda r=rule, n=label: self.answer(r, n)))
        for rule, at in self.inputs.get("disable_rule", {}).items():
            found.append((instant(at), *choice, lambda r=rule: self.disable(r)))
        for at, written_rules in self.inputs.get("publish", ()):
            found.append((instant(at), *choice, lambda r=written_rules: self.publish(r)))
        for n, (at, order) in enumerate(arrivals(self.inputs["orders"])):
            found.append((at, ORDERS, (order["id"],), lambda o=order, k=n: self.order(o, k)))
            if order.get("cancelled_at"):
                found.append((instant(order["cancelled_at"]), CANCELLATIONS, (), lambda o=order: self.cancel(o)))
        return found

    def _open(self) -> None:
        stores = [
            StoreRow(s["id"], s["id"], s["tz"], s.get("region", ""), excluded=s.get("excluded", False))
            for s in self.document["stores"]
        ]
        with self.sessions.begin() as session:
            session.add(Instance(id=1, name="x" * 64, pepper_id=KEYS.newest_id, sending="released"))
            add_names(session, now=START, regions={s.region for s in stores if s.region})
            add_stores(session, stores, day=START.date(), now=START)

    def publish(self, written_rules: Any) -> None:
        read = tuple(from_plain({**self.document["rule_defaults"], **rule}) for rule in written_rules)
        self._in_force(RuleSet(read, self.globals))

    def disable(self, rule_id: str) -> None:
        left = tuple(rule for rule in self.rules[1].rules if rule.id != rule_id)
        self._in_force(replace(self.rules[1], rules=left))

    def _in_force(self, found: RuleSet) -> None:
        """A version row for the ledger; cases are not checked for ranges, so that their rules are handed over."""
        self.version += 1
        text = f"# version {self.version} of a written case"
        with self.sessions.begin() as session:
            over = rules.lock_active(session)
            version = rules.Version(self.version, over, text, rules.sha256(text), "case", "case", self.now)
            rules.publish(session, version, over=over)
        self.rules = (self.version, found)
        self.versions[self.version] = found

    def _key(self, customer: str) -> bytes:
        return KEYS.address_key(self.customers[customer]["email"])

    def suppress(self, customer: str, reason: str, expires: datetime | None = None) -> None:
        with self.sessions.begin() as session:
            session.add(
                Suppression(
                    id=new_id(self.now),
                    address_key=self._key(customer),
                    source="test",
                    reason=reason,
                    created_at=self.now,
                    expires_at=expires,
                )
            )

    def pause(self, customer: str, until: str) -> None:
        self.suppress(customer, "paused", datetime.fromisoformat(until).replace(tzinfo=ZoneInfo("Europe/Paris")))

    def less_often(self, customer: str, months: int) -> None:
        with self.sessions.begin() as session:
            session.add(Preference(address_key=self._key(customer), gap_months=months, chosen_at=self.now))

    def answer(self, rule: str, label: str) -> None:
        with self.sessions.begin() as session:
            found = session.scalars(select(Invitation).where(Invitation.rule_id == rule)).all()
            invitation = next(one for one in found if _label(one) == label)
            session.add(
                ResponseRevision(
                    invitation_id=invitation.id,
                    n=1,
                    page="p",
                    content_sha256=b"x" * 32,
                    score=9,
                    answers={},
                    clean=True,
                    dwell_ms=5000,
                    client_key=b"x" * 32,
                    at=self.now,
                )
            )

    def order(self, order: Mapping[str, Any], number: int) -> None:
        kind = "order.completed" if order.get("fulfilled_at") else "order.placed"
        self._record(order, kind, f"e{number}", history=bool(order.get("history")))

    def cancel(self, order: Mapping[str, Any]) -> None:
        self._record(order, "order.cancelled", f"x{order['id']}")

    def _record(self, order: Mapping[str, Any], kind: str, event_id: str, *, history: bool = False) -> None:
        customer = self.customers[order["customer"]]
        item = {
            "event_id": event_id,
            "type": kind,
            "order_id": order["id"],
            "customer_id": customer["id"],
            "email": customer.get("email"),
            "segment": customer.get("segment"),
            "store_id": order["store"],
            "ordered_at": order["ordered_at"],
            "fulfilled_at": order.get("fulfilled_at"),
        }
        event = read_event({k: v for k, v in item.items() if v}, now=instant("2200-01-01T00:00Z"))
        record_orders(
            self.sessions,
            [event],
            source="case",
            now=self.now,
            keys=KEYS,
            defaults=PARIS,
            history=history,
            read=lambda _session: self.rules,
        )

    def _answer(self, _message: Any) -> None:
        if self.now in self.refused:
            raise PermanentError("550 refused")

    def sends(self) -> list[list[str]]:
        """[rule, label, instant] of every invitation sent, by instant."""
        with self.sessions.begin() as session:
            found = session.scalars(select(Invitation).where(Invitation.state == "sent")).all()
        rows = [[one.rule_id, _label(one), written(one.sent_at)] for one in found if one.sent_at is not None]
        return sorted(rows, key=lambda row: (row[2], row[0], row[1]))

    def read_version(self, _session: Any, number: int) -> RuleSet:
        """The rules of a version: their texts here are no rules."""
        return self.versions[number]

    def decisions(self) -> int:
        """How many decisions stand."""
        with self.sessions.begin() as session:
            return session.scalar(select(func.count()).select_from(DecisionRow)) or 0

    def lines(self) -> Counter[tuple[str | None, ...]]:
        """Decisions (former ones too), ends of invitations and reminders sent; ends have no instant in the database."""
        lines: list[tuple[str | None, ...]] = []
        with self.sessions.begin() as session:
            for table in (DecisionRow, DecisionHistory):
                for row in session.scalars(select(table)).all():
                    label = row.order_id if row.occurrence is None else f"{row.facts['opened_by']}#{row.occurrence}"
                    at = row.planned_at if row.verdict == "SCHEDULED" else row.decided_at
                    lines.append((row.verdict, row.reason, row.rule_id, label, written(at)))
            for one in session.scalars(select(Invitation).where(Invitation.state.in_(("dropped", "failed")))).all():
                what = "FAILED" if one.state == "failed" else "SUPPRESSED"
                lines.append((what, one.reason, one.rule_id, _label(one)))
            reminded = select(Invitation).join(Email, Email.invitation_id == Invitation.id)
            for one in session.scalars(reminded.where(Email.kind == "reminder", Email.state == "sent")).all():
                lines.append(("REMINDED", None, one.rule_id, _label(one)))
        return Counter(lines)


def expected_lines(trace: list[list[str | None]]) -> Counter[tuple[str | None, ...]]:
    """The lines of a written trace that the database keeps, in the form of `LivedCase.lines`."""
    lines: list[tuple[str | None, ...]] = []
    open_ones: set[tuple[str | None, str | None]] = set()
    for what, reason, rule, label, at in trace:
        scheduled = (rule, label)
        if what == "SCHEDULED":
            open_ones.add(scheduled)
            lines.append((what, reason, rule, label, at))
        elif what in ("NOT_ELIGIBLE", "SUPPRESSED") and scheduled not in open_ones:
            lines.append((what, reason, rule, label, at))
        elif what == "SENT":
            open_ones.discard(scheduled)
        elif what in ("SUPPRESSED", "FAILED") and scheduled in open_ones:
            open_ones.discard(scheduled)
            lines.append((what, reason, rule, label))
        elif what == "REMINDED":
            lines.append((what, reason, rule, label))
    return Counter(lines)


def _label(one: Invitation) -> str:
    return one.order_id if one.occurrence is None else f"{one.opened_by}#{one.occurrence}"
