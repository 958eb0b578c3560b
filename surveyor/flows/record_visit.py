"""Open a survey link: one visit is written and nothing else, a GET never votes; and count visits by people later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from surveyor.core.responses import SWEPT_SCORES
from surveyor.core.surveys import Survey
from surveyor.core.tokens import Keyring, digest, is_token
from surveyor.db import responses as rows
from surveyor.db import tallies
from surveyor.db.responses import Link, Opening
from surveyor.flows.record_response import counting
from surveyor.flows.record_response.pages import is_over, page_nonce
from surveyor.flows.record_response.results import Ended, Unknown

__all__ = ["Ended", "Opening", "SurveyPage", "Unknown", "count_visits", "record_visit"]

MINUTE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class SurveyPage:
    """An open survey link: what to ask and in whose name. `nonce`: the mark of the page opened now.

    n, standing, answers, answered_on: the revision that stands with its score, all it says and its local day; 0,
    None, {} and None when none does.
    """

    link: Link
    survey: Survey
    nonce: str
    n: int = 0
    standing: int | None = None
    answers: Mapping[str, Any] = field(default_factory=dict, hash=False)
    answered_on: date | None = None

    @property
    def verbatim(self) -> str:
        """The comment that stands, "" when there is none."""
        return str(self.answers.get("verbatim") or "")


def record_visit(
    sessions: Any, token: str, *, opening: Opening | None, keys: Keyring, now: datetime
) -> SurveyPage | Ended | Unknown:
    """The page of a survey link. `opening`: the request to keep as a visit; None: only look (the thank-you page)."""
    if not is_token(token):
        return Unknown()
    with sessions.begin() as session:
        if opening is None:
            found = rows.find(session, digest(token))
        else:
            found = rows.open_page(session, digest(token), opening, now=now)
    if found is None:
        return Unknown()
    link, counted = found.link, found.counted
    if is_over(link, now):
        return Ended(link)
    follows = (found.n,) if opening is None and found.n else ()
    nonce = page_nonce(keys, link.invitation_id, now=now, follows=follows)
    if counted is None:
        return SurveyPage(link, found.survey, nonce)
    return SurveyPage(link, found.survey, nonce, found.n, counted.score, found.answers, counted.day)


def count_visits(sessions: Any, *, now: datetime) -> int:
    """Count invitations that a person has visited since the last pass; how many. Sweeps by machines are no visit."""
    with sessions() as session:
        waiting = rows.unvisited(session, now=now)
    counted = 0
    for invitation_id, openings in waiting.items():
        at = _first_by_a_person(openings)
        if at is None:
            continue
        with sessions.begin() as session:
            rows.lock_invitation(session, invitation_id)
            link = rows.link_of(session, invitation_id)
            if link is not None and rows.mark_visited(session, invitation_id, at=at):
                tallies.add(session, counting.first_visit(link))
                counted += 1
    return counted


def _first_by_a_person(openings: Sequence[tuple[datetime, bytes, Any]]) -> datetime | None:
    """The first opening that does not belong to a sweep: three score links by one client within a minute."""
    for at, client, _ in openings:
        near = {score for when, who, score in openings if who == client and abs(when - at) <= MINUTE}
        if len(near - {None}) < SWEPT_SCORES:
            return at
    return None
