"""An invitation and its email are rows of the transaction that decided: the row is the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from surveyor.core.calendar import wall_clock
from surveyor.core.emails import domain_group, policy
from surveyor.core.history import Invitation
from surveyor.core.journey import InvitationEnded
from surveyor.core.snapshots import snapshot
from surveyor.core.tokens import Keyring, Purpose, digest
from surveyor.db import invitations
from surveyor.db.base import id_stream
from surveyor.db.invitations import NewEmail, NewInvitation
from surveyor.db.tallies import Delta
from surveyor.flows.customer_journey import counting
from surveyor.flows.customer_journey.load import Loaded

_INVITATION = "invitation"


@dataclass(frozen=True, slots=True)
class Asked:
    """An invitation to come, with the local day and the segment of its decision: where its fate is counted."""

    invitation: Invitation
    day: date
    segment: str


def write(
    session: Any,
    loaded: Loaded,
    keys: Keyring,
    invited: Mapping[str, Asked],
    *,
    ended: Mapping[str, InvitationEnded],
) -> list[Delta]:
    """Insert the invitations of this transaction; one that ended in it is inserted as it ended, and counted so."""
    if not invited:
        return []
    versions = invitations.questionnaire_versions(session)
    ids = id_stream(loaded.now)
    rows, emails, deltas = [], [], []
    for key, asked in invited.items():
        one, end = asked.invitation, ended.get(key)
        row = _row(asked, next(ids), loaded, keys, version=versions.get(one.rule.survey, 1), end=end)
        rows.append(row)
        emails.append(_email(one, row, next(ids), loaded, keys))
        if end is not None:
            deltas.append(counting.ended(_standing(row), end.state, end.reason))
    invitations.insert(session, rows, emails)
    return deltas


def last_instant(rule_due_day: int, max_late_days: int, zone: str) -> datetime:
    """The instant at which the last local day that an email may leave on is over."""
    return wall_clock(rule_due_day + max_late_days + 1, 0, zone)


def customer_email(
    *, kind: str, invitation_id: UUID, customer_id: UUID, address: tuple[bytes, str], keys: Keyring, email_id: UUID
) -> dict[str, Any]:
    """What every email to a customer has: its id, its link to stop, its place in the queue. address: key, address."""
    return {
        "id": email_id,
        "kind": kind,
        "priority": policy(kind).priority,
        "invitation_id": invitation_id,
        "dedupe_key": f"{kind}:{invitation_id.hex}",
        "customer_id": customer_id,
        "address_key": address[0],
        "domain_group": domain_group(address[1]),
        "key_id": keys.newest_id,
        "unsubscribe_sha256": digest(keys.token(Purpose.UNSUBSCRIBE, email_id)),
    }


def _row(
    asked: Asked, invitation_id: UUID, loaded: Loaded, keys: Keyring, *, version: int, end: InvitationEnded | None
) -> NewInvitation:
    one = asked.invitation
    who = loaded.rows[one.customer_id]
    store = loaded.terms.stores.get(one.store_id)
    if who.address_key is None:
        raise ValueError("an invitation was decided for a customer without an address")
    return NewInvitation(
        id=invitation_id,
        customer_id=who.customer_id,
        address_key=who.address_key,
        dedupe_key=one.key,
        rule_id=one.rule.id,
        rule_version=one.version,
        snapshot=snapshot(one.rule),
        arm=one.arm,
        order_id=one.order_id,
        occurrence=one.occurrence if one.recurring else None,
        opened_by=one.opened_by if one.recurring else None,
        store_id=one.store_id,
        segment=asked.segment,
        zone=one.zone,
        language=who.language or (store.language if store else "") or loaded.terms.defaults.language,
        survey=one.rule.survey,
        questionnaire_version=version,
        state="scheduled" if end is None else end.state,
        reason=None if end is None else end.reason.value,
        decision_day=asked.day,
        due_on=date.fromordinal(one.due_day),
        due_at=one.at,
        key_id=keys.newest_id,
        token_sha256=digest(keys.token(Purpose.SURVEY, invitation_id)),
        created_at=loaded.now,
        ended_at=None if end is None else loaded.now,
    )


def _email(one: Invitation, row: NewInvitation, email_id: UUID, loaded: Loaded, keys: Keyring) -> NewEmail:
    address = (row.address_key, loaded.rows[one.customer_id].email)
    common = customer_email(
        kind=_INVITATION,
        invitation_id=row.id,
        customer_id=row.customer_id,
        address=address,
        keys=keys,
        email_id=email_id,
    )
    expires = max(last_instant(one.due_day, one.rule.max_late_days, one.zone), one.at + timedelta(days=1))
    ended = row.state != "scheduled"
    return NewEmail(
        **common,
        state="dropped" if ended else "pending",
        reason=row.reason,
        due_at=one.at,
        expires_at=expires,
    )


def _standing(row: NewInvitation) -> invitations.Standing:
    return invitations.Standing(
        row.id,
        row.dedupe_key,
        row.rule_id,
        row.rule_version,
        row.store_id,
        row.segment,
        row.questionnaire_version,
        row.decision_day,
    )
