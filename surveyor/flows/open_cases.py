"""Open the cases that answers call for, a minute after them: what was struck meanwhile opens none; side B."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from surveyor.core.cases import Heard, Why, deadline, why_open
from surveyor.core.tokens import Keyring
from surveyor.db import cases
from surveyor.db.alerts import raise_alert
from surveyor.db.cases import Standing
from surveyor.errors import NotFound
from surveyor.flows.again import again
from surveyor.flows.sort_verbatims import InForce, in_force
from surveyor.flows.tell_grave import tell_grave
from surveyor.flows.tell_outside import tell_case

LIMIT = 200
#: An answer with a grave word in it: a person reads it at once.
ALERT = "severe_case"


def open_cases(sessions: Any, *, now: datetime, keys: Keyring | None = None) -> int:
    """Look at every answer whose minute is over; how many cases were opened. Two clocks at once open each once.

    keys: of the installation, to write at once to whom something grave concerns; None: nobody is written to.
    """
    opened = 0
    while True:
        looked, made = again(lambda: _some(sessions, now, keys))
        opened += made
        if looked < LIMIT:
            return opened


def open_by_person(sessions: Any, invitation_id: UUID, *, by: str, now: datetime) -> UUID:
    """The case of a response that a person wants to answer; opened when there is none. Raises NotFound."""
    with sessions.begin() as session:
        known = cases.of_response(session, invitation_id)
        if known is not None:
            return known
        found = cases.standing(session, [invitation_id])
        if not found:
            raise NotFound("response")
        made = _open(session, found[0], Why.PERSON, in_force(session), by=by, now=now)
        return made or cases.of_response(session, invitation_id) or _gone()


def case_for(session: Any, invitation_id: UUID, why: Why, *, by: str, now: datetime) -> UUID | None:
    """The case of a response that stands, opened for a reason when there is none; None without such a response."""
    known = cases.of_response(session, invitation_id)
    found = [] if known is not None else cases.standing(session, [invitation_id])
    return _open(session, found[0], why, in_force(session), by=by, now=now) if found else known


def _gone() -> UUID:
    raise NotFound("response")


def _some(sessions: Any, now: datetime, keys: Keyring | None) -> tuple[int, int]:
    with sessions.begin() as session:
        ids = cases.due_candidates(session, now=now, limit=LIMIT)
        if not ids:
            return 0, 0
        sorting = in_force(session)
        lexicon, opened = sorting.lexicon, 0
        for one in cases.standing(session, ids):
            heard = Heard(one.score, one.commented, one.negative, one.themes)
            why = why_open(lexicon.cases, heard, opening=lexicon.opening)
            if why is not None and _open(session, one, why, sorting, by="", now=now) is not None:
                opened += 1
            if one.themes and (case_id := cases.of_response(session, one.invitation_id)) is not None:
                tell_grave(session, case_id, keys, store=one.store_id, segment=one.segment, now=now)
        cases.let_go(session, ids)
        return len(ids), opened


def _open(session: Any, one: Standing, why: Why, sorting: InForce, *, by: str, now: datetime) -> UUID | None:
    policy = sorting.lexicon.cases
    from_when = one.answered_at
    values = {
        "invitation_id": one.invitation_id,
        "customer_id": one.customer_id,
        "store_id": one.store_id,
        "segment": one.segment,
        "language": one.language or "fr",
        "score": one.score,
        "commented": one.commented,
        "day": one.day,
        "responded_at": one.answered_at,
        "why": str(why),
        "negative": " ".join(one.negative),
        "themes": " ".join(one.themes),
        "answer_by": deadline(policy, from_when, one.zone or "UTC", hours=policy.answer_hours),
        "network_by": deadline(policy, from_when, one.zone or "UTC", hours=policy.network_hours),
    }
    case_id = cases.open_case(session, values, by=by, now=now)
    if case_id is None:
        return None
    if one.themes:
        raise_alert(session, ALERT, now=now, subject=case_id.hex, detail=" ".join(one.themes))
    tell_case(session, "case.opened", case_id, store=one.store_id, customer_id=one.customer_id, now=now)
    return case_id
