"""Lines of costs, tickets and mentions, from a file's cells to what is kept; a refusal names line and field."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from surveyor.errors import Refused
from surveyor.ingest import fields
from surveyor.ingest.complaints import complain

_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_POLARITIES = {
    **dict.fromkeys(("1", "+1", "positive", "positif", "pos", "+"), 1),
    **dict.fromkeys(("0", "neutral", "neutre", "neu", "mixed", "mixte"), 0),
    **dict.fromkeys(("-1", "negative", "négatif", "negatif", "neg", "-"), -1),
}
Cells = Mapping[str, Any]


def read_cost(content: Cells, *, prefix: str) -> dict[str, Any]:
    """`amount`, and its days: `day`, `month` or `from` and `to`; `channel`, `currency` (EUR), `store_id`, `id`."""
    found = fields.amount(_text(content, "amount"), prefix + "amount")
    if found is None:
        raise Refused([complain("field_required", prefix + "amount")])
    first, last = _days(content, prefix)
    return {
        "ref": _identifier(content, "id", prefix),
        "channel": fields.text(_text(content, "channel"), prefix + "channel", limit=200),
        "store_id": _identifier(content, "store_id", prefix),
        "amount": found,
        "currency": fields.currency(_text(content, "currency"), prefix + "currency") or "EUR",
        "first_day": first,
        "last_day": last,
    }


def read_ticket(content: Cells, *, now: datetime, prefix: str) -> dict[str, Any]:
    """`ticket_id` and `created_at`; `customer_id`, `topic`, `channel`, `store_id`, `first_reply_at`, `resolved_at`,
    `agent_minutes`, `quality` (0 to 100). `person`: who wrote, as the source names them.
    """
    times = {
        name: fields.instant(_text(content, name), prefix + name, now)
        for name in ("created_at", "first_reply_at", "resolved_at")
    }
    created = times["created_at"]
    if created is None:
        raise Refused([complain("field_required", prefix + "created_at")])
    for name in ("first_reply_at", "resolved_at"):
        at = times[name]
        if at is not None and at < created:
            fr, en = "un instant après created_at", "an instant after created_at"
            raise Refused([_unexpected(prefix + name, content[name], fr, en)])
    quality = _decimal(content, "quality", prefix)
    if quality is not None and not 0 <= quality <= 100:
        raise Refused([_unexpected(prefix + "quality", quality, "de 0 à 100", "0 to 100")])
    minutes = _decimal(content, "agent_minutes", prefix)
    if minutes is not None and minutes < 0:
        raise Refused([_unexpected(prefix + "agent_minutes", minutes, "0 ou plus", "0 or more")])
    return {
        "ref": fields.required(content.get("ticket_id") or content.get("id"), prefix + "ticket_id", limit=200),
        "person": _identifier(content, "customer_id", prefix),
        "topic": fields.text(_text(content, "topic"), prefix + "topic", limit=200),
        "channel": fields.text(_text(content, "channel"), prefix + "channel", limit=200),
        "store_id": _identifier(content, "store_id", prefix),
        **{name: None if at is None else at.astimezone(UTC) for name, at in times.items()},
        "agent_minutes": minutes,
        "quality": quality,
    }


def read_mention(content: Cells, *, prefix: str) -> dict[str, Any]:
    """`day` (or `posted_at`) and `polarity` (-1, 0, 1 or a word); `network`, `store_id`, `judged_by`, `id`.

    Neither the text nor who wrote it is kept.
    """
    said = str(content.get("polarity") or content.get("sentiment") or "").strip().casefold()
    if said not in _POLARITIES:
        fr, en = "positive, neutral, negative, ou 1, 0, -1", "positive, neutral, negative, or 1, 0, -1"
        raise Refused([_unexpected(prefix + "polarity", said, fr, en)])
    name = "day" if content.get("day") else "posted_at"
    return {
        "ref": _identifier(content, "id", prefix),
        "network": fields.text(_text(content, "network"), prefix + "network", limit=200),
        "store_id": _identifier(content, "store_id", prefix),
        "polarity": _POLARITIES[said],
        "judged_by": fields.text(_text(content, "judged_by"), prefix + "judged_by", limit=200),
        "day": _day(content, name, prefix),
    }


def _days(content: Cells, prefix: str) -> tuple[date, date]:
    if month := _text(content, "month"):
        found = _MONTH.fullmatch(month.strip())
        if found is None or not 1 <= int(found[2]) <= 12:
            raise Refused([_unexpected(prefix + "month", month, "AAAA-MM", "YYYY-MM")])
        year, number = int(found[1]), int(found[2])
        return date(year, number, 1), date(year, number, calendar.monthrange(year, number)[1])
    if content.get("day"):
        day = _day(content, "day", prefix)
        return day, day
    first, last = _day(content, "from", prefix), _day(content, "to", prefix)
    if last < first:
        raise Refused([_unexpected(prefix + "to", last, "un jour après from", "a day after from")])
    return first, last


def _day(content: Cells, name: str, prefix: str) -> date:
    found = fields.day(content.get(name), prefix + name)
    if found is None:
        raise Refused([complain("field_required", prefix + name)])
    return found


def _decimal(content: Cells, name: str, prefix: str) -> Any:
    return fields.amount(_text(content, name), prefix + name)


def _text(content: Cells, name: str) -> str | None:
    value = content.get(name)
    return None if value is None or value == "" else str(value)


def _identifier(content: Cells, name: str, prefix: str) -> str:
    return fields.text(_text(content, name), prefix + name, limit=200, identifier=True)


def _unexpected(where: str, raw: Any, fr: str, en: str) -> Any:
    return complain("value_unexpected", where, raw, expected_fr=fr, expected_en=en)
