"""Put the reports that are due into the outbox: one email a recipient, scope and period, for ever, whoever asks twice.

What an email says is made when it leaves (`flows/write_report`), for what its reader may see then. A report that was
due while nobody looked for a day is not queued any more; one that waits longer than that expires in the line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from surveyor.core.emails import domain_group, policy
from surveyor.core.periods import Period
from surveyor.core.reports.editions import (
    BY_DEFAULT,
    EDITION_OF_ROLE,
    KINDS,
    Due,
    Kind,
    dedupe_key,
    due,
    read_key,
)
from surveyor.core.scope import Reach, Scope, narrow
from surveyor.core.tokens import AddressError, Keyring, Purpose, digest
from surveyor.db import account_emails, reports, stores, tallies, users
from surveyor.db.base import new_id
from surveyor.db.reports import Chosen
from surveyor.faults import fault
from surveyor.flows.again import again

#: After so many reports in a row with nothing to say an express stops until there is something.
QUIET_AT_MOST = 4


@dataclass(frozen=True, slots=True)
class Subscription:
    """A report that somebody gets. scope: what they asked for, "" for all that they may see; chosen: not by default."""

    account: users.Account
    kind: Kind
    edition: str
    scope: str
    chosen: bool

    @property
    def reach(self) -> Reach:
        """What of it this person may see now; empty when nothing is left."""
        return narrow(Scope.parse(self.scope), self.account.reach) if self.scope else self.account.reach


def queue_reports(sessions: Any, *, keys: Keyring, zone: str, now: datetime) -> int:
    """Queue what is due and not queued yet; how many emails. zone: of people who read more than one store."""
    with sessions() as session:
        if not any(_waiting(session, zone, now)):
            return 0

    def once() -> int:
        with sessions.begin() as session:
            wanted = list(_waiting(session, zone, now))
            for subscription, one in wanted:
                _queue(session, subscription, one, keys, now)
                fault("report.in_tx")
            return len(wanted)

    queued = again(once)
    fault("report.committed")
    return queued


def subscriptions(session: Any) -> list[Subscription]:
    """Every report that somebody with an open account gets, by kind."""
    found: dict[UUID, list[Chosen]] = {}
    for one in reports.choices(session):
        found.setdefault(one.user_id, []).append(one)
    people = [account for account in users.everybody(session) if account.active]
    return [one for kind in KINDS for account in people for one in of(account, kind, found.get(account.id, ()))]


def of(account: users.Account, kind: Kind, chosen: Sequence[Chosen]) -> Iterator[Subscription]:
    """What one person gets of a kind: what was chosen, else what their role says."""
    mine = [one for one in chosen if one.kind == kind]
    for one in mine:
        if one.active:
            yield Subscription(account, kind, one.edition, one.scope, True)
    if account.role in BY_DEFAULT[kind] and not any(one.scope == "" for one in mine):
        yield Subscription(account, kind, EDITION_OF_ROLE[account.role], "", False)


def _waiting(session: Any, zone: str, now: datetime) -> Iterator[tuple[Subscription, Due]]:
    """What is due now and has no email yet."""
    if not any(_may_be_due(kind, now) for kind in KINDS):
        return
    zones = stores.zones(session)
    known: dict[tuple[str, str], set[str]] = {}
    for one in subscriptions(session):
        reach = one.reach
        at = due(one.kind, now, _zone_of(reach, zones, zone))
        if not at.at <= now < at.expires or not reach:
            continue
        key = (one.kind, at.period)
        if key not in known:
            known[key] = reports.queued(session, *key)
        if key_of(one, at) not in known[key] and not _paused(session, one, at, now):
            yield one, at


def _may_be_due(kind: Kind, now: datetime) -> bool:
    """Whether a report may be due anywhere on earth: at all other times nothing is read."""
    return any(
        one.at <= now < one.expires
        for one in (due(kind, now, zone) for zone in ("Pacific/Kiritimati", "UTC", "Pacific/Pago_Pago"))
    )


def _zone_of(reach: Reach, zones: Mapping[str, str], default: str) -> str:
    """The zone of somebody with one store, that of the installation for others."""
    if len(reach) == 1 and len(reach[0].stores) == 1:
        return zones.get(reach[0].stores[0]) or default
    return default


def key_of(subscription: Subscription, at: Due) -> str:
    """What the email of a subscription and a period is unique by."""
    return dedupe_key(subscription.kind, at.period, subscription.account.id.hex, subscription.scope)


def _paused(session: Any, one: Subscription, at: Due, now: datetime) -> bool:
    """Whether this reader was told of nothing four times in a row, and there is nothing still."""
    if one.kind != "express" or quiet_weeks(session, one.account.id, one.scope, now=now) < QUIET_AT_MOST:
        return False
    week = Period.parse(at.period, now.date())
    return not tallies.sums(session, one.reach, Period(week.last - timedelta(days=27), week.last)).get(())


def quiet_weeks(session: Any, user_id: UUID, scope: str, *, now: datetime) -> int:
    """How many of the last expresses of a subscription, in a row, had nothing to say."""
    count = 0
    for copy, key in reports.last_copies(session, user_id, "express", since=now - timedelta(days=366)):
        if read_key(key).scope != scope:
            continue
        if not copy.quiet:
            break
        count += 1
    return count


def _queue(session: Any, one: Subscription, at: Due, keys: Keyring, now: datetime) -> None:
    account = one.account
    try:
        address_key = keys.address_key(account.email)
    except AddressError:
        return
    email_id = new_id(now)
    account_emails.add_once(
        session,
        account_emails.AccountEmail(
            id=email_id,
            kind=one.kind,
            priority=policy(one.kind).priority,
            dedupe_key=key_of(one, at),
            user_id=account.id,
            address_key=address_key,
            domain_group=domain_group(account.email),
            due_at=at.at,
            expires_at=at.expires,
            key_id=keys.newest_id,
            unsubscribe_sha256=digest(keys.token(Purpose.UNSUBSCRIBE, email_id)),
        ),
    )
