"""A customer who was not satisfied asks to be written to, or takes that back, from their link: a case says so at once.

It is added for low scores and takes nothing away from anybody (security.md, 6.7).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from surveyor.core.cases import DETRACTOR, Status, Why
from surveyor.db import cases, responses
from surveyor.db.cases import Entry
from surveyor.flows.again import again
from surveyor.flows.open_cases import case_for

KIND = "call_back"
CUSTOMER = "customer"


def may_ask(score: int | None) -> bool:
    """Whether the page after an answer offers it."""
    return score is not None and score <= DETRACTOR


def ask_call_back(sessions: Any, invitation_id: UUID, *, wants: bool, now: datetime) -> bool:
    """Whether the customer is to be written to now. Twice is once; nothing happens for a score that is not low.

    A closed case is opened again: somebody waits.
    """

    def once() -> bool:
        with sessions.begin() as session:
            responses.lock_invitation(session, invitation_id)
            standing = cases.standing(session, [invitation_id])
            asks = wants and bool(standing) and may_ask(standing[0].score)
            opened = case_for(session, invitation_id, Why.CALL_BACK, by=CUSTOMER, now=now) if asks else None
            case_id = opened or cases.of_response(session, invitation_id)
            case = None if case_id is None else cases.lock(session, case_id)
            if case is None:
                return False
            if (case.call_back_at is not None) == asks or (wants and not asks):
                return case.call_back_at is not None
            values: dict[str, Any] = {"call_back_at": now if asks else None}
            if asks:
                values["unread"] = True
                if case.status in (Status.CLOSED, Status.WAITING):
                    values |= {"status": str(Status.IN_PROGRESS), "closed_at": None}
            cases.change(session, case.id, **values)
            cases.tell(session, case.id, Entry(KIND, CUSTOMER, "yes" if asks else "no"), now=now)
            return asks

    return again(once)


def asked_call_back(session: Any, invitation_id: UUID) -> bool:
    """Whether the holder of a link asked for it and did not take it back."""
    return cases.wants_call_back(session, invitation_id)
