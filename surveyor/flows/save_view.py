"""Save the filter of a page under a name, or forget it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from surveyor.core.saved_filters import check_name, check_query
from surveyor.db import saved_views
from surveyor.db.base import new_id
from surveyor.db.saved_views import View
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows.again import again

MOST = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was typed: shared with everybody, first: what one sees before choosing."""

    name: str
    page: str
    query: str
    shared: bool = False
    first: bool = False


def save_view(sessions: Any, owner: UUID, wanted: Wanted, *, now: datetime) -> None:
    """Keep a view in place of the owner's one of the same name.

    Raises:
        Refused: its name, page or filter will not do, or `views_too_many` beyond 100.
    """
    name, query = check_name(wanted.name), check_query(wanted.page, wanted.query)

    def once() -> None:
        with sessions.begin() as session:
            if saved_views.how_many_others(session, owner, name) >= MOST:
                fr, en = f"{MOST} vues au plus : retirez-en une.", f"At most {MOST} views: remove one."
                raise Refused([Complaint("name", "views_too_many", fr, en)])
            made = View(new_id(now), owner, "", name, wanted.page, query, wanted.shared, wanted.first, now)
            saved_views.put(session, made)

    again(once)


def forget_view(sessions: Any, owner: UUID, view_id: UUID) -> None:
    """Forget one's own view. Raises NotFound for one that is nobody's or somebody else's."""
    with sessions.begin() as session:
        if not saved_views.remove(session, owner, view_id):
            raise NotFound("view")
