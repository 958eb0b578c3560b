"""Reviews follow what they are made of: words that changed wait again, those that are gone or old are withdrawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from surveyor.core.calendar import add_months
from surveyor.db import review_settings, reviews, reviews_due
from surveyor.db.alerts import raise_alert, resolve
from surveyor.flows.again import again

LATE = "reviews_late"


@dataclass(frozen=True, slots=True)
class Followed:
    """How many reviews wait again, were withdrawn, and are late."""

    again: int = 0
    withdrawn: int = 0
    late: int = 0


def follow_reviews(sessions: Any, *, now: datetime) -> Followed:
    """One pass; killed anywhere, the next one goes on. A review waiting for longer than its brand says is an alert."""

    def once() -> Followed:
        with sessions.begin() as session:
            waiting = withdrawn = 0
            for key, standing, commented in reviews_due.moved_on(session):
                if standing is None or not commented:
                    withdrawn += reviews.withdraw(session, key, now=now)
                else:
                    reviews.wait_again(session, key, revision=standing, now=now)
                    waiting += 1
            late = 0
            for brand in review_settings.of_all(session):
                old = _months_before(now, brand.keep_months)
                withdrawn += sum(
                    reviews.withdraw(session, one, now=now)
                    for one in reviews_due.kept_too_long(session, brand.brand_id, old)
                )
                n = (
                    reviews_due.late(session, brand.brand_id, now - timedelta(days=brand.publish_days))
                    if brand.enabled
                    else 0
                )
                if n:
                    raise_alert(session, LATE, now=now, subject=brand.brand_id, detail=str(n))
                else:
                    resolve(session, LATE, now=now, subject=brand.brand_id)
                late += n
            return Followed(waiting, withdrawn, late)

    return again(once)


def _months_before(now: datetime, months: int) -> datetime:
    days = now.date().toordinal() - add_months(now.date().toordinal(), -months)
    return now - timedelta(days=days)
