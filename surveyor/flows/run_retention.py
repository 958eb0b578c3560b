"""Let go of what the line has kept for long enough: class by class, in small transactions, counts unchanged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from surveyor.core.retention import PERIODS
from surveyor.db import erasures, forget, persons, retention, reviews, store_access
from surveyor.flows.again import again
from surveyor.flows.erase_customer.job import forgetful, free_texts
from surveyor.mail.providers.outbox.folder import Outbox

BATCH = 500
PEOPLE = 100
#: How the name of a customer begins whose time was over: an order that comes later is a new customer's.
GONE = "gone-"


@dataclass(frozen=True, slots=True)
class Retention:
    """How many rows and files of each class were over; dry: they are all still there."""

    counts: Mapping[str, int]
    dry: bool = False

    @property
    def total(self) -> int:
        """All classes together."""
        return sum(self.counts.values())


def run_retention(sessions: Any, *, outbox: Path | None, now: datetime, dry: bool = False) -> Retention:
    """Look at every class of core/retention; killed anywhere, the next run goes on. The audit chain is never cut.

    outbox: the folder of emails that are files. dry: count only.
    """
    found = {}
    for name, period in PERIODS.items():
        before = period.before(now)
        if name == "outbox_files":
            found[name] = 0 if outbox is None else Outbox(outbox).expire(before, dry=dry)
        elif name == "sign_in_days":
            found[name] = _sign_ins(sessions, before.date(), dry=dry)
        elif dry:
            with sessions() as session:
                found[name] = retention.count(session, name, before)
        else:
            found[name] = _let_go(sessions, name, before, now)
    return Retention(found, dry)


def _sign_ins(sessions: Any, before: date, *, dry: bool) -> int:
    """Days on which staff came in: what ADO-01 compares over a year."""
    with sessions.begin() as session:
        return store_access.count_days(session, before) if dry else store_access.forget_days(session, before)


def _let_go(sessions: Any, name: str, before: datetime, now: datetime) -> int:
    total = 0
    while True:
        gone = again(lambda: _some(sessions, name, before, now))
        if not gone:
            return total
        total += gone


def _some(sessions: Any, name: str, before: datetime, now: datetime) -> int:
    with sessions.begin() as session:
        keys = retention.some(session, name, before, limit=PEOPLE if name == "identities" else BATCH)
        if not keys:
            return 0
        if name == "identities":
            return _identities(session, keys, now)
        if name == "comments":
            return forget.empty_words(session, keys, free_texts(session), before=before)
        return retention.cut(session, name, before, keys)


def _identities(session: Any, keys: list[UUID], now: datetime) -> int:
    """Empty identities as an erasure does; nobody asked for it, so nothing is opposed and nothing is remembered."""
    accounts = retention.accounts_of(session, keys)
    addresses = {key for _, key in accounts.values() if key is not None}
    states = persons.lock(session, customer_ids=list(accounts), address_keys=addresses)
    names = {customer: (old, GONE + customer.hex) for customer, (old, _) in accounts.items()}
    who = [forget.person(session, customer, None) for customer in accounts]
    invitations = [one for person in who for one in person.invitations]
    forget.empty_words(session, invitations, free_texts(session))
    reviews.forget(session, invitations)
    for person in who:
        forget.empty_reports(session, person.emails, person.traces)
        forget.empty_notes(session, person.traces)
    forget.empty_orders(session, accounts)
    forget.empty_imported(session, accounts)
    forget.empty_cases(session, accounts)
    erasures.revoke_links(session, list(accounts), now=now)
    forget.rename(session, names)
    by_name = dict(names.values())
    rows = [
        (row.customer_id, forgetful(row, names[row.customer_id], by_name))
        for row in states
        if row.customer_id in names and row.state
    ]
    persons.save_states(session, rows, now=now)
    emptied = forget.empty_identity(session, {key: new for key, (_, new) in names.items()}, now=now)
    retention.let_go_of_addresses(session, list(accounts))
    return emptied
