"""A review published elsewhere, on its way to the list of reviews and to REV-02 and 06; never to our public pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

GOOGLE = "google"
#: A review of so many stars or fewer waits for an answer, when it is as young as this and has none.
OPENS_AT_MOST = 3
OPENS_WITHIN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ExternalReview:
    """external_id: of the other site, unique there. rating: 1 to 5 stars. Instants are aware; texts may be ""."""

    external_id: str
    store_id: str
    rating: int
    created_at: datetime
    author: str = ""
    text: str = ""
    reply: str = ""
    replied_at: datetime | None = None
    language: str = ""


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line that could not be taken: its number from 1, the field, and a code. Nothing of its content."""

    line: int
    field: str
    code: str


def opens_case(rating: int | None, created_at: datetime, *, replied: bool, now: datetime) -> bool:
    """Whether a review from elsewhere is put in the inbox by itself: few stars, no answer yet, not long ago."""
    low = rating is not None and rating <= OPENS_AT_MOST
    return low and not replied and now - created_at <= OPENS_WITHIN
