"""Reviews from elsewhere join the inbox of answers: a case each at most, opened with them or by a person; side B.

Their site is where one answers them: the reply that an import brings is the reply of the case.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from surveyor.core.cases import Status, Why, deadline
from surveyor.core.external_reviews import opens_case
from surveyor.core.labels import Sorted, sort_verbatim
from surveyor.core.labels.lexicon import Polarity
from surveyor.core.periods import local_date
from surveyor.db import cases, reviews_elsewhere
from surveyor.db.alerts import raise_alert
from surveyor.db.cases import Entry
from surveyor.db.reviews_elsewhere import Elsewhere
from surveyor.errors import NotFound
from surveyor.flows.again import again
from surveyor.flows.open_cases import ALERT
from surveyor.flows.sort_verbatims import InForce, in_force
from surveyor.flows.tell_outside import tell_case

#: `detail` of a reply that was given on the site of the review.
ELSEWHERE = "elsewhere"


def follow_imported(session: Any, source: str, numbers: Sequence[str], *, now: datetime) -> int:
    """In the transaction that brings reviews in: open the cases they call for, note replies; how many opened."""
    sorting, opened = in_force(session), 0
    for one in reviews_elsewhere.elsewhere(session, source, numbers):
        case_id = cases.of_review(session, one.id)
        replied = bool(one.reply)
        if case_id is not None:
            _note_reply(session, case_id, one, now)
            continue
        found = sort_verbatim(sorting.lexicon, one.text, one.language)
        if opens_case(one.rating, one.deposited_at, replied=replied, now=now):
            why = Why.SEVERE if found.themes else Why.SCORE
            opened += _open(session, one, why, (sorting, found), by="", now=now) is not None
    return opened


def open_review_case(sessions: Any, review_id: UUID, *, by: str, now: datetime) -> UUID:
    """The case of a review from elsewhere that a person wants followed; opened when there is none. Raises NotFound."""

    def once() -> UUID:
        with sessions.begin() as session:
            known = cases.of_review(session, review_id)
            one = reviews_elsewhere.elsewhere_by_id(session, review_id)
            if known is not None:
                return known
            if one is None:
                raise NotFound("review")
            sorting = in_force(session)
            found = sort_verbatim(sorting.lexicon, one.text, one.language)
            made = _open(session, one, Why.PERSON, (sorting, found), by=by, now=now)
            made = made or cases.of_review(session, review_id)
            if made is None:
                raise NotFound("review")
            return made

    return again(once)


def _open(
    session: Any, one: Elsewhere, why: Why, heard: tuple[InForce, Sorted], *, by: str, now: datetime
) -> UUID | None:
    sorting, found = heard
    policy, themes = sorting.lexicon.cases, sorted(found.themes)
    negative = [mention.label for mention in found.mentions if mention.polarity is Polarity.NEGATIVE]
    values = {
        "review_id": one.id,
        "store_id": one.store_id,
        "segment": one.segment,
        "language": one.language or "fr",
        "commented": bool(one.text),
        "day": local_date(one.deposited_at, one.zone),
        "responded_at": one.deposited_at,
        "why": str(why),
        "negative": " ".join(negative),
        "themes": " ".join(themes),
        "answer_by": deadline(policy, now, one.zone, hours=policy.answer_hours),
        "network_by": deadline(policy, now, one.zone, hours=policy.network_hours),
    }
    case_id = cases.open_case(session, values, by=by, now=now)
    if case_id is None:
        return None
    if themes:
        raise_alert(session, ALERT, now=now, subject=case_id.hex, detail=" ".join(themes))
    tell_case(session, "case.opened", case_id, store=one.store_id, customer_id=None, now=now)
    _note_reply(session, case_id, one, now)
    return case_id


def _note_reply(session: Any, case_id: UUID, one: Elsewhere, now: datetime) -> None:
    """What was answered on the site is the first reply of its case, once."""
    case = cases.lock(session, case_id)
    if case is None or case.replied_at is not None or not one.reply:
        return
    values: dict[str, Any] = {"replied_at": one.replied_at or now}
    if case.status == Status.NEW:
        values["status"] = str(Status.IN_PROGRESS)
    cases.change(session, case_id, **values)
    entry = Entry("reply", detail=ELSEWHERE, body=one.reply, message_key=f"reply of {one.id.hex}", public=True)
    cases.tell(session, case_id, entry, now=now)
