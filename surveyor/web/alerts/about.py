"""What an alert is about, in its reader's words: figures, streams and what waits; anything else as it was noted."""

from __future__ import annotations

import re

from surveyor.flows.release_stream import ALERT as PAUSED
from surveyor.flows.watch_line import CODE as WAITS
from surveyor.web.language import text
from surveyor.web.standing import CAUSES, cause_words, figure_words
from surveyor.web.texts import catalogue

STREAMS = (PAUSED, "stream_in_doubt")
#: What may wait too long (db/invariants, E6), and its text.
WAITING = {
    "an email whose lease was over 15 seconds ago": "lease",
    "an email that waits 15 minutes past its due time": "email",
    "provider events that nobody applied for 15 minutes": "batch",
    "an order event that nobody decided upon for 15 minutes": "event",
}
_ROWS = re.compile(r"(\d+) rows")
_COUNT = re.compile(r"\d+")


def about(code: str, subject: str, detail: str) -> str:
    """Subject and detail of an alert in one line; empty when it has neither."""
    if code in STREAMS:
        provider, _, kind = subject.partition("/")
        known = f"deliveries.kind.{kind}" in catalogue()
        subject = f"{provider} · {text(f'deliveries.kind.{kind}') if known else text('alerts.streams.every')}"
        cause, _, figures = detail.partition(" ")
        detail = f"{cause_words(cause)} {figures}".strip() if cause in CAUSES else detail
    elif code == WAITS and subject in WAITING:
        subject = text(f"alerts.waits.{WAITING[subject]}")
        rows = _ROWS.fullmatch(detail)
        detail = rows[1] if rows else detail
    elif code == "reviews_late" and _COUNT.fullmatch(detail):
        detail = text("alerts.listing.reviews", n=int(detail))
    elif code == "event_unusable":
        detail = ""  # noted in English; the page of sources says it to its reader
    return " · ".join(part for part in (subject, figure_words(detail)) if part)
