"""A customer agrees to publish their words, or takes that back, from their link: whatever they answered, the same."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from surveyor.core.reviews import State
from surveyor.db import responses, review_settings, reviews
from surveyor.db.base import new_id
from surveyor.db.responses import Link
from surveyor.errors import NotFound
from surveyor.flows.again import again


def agree_to_publish(sessions: Any, invitation_id: UUID, *, agrees: bool, now: datetime) -> State | None:
    """Where the review stands now; None when there is none and none is made.

    It takes words that stand, an order whose day is known, and a brand that publishes. Twice is once; a refused
    review waits again only once its words have changed. Raises NotFound for no invitation.
    """

    def once() -> State | None:
        with sessions.begin() as session:
            responses.lock_invitation(session, invitation_id)
            link = responses.link_of(session, invitation_id)
            if link is None:
                raise NotFound("invitation")
            return _agree(session, link, now) if agrees else _take_back(session, invitation_id, now)

    return again(once)


def _agree(session: Any, link: Link, now: datetime) -> State | None:
    found = reviews.hold_of(session, link.invitation_id)
    revision = reviews.words_that_stand(session, link.invitation_id)
    if revision is None or link.order_day is None or not _publishes(session, link.store_id):
        return None if found is None else State(found.state)
    if found is None:
        reviews.add(
            session,
            id=new_id(now),
            source=reviews.OURS,
            invitation_id=link.invitation_id,
            revision=revision,
            store_id=link.store_id,
            language=link.language,
            experienced_on=link.order_day,
            deposited_at=now,
            received_at=now,
            state=str(State.WAITING),
        )
        return State.WAITING
    if found.revision == revision and found.state != State.WITHDRAWN:
        return State(found.state)
    again_waiting = {"state": str(State.WAITING), "published_at": None, "decided_at": None, "decided_by": ""}
    more = {"revision": revision, "ground": "", "masks": [], "deposited_at": now, "notice_id": None}
    reviews.change(session, found.id, **again_waiting, **more)
    return State.WAITING


def _take_back(session: Any, invitation_id: UUID, now: datetime) -> State | None:
    found = reviews.hold_of(session, invitation_id)
    if found is None:
        return None
    if found.state in (State.WAITING, State.PUBLISHED):
        reviews.withdraw(session, found.id, now=now)
        return State.WITHDRAWN
    return State(found.state)


def _publishes(session: Any, store_id: str) -> bool:
    brand = reviews.brand_of(session, store_id)
    return any(one.enabled for one in review_settings.of_all(session) if one.brand_id == brand)
