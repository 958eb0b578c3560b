"""A named person says whether an email in doubt left: the only evidence where silence must not decide."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from surveyor.core.emails import InDoubt, policy
from surveyor.db import audit, tallies
from surveyor.db import emails as rows
from surveyor.db.alerts import resolve
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows.manage_users import Actor
from surveyor.flows.send_emails.mailer import Journeys
from surveyor.flows.settle_doubts import ALERT, Fact, accept_on_evidence
from surveyor.flows.settle_doubts.ends import send_again

_A_DAY = timedelta(days=1)
Verdict = Literal["sent", "not_sent"]


def judge_doubt(
    sessions: Any, email_id: UUID, verdict: Verdict, *, journeys: Journeys, by: Actor, now: datetime
) -> None:
    """`sent`: it is marked as sent. `not_sent`: it did not leave, and is sent again with a new life. All is audited.

    Raises:
        NotFound: there is no such email in doubt (any more). Refused: 409 `doubt_not_asked`, its kind is not a
        person's to judge: evidence or its time settles it.
    """
    with sessions.begin() as session:
        one = rows.doubt(session, email_id)
        if one is None:
            raise NotFound("doubt")
        if policy(one.kind).in_doubt is not InDoubt.ASK:
            raise Refused([_NOT_ASKED], status=409)
        rows.lock(session, address_keys=[one.address_key], email_ids=[email_id])
        if not rows.still_in_doubt(session, email_id):
            raise NotFound("doubt")
        evidence = f"said by {by.name}"
        rows.note_check(session, email_id, now=now, found=f"{verdict}: {evidence}")
        if verdict == "sent":
            fact = Fact(evidence, one.n)
            tallies.add(session, accept_on_evidence(session, [email_id], fact, journeys=journeys, now=now))
        else:
            send_again(session, one, evidence, now)
            rows.prolong(session, email_id, until=now + (policy(one.kind).lifetime or _A_DAY))
        resolve(session, ALERT, now=now, subject=email_id.hex)
        entry = audit.Entry(
            by.name,
            "doubt.judged",
            f"email:{email_id.hex}",
            "in_doubt",
            "sent" if verdict == "sent" else "pending",
            "",
            by.ip_prefix,
            by.request_id,
        )
        audit.append(session, entry, now=now)


_NOT_ASKED = Complaint(
    "path",
    "doubt_not_asked",
    "Cet e-mail ne se juge pas à la main\u00a0: une preuve ou le temps le règle, sans jamais le renvoyer à l'aveugle.",
    "This email is not judged by hand: evidence or its time settles it, and it is never sent again blindly.",
)
