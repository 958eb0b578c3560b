"""The pace of a claim: tokens taken with it, given back when an email does not leave, stopped when a provider asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from surveyor.core.calendar import local_day
from surveyor.core.pace import UNLIMITED, Bucket, Pace, over_cap
from surveyor.core.slots import slot_from
from surveyor.db import limits
from surveyor.db.emails import OfInvitation
from surveyor.flows.send_emails.follow import REMINDER, local_date

#: A stop lasts at least so long, whatever the reset says: less is noise.
SHORTEST_STOP = timedelta(seconds=1)


@dataclass
class Tokens:
    """The buckets of a provider in one transaction; without a row and without a pace, nobody is held back."""

    provider: str
    pace: Pace
    now: datetime
    buckets: dict[str, Bucket]
    changed: dict[str, Bucket] = field(default_factory=dict)

    @property
    def held(self) -> bool:
        """Whether there is anything to count."""
        return self.pace.limits or bool(self.buckets)

    def of(self, group: str) -> Bucket | None:
        """The bucket of a group (`limits.PROVIDER`: of the whole) at `now`; None: no limit."""
        found = self.changed.get(group)
        if found is not None:
            return found
        return self.pace.bucket(self.buckets.get(group), provider=group == limits.PROVIDER, now=self.now)

    def free(self, group: str, wanted: int) -> int:
        """How many emails of `wanted` may leave to a group now."""
        if not self.held:
            return wanted
        both = (self.of(group), self.of(limits.PROVIDER))
        return min([wanted, *(bucket.free for bucket in both if bucket is not None)])

    def take(self, group: str, count: int) -> None:
        """Take tokens; a negative count gives them back."""
        for name in (group, limits.PROVIDER):
            bucket = self.of(name)
            if bucket is not None and count:
                self.changed[name] = bucket.take(count) if count > 0 else bucket.give_back(-count)

    def stop(self, group: str, until: datetime) -> None:
        """Nothing more to a group until then."""
        bucket = self.of(group) or Bucket(UNLIMITED, self.now)
        self.changed[group] = bucket.stop(max(until, self.now + SHORTEST_STOP))

    def save(self, session: Any) -> None:
        """Write what changed; a group that went slowly long enough is free again, and its row says so."""
        for group, bucket in self.buckets.items():
            if group not in self.changed and not bucket.at_ease and self.of(group) is None:
                self.changed[group] = bucket.filled(self.now)
        limits.save(session, self.provider, self.changed)


def tokens(session: Any, provider: str, pace: Pace, *, now: datetime) -> Tokens:
    """The buckets of a provider, locked until the commit.

    That of the provider as a whole is always there while a pace is asked for: two workers would else find no bucket of
    a group, lock none, and fill one each.
    """
    found = limits.buckets(session, provider)
    if pace.limits and limits.PROVIDER not in found:
        limits.begin(session, provider, now=now)
        found = limits.buckets(session, provider)
    return Tokens(provider, pace, now, found)


def over_the_day(
    session: Any, going: Iterable[UUID], invitations: Mapping[UUID, OfInvitation], *, pace: Pace, now: datetime
) -> dict[UUID, datetime]:
    """Of the emails about to leave, those beyond what their rule sends for their store in a day, and their next slot.

    A wave larger than the cap is thus spread over the next slots of its rule, until it is too late for the rule.
    """
    if pace.store_day is None:
        return {}
    asked: Sequence[OfInvitation] = [
        invitations[one] for one in going if one in invitations and invitations[one].kind != REMINDER
    ]
    if not asked:
        return {}
    days = {one.email_id: local_date(now, one.zone) for one in asked}
    sent = limits.sent_on(session, {one.store_id for one in asked}, set(days.values()))
    pairs = [(f"{one.store_id}\n{days[one.email_id]}", one.rule_id) for one in asked]
    used = {(f"{store}\n{day}", rule): count for (store, rule, day), count in sent.items()}
    late = over_cap(used, pairs, pace.store_day)
    return {one.email_id: _next_slot(one, now) for one, over in zip(asked, late, strict=True) if over}


def _next_slot(one: OfInvitation, now: datetime) -> datetime:
    return slot_from(one.rule, one.zone, day=local_day(now, one.zone) + 1, not_before=now)
