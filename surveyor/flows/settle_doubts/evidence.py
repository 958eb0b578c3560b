"""A fact shows that an email was accepted: it becomes `sent` at the instant of its intent, however late the fact is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from surveyor.db import emails as rows
from surveyor.db.alerts import raise_alert, resolve
from surveyor.db.tallies import Delta
from surveyor.flows.send_emails.follow import follow_sent, told
from surveyor.flows.send_emails.mailer import Journeys

#: An email in doubt that a person must judge.
ALERT = "email_in_doubt"


@dataclass(frozen=True, slots=True)
class Fact:
    """What shows that emails were accepted. evidence: in words, without an address.

    n: the attempt it is about, None for the latest; a fact about an older one proves nothing of the latest. arrived:
    the email is in the mailbox (its reader acted), or the provider tells nothing of deliveries: it counts as delivered.
    forgotten: this database had lost the hand-over, so that no refusal is contradicted.
    """

    evidence: str
    n: int | None = None
    arrived: bool = False
    forgotten: bool = False


def accept_on_evidence(
    session: Any, ids: Collection[UUID], fact: Fact, *, journeys: Journeys, now: datetime
) -> list[Delta]:
    """Make these emails `sent` where the table of moves allows it; the caller holds the locks and adds the deltas.

    Emails that are sent already, or were never handed over, are left as they are.
    """
    accepted = rows.accept_late(session, ids, now=now, evidence=fact.evidence, n=fact.n)
    if not accepted:
        return []
    invitations = rows.of_invitations(session, [one.email_id for one in accepted])
    sent = [(invitations[one.email_id], one.intent_at, one.before) for one in accepted if one.email_id in invitations]
    ends, deltas = follow_sent(session, sent, assumed=fact.arrived)
    for one in accepted:
        if one.before in ("pending", "leased") and not fact.forgotten:
            raise_alert(session, "accepted_after_refusal", now=now, subject=one.email_id.hex)
        elif one.before == "in_doubt":
            resolve(session, ALERT, now=now, subject=one.email_id.hex)
    return [*deltas, *told(session, journeys, ends, now=now)]
