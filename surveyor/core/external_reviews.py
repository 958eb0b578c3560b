"""A review published elsewhere, on its way to the list of reviews and to REV-02 and 06; never to our public pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

GOOGLE = "google"


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
