"""Publish a review as it was written, or refuse it for a ground of the list and tell its author, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from surveyor.core.emails import domain_group, policy
from surveyor.core.quoting import french
from surveyor.core.reviews import Ground, State, merged, places_of
from surveyor.core.tokens import Keyring, Purpose, digest
from surveyor.db import audit, notices, review_reports, reviews
from surveyor.db.base import new_id
from surveyor.db.reviews import ReviewRow
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows.again import again
from surveyor.flows.manage_users import Actor

KIND = "notice"
PARTS_AT_MOST = 20


@dataclass(frozen=True, slots=True)
class Judge:
    """Who decides, and with what links of emails are made."""

    by: Actor
    keys: Keyring


def publish_review(sessions: Any, review: ReviewRow, *, hide: Sequence[str] = (), by: Judge, now: datetime) -> None:
    """Publish a review, or change what is hidden of a published one. hide: parts that name somebody, as they stand.

    Raises:
        NotFound: no such review of ours. Refused: 422 `mask_unknown`, a part that is not in the text;
        409 `review_decided`, it was refused or withdrawn meanwhile, or its words have changed.
    """
    wrong = [part for part in hide if not places_of(part, review.text)]
    if wrong or len(hide) > PARTS_AT_MOST:
        raise Refused([_unknown_part(one) for one in wrong] or [_too_many()])
    masks = merged([place for part in hide for place in places_of(part, review.text)], len(review.text))

    def once() -> None:
        with sessions.begin() as session:
            found = _held(session, review, (State.WAITING, State.PUBLISHED))
            values: dict[str, Any] = {"masks": [list(one) for one in masks]}
            if found.state == State.WAITING:
                values |= {"state": str(State.PUBLISHED), "published_at": now, "decided_at": now}
                values["decided_by"] = by.by.name
            reviews.change(session, found.id, **values)
            said = {"state": str(State.PUBLISHED), "hidden": len(masks)}
            audit.append(session, _entry(by.by, "review.published", review.id, said), now=now)

    again(once)


def refuse_review(sessions: Any, review: ReviewRow, *, ground: str, by: Judge, now: datetime) -> None:
    """Refuse a review for a ground of the list; its author is told why by email, which waits in the same transaction.

    Raises:
        NotFound. Refused: 422 `field_value`, not a ground of the list; 409 `review_decided`.
    """
    if ground not in tuple(Ground):
        raise Refused([_no_ground(ground)])

    def once() -> None:
        with sessions.begin() as session:
            found = _held(session, review, (State.WAITING, State.PUBLISHED))
            notice = _tell(session, found, by, now)
            reviews.change(
                session,
                found.id,
                state=str(State.REFUSED),
                ground=ground,
                published_at=None,
                decided_at=now,
                decided_by=by.by.name,
                notice_id=notice,
            )
            said = {"state": str(State.REFUSED), "ground": ground}
            audit.append(session, _entry(by.by, "review.refused", review.id, said), now=now)

    again(once)


def close_reports(sessions: Any, review: ReviewRow, *, finding: str, by: Actor, now: datetime) -> int:
    """Answer the doubts reported about a review, with what was found; how many were open. Raises Refused."""
    if not finding.strip() or len(finding) > 500:
        fr, en = "Ce qui a été vérifié : de 1 à 500 caractères.", "What was checked: 1 to 500 characters."
        raise Refused([Complaint("finding", "field_required", french(fr), en)])
    with sessions.begin() as session:
        assert review.invitation_id is not None
        closed = review_reports.close_reports(
            session, review.invitation_id, finding=finding.strip(), by=by.name, now=now
        )
        if closed:
            audit.append(session, _entry(by, "review.doubt_answered", review.id, {"reports": closed}), now=now)
    return closed


def _held(session: Any, review: ReviewRow, states: Sequence[State]) -> Any:
    found = reviews.hold(session, review.id)
    if found is None or found.source != reviews.OURS:
        raise NotFound("review")
    stands = reviews.words_that_stand(session, found.invitation_id)
    if found.state not in states or stands != found.revision:
        fr = "Cet avis a changé entre-temps : relisez-le."
        en = "This review has changed meanwhile: read it again."
        raise Refused([Complaint("review", "review_decided", french(fr), en)], status=409)
    return found


def _tell(session: Any, review: Any, judge: Judge, now: datetime) -> UUID | None:
    """The email that tells the author; None when nobody can be written to any more."""
    to = notices.addressee(session, review.invitation_id)
    if to is None:
        return None
    email_id, rule = new_id(now), policy(KIND)
    assert rule.lifetime is not None
    notices.add(
        session,
        id=email_id,
        kind=KIND,
        priority=rule.priority,
        dedupe_key=f"{KIND}:{review.id.hex}:{review.revision}",
        customer_id=to.customer_id,
        address_key=to.address_key,
        domain_group=domain_group(to.email),
        due_at=now,
        expires_at=now + rule.lifetime,
        key_id=judge.keys.newest_id,
        unsubscribe_sha256=digest(judge.keys.token(Purpose.UNSUBSCRIBE, email_id)),
    )
    return email_id


def _entry(by: Actor, action: str, review: UUID, after: Any) -> audit.Entry:
    return audit.Entry(by.name, action, f"review:{review.hex}", None, after, "", by.ip_prefix, by.request_id)


def _unknown_part(part: str) -> Complaint:
    said = part[:40]
    fr = f"«\u00a0{said}\u00a0» n'est pas dans cet avis. Recopiez le passage à masquer tel qu'il est écrit."
    en = f'"{said}" is not in this review. Copy the part to hide as it is written.'
    return Complaint("hide", "mask_unknown", fr, en)


def _too_many() -> Complaint:
    fr, en = f"{PARTS_AT_MOST} passages au plus.", f"At most {PARTS_AT_MOST} parts."
    return Complaint("hide", "list_too_long", fr, en)


def _no_ground(given: str) -> Complaint:
    fr = f"«\u00a0{given[:40]}\u00a0» n'est pas un motif. Choisissez dans la liste : il n'y en a pas d'autre."
    en = f'"{given[:40]}" is not a ground. Choose from the list: there is no other.'
    return Complaint("ground", "field_value", french(fr), en)
