"""Open a report that left, for somebody who may see its stores now; who did is written down (security.md, 2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from surveyor.core.reports.report import Report
from surveyor.core.scope import Reach, Scope, may, narrow
from surveyor.core.tokens import digest, is_token
from surveyor.db import report_pages, reports, stores, users
from surveyor.db.reports import Copy
from surveyor.errors import NotFound
from surveyor.flows.write_report import reach_of


@dataclass(frozen=True, slots=True)
class Opened:
    """A copy and what it says."""

    copy: Copy
    report: Report


def listed(session: Any, *, user_id: UUID, reach: Reach, limit: int = 200) -> list[Copy]:
    """The reports that left and that a reader may open: their own and those of stores they may see, newest first."""
    sees = Sees(session, reach)
    return [one for one in reports.copies(session, limit=5 * limit) if sees(reach_of(one.scope))][:limit]


def open_report(session: Any, email_id: UUID, *, reach: Reach) -> Opened:
    """The report of an email as it left. NotFound for none, and for one of stores outside `reach`."""
    copy = reports.copy(session, email_id)
    if copy is None or not Sees(session, reach)(reach_of(copy.scope)):
        raise NotFound("report")
    report = reports.report_of(session, email_id, copy.n)
    assert report is not None
    return Opened(copy, report)


def note_read(sessions: Any, *, email_id: UUID, user_id: UUID, now: datetime) -> None:
    """Write down that somebody who is signed in opened the page."""
    with sessions.begin() as session:
        report_pages.note_read(session, email_id=email_id, user_id=user_id, now=now)


class LinkEnded(NotFound):
    """A link to a report that was good once: it ended, was taken back, or whoever made it may not see this any more."""

    code = "link_ended"


def open_share(session: Any, token: str, *, now: datetime) -> Opened:
    """The copy behind a link, exactly that one. NotFound for a token of nothing, LinkEnded for one that is over."""
    share = report_pages.share_of(session, digest(token)) if is_token(token) else None
    if share is None:
        raise NotFound("link")
    maker = users.by_id(session, share.made_by)
    if not share.opens(now) or maker is None or not maker.active or not may(maker.role, "write", "export"):
        raise LinkEnded("link")
    copy = reports.copy(session, share.email_id)
    report = reports.report_of(session, share.email_id, share.n)
    if copy is None or report is None or not Sees(session, maker.reach)(reach_of(copy.scope)):
        raise LinkEnded("link")
    return Opened(copy, report)


class Sees:
    """Whether a reader with these scopes may see everything of others; stores are read once."""

    def __init__(self, session: Any, reach: Reach) -> None:
        self._session = session
        self._reach = reach
        self._own: set[str] | None = None
        self._known: dict[Reach, bool] = {}

    def __call__(self, asked: Reach) -> bool:
        """Every row of `asked` is inside the reader's scopes, as stores stand today."""
        if asked not in self._known:
            self._known[asked] = bool(asked) and all(map(self._one, asked))
        return self._known[asked]

    def _one(self, scope: Scope) -> bool:
        if any(mine.is_network for mine in self._reach) or narrow(scope, self._reach) == (scope,):
            return True
        if any(mine.segments for mine in self._reach):
            return False
        if self._own is None:
            self._own = {one.id for one in stores.shops(self._session, self._reach)}
        wanted = {one.id for one in stores.shops(self._session, (scope,))}
        return not scope.is_network and bool(wanted) and wanted <= self._own
