"""The question after a reply: does the customer mean to come back? A GET shows it, a POST counts (REV-07)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from surveyor.core.tokens import digest, is_token
from surveyor.db import cases, network
from surveyor.db.cases import Entry


@dataclass(frozen=True, slots=True)
class Asked:
    """The case whose question a link asks. come_back: what was said so far, None for nothing."""

    case_id: UUID
    language: str
    store: str
    come_back: bool | None


def followup(sessions: Any, token: str) -> Asked | None:
    """What a link asks; None for a link of nobody. Nothing changes, however often it is opened."""
    if not is_token(token):
        return None
    with sessions() as session:
        case = cases.by_followup(session, digest(token))
        if case is None:
            return None
        return Asked(case.id, case.language, _name(session, case.store_id), case.come_back)


def answer_followup(sessions: Any, token: str, come_back: bool, *, now: datetime) -> Asked | None:
    """Keep what the customer says; the latest word counts, on the day of their response."""
    asked = followup(sessions, token)
    if asked is None:
        return None
    with sessions.begin() as session:
        case = cases.lock(session, asked.case_id)
        if case is None:
            return None
        if case.come_back is not come_back:
            cases.change(session, case.id, come_back=come_back, come_back_at=now)
            entry = Entry("come_back", "customer", "yes" if come_back else "no")
            cases.tell(session, case.id, entry, now=now)
    return Asked(asked.case_id, asked.language, asked.store, come_back)


def _name(session: Any, store_id: str) -> str:
    found = network.stores(session, [store_id]).get(store_id)
    return found.name if found is not None else store_id
