"""Files of a timelapse: orders as their source sent them, and the answers that people gave."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from surveyor.core.orders import EventType
from surveyor.errors import Complaint, Refused
from surveyor.ingest.complaints import complain
from surveyor.ingest.fields import instant
from surveyor.ingest.files import rows_of
from surveyor.ingest.payload import read_event
from surveyor.jobs.timelapse.mailbox import Mail, Reaction

#: Dates of a file that is lived are only asked to be dates.
_FAR = datetime(9999, 1, 1, tzinfo=UTC)
_SOON = timedelta(minutes=1)


def received(path: Path, *, refuse: Callable[[Complaint], None]) -> list[tuple[datetime, Any]]:
    """The events of a CSV or NDJSON file (`.gz` too) by the instant at which each was received, held in memory.

    That is `received_at` where there is such a column, else the instant of collection, else that of the order; at one
    instant cancellations come first, then orders by id (rules.md, 10). A row that cannot be read goes to `refuse`.
    """
    found = []
    for row in rows_of(path):
        if isinstance(row.content, Complaint):
            refuse(row.content)
            continue
        try:
            content: Mapping[str, Any] = {name: value for name, value in row.content.items() if name != "received_at"}
            event = read_event(content, now=_FAR, prefix=f"{row.line}:")
            said = instant(row.content.get("received_at"), f"{row.line}:received_at", _FAR)
        except Refused as wrong:
            refuse(wrong.complaints[0])
            continue
        found.append(((said or event.completion() or event.ordered_at).astimezone(UTC), event))
    taking_back = (EventType.CANCELLED, EventType.REFUNDED)
    return sorted(found, key=lambda one: (one[0], one[1].type not in taking_back, one[1].order_id))


class Answers:
    """Answers out of a CSV: `order_id`, `score`, `comment`, `answered_at`; to the email that the order led to."""

    def __init__(self, path: Path) -> None:
        self.by_order: dict[str, tuple[datetime | None, int, str]] = {}
        for row in rows_of(path, columns=("order_id", "score")):
            if isinstance(row.content, Complaint):
                raise Refused([row.content])
            self.by_order[str(row.content.get("order_id", ""))] = _answer(row.content, row.line)

    def __call__(self, mail: Mail) -> Sequence[Reaction]:
        """The answer to this email, if the file has one; at once when its instant is before the email."""
        found = self.by_order.get(mail.facts.order_id)
        if found is None:
            return ()
        at, score, comment = found
        after = max(_SOON, at - mail.at) if at is not None else timedelta(hours=3)
        return (Reaction(after, "answer", score, comment),)


def _answer(content: Mapping[str, Any], line: int) -> tuple[datetime | None, int, str]:
    raw = str(content.get("score", "")).strip()
    if raw not in {str(score) for score in range(11)}:
        where = f"{line}:score"
        fr, en = "Choisissez une note de 0 à 10.", "Choose a score from 0 to 10."
        raise Refused([Complaint(where, "score_invalid", f"{where} : {fr}", f"{where}: {en}")])
    if not content.get("order_id"):
        raise Refused([complain("field_required", f"{line}:order_id")])
    at = instant(content.get("answered_at"), f"{line}:answered_at", _FAR)
    return at, int(raw), str(content.get("comment", ""))
