"""Open a survey link: one visit is written and nothing else, a GET never votes; and count visits by people later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from surveyor.core.responses import SWEPT_SCORES
from surveyor.core.surveys import Survey
from surveyor.core.tokens import Keyring
from surveyor.db import responses as rows
from surveyor.db import tallies
from surveyor.db.responses import Link, Opening
from surveyor.flows.record_response import counting
from surveyor.flows.record_response.pages import find_link, is_over, page_nonce
from surveyor.flows.record_response.results import Ended, Unknown

__all__ = ["Ended", "Opening", "SurveyPage", "Unknown", "count_visits", "record_visit"]

MINUTE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class SurveyPage:
    """An open survey link: what to ask and in whose name. `nonce`: the mark of the page opened now.

    standing, verbatim: the score and comment that stand, None and "" when nothing does; `n`: their revision, 0 then.
    """

    link: Link
    survey: Survey
    nonce: str
    standing: int | None = None
    verbatim: str = ""
    n: int = 0


def record_visit(
    sessions: Any, token: str, *, opening: Opening | None, keys: Keyring, now: datetime
) -> SurveyPage | Ended | Unknown:
    """The page of a survey link. `opening`: the request to keep as a visit; None: only look (the thank-you page)."""
    with sessions.begin() as session:
        link = find_link(session, token)
        if link is None:
            return Unknown()
        if opening is not None:
            rows.add_visit(session, link.invitation_id, opening, now=now)
        if is_over(link, now):
            return Ended(link)
        survey = rows.survey_of(session, link.survey, link.questionnaire_version)
        n, counted = rows.counted(session, link.invitation_id)
        verbatim = _verbatim(session, link, n) if n else ""
    follows = (n,) if opening is None and n else ()
    nonce = page_nonce(keys, link.invitation_id, now=now, follows=follows)
    return SurveyPage(link, survey, nonce, counted.score if counted else None, verbatim, n)


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


def _verbatim(session: Any, link: Link, n: int) -> str:
    found = [one for one in rows.revisions(session, link.invitation_id) if one.revision.n == n]
    return (found[0].verbatim or "") if found else ""
