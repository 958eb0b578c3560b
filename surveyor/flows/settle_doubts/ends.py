"""How a doubt ends other than by a proof: proved not accepted, or given up; each with its tallies and invitation."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from surveyor.core.emails import InDoubt, policy
from surveyor.core.reasons import Reason
from surveyor.core.tokens import Keyring
from surveyor.db import doubt_list, tallies
from surveyor.db import emails as rows
from surveyor.db.emails import Doubt, Outcome
from surveyor.flows.send_emails.follow import doubt as count_doubt
from surveyor.flows.send_emails.follow import follow_closed, told
from surveyor.flows.send_emails.mailer import Journeys


def send_again(session: Any, one: Doubt, evidence: str, now: datetime) -> None:
    """Proved not accepted: the only way back to `pending`."""
    opened = rows.open_attempts(session, [(one.email_id, one.n)])
    outcomes = [
        Outcome(one.email_id, one.n, "not_accepted", evidence, "", "pending", None, now, found.failures + 1, None)
        for found in opened
        if found.state == "in_doubt"
    ]
    rows.settle_outcomes(session, outcomes, now=now)
    invitations = rows.of_invitations(session, [outcome.email_id for outcome in outcomes])
    tallies.add(session, [delta for found in invitations.values() for delta in count_doubt(found, -1)])


def give_up(session: Any, one: Doubt, *, journeys: Journeys, keys: Keyring, now: datetime) -> None:
    """Silence is no proof: the attempt stays `unknown` for ever, and the cool-down runs from the intent.

    A kind of which a double is harmless is issued once more.
    """
    rows.drop(session, [(one.email_id, Reason.UNCONFIRMED)], states=("in_doubt",))
    rule = policy(one.kind)
    if rule.in_doubt is InDoubt.REISSUE and rule.lifetime is not None:
        doubt_list.issue_again(session, one.email_id, keys=keys, now=now, lives=rule.lifetime)
    invitations = rows.of_invitations(session, [one.email_id])
    closed = [(found, "dropped", str(Reason.UNCONFIRMED), "in_doubt") for found in invitations.values()]
    ends, deltas = follow_closed(session, closed, now=now, asked_at=one.intent_at)
    tallies.add(session, [*deltas, *told(session, journeys, ends, now=now)])
