"""`POST /api/v1/orders`: the door through which order events come by HTTP; the answer is given after the commit."""

from __future__ import annotations

from typing import Any

from flask import Response, g, json, make_response, request

from surveyor.db.health import is_away
from surveyor.errors import Refused
from surveyor.flows.take_events import Taken, Told, recorder, take_events
from surveyor.ingest.payload import MAX_BODY, read_events
from surveyor.web.api.body import JSON, NDJSON, raw_body
from surveyor.web.api.buckets import take
from surveyor.web.api.door import api_key, key_for
from surveyor.web.errors import Stop
from surveyor.web.here import now, services
from surveyor.web.language import language
from surveyor.web.texts import say

RATE, BURST = 50, 200


@key_for("orders:write")
def post_orders() -> Response:
    """One event, an array of up to 1000, or NDJSON; each has its verdict."""
    key = api_key()
    take(f"orders:{key.name}", rate=RATE, burst=BURST, at=now())
    raw = raw_body(MAX_BODY, kinds=(JSON, NDJSON))
    batch = read_events(raw, now=now(), ndjson=request.mimetype == NDJSON)
    return answer(take_batch(batch, source=key.name), language())


def take_batch(batch: list[Any], *, source: str) -> Taken:
    """Record a batch of this source. Raises Stop 503 with Retry-After while the database is away."""
    here = services()
    try:
        return take_events(batch, record=recorder(here, source=source, now=now()))
    except Refused:
        raise
    except Exception as error:
        if is_away(error):
            raise Stop("unavailable", 503, headers={"Retry-After": "5"}) from error
        raise


def answer(taken: Taken, told: str) -> Response:
    """200 with the counts; 422 as a problem document when not one event was acceptable."""
    body: dict[str, Any] = {
        "accepted": taken.accepted,
        "duplicates": taken.duplicates,
        "conflicts": taken.conflicts,
        "rejected": [_told(one, told) for one in taken.rejected],
    }
    if taken.conflicting:
        body["conflicting"] = [_told(one, told) for one in taken.conflicting]
    if taken.rejected and not (taken.accepted or taken.duplicates or taken.conflicts):
        first = taken.rejected[0].complaint
        body |= {
            "type": f"/problems/{first.code}",
            "title": say(told, f"problems.{first.code}.title"),
            "status": 422,
            "detail": first.message(told),
            "code": first.code,
            "where": first.where,
            "request_id": g.get("request_id", ""),
            "errors": [
                {"where": one.complaint.where, "code": one.complaint.code, "message": one.complaint.message(told)}
                for one in taken.rejected
            ],
        }
        return _json(body, 422, "application/problem+json")
    return _json(body, 200, JSON)


def _told(one: Told, told: str) -> dict[str, Any]:
    complaint = one.complaint
    return {
        "index": one.index,
        "code": complaint.code,
        "field": one.field,
        "where": complaint.where,
        "message": complaint.message(told),
    }


def _json(body: dict[str, Any], status: int, mimetype: str) -> Response:
    response = make_response(json.dumps(body, ensure_ascii=False), status)
    response.mimetype = mimetype
    return response
