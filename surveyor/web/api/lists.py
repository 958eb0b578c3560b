"""`GET /api/v1/responses`, `/invitations`, `/decisions`: pages by cursor, or the whole as streamed CSV."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, json, make_response, request, stream_with_context

from surveyor.core.quoting import french, shown
from surveyor.db import listing
from surveyor.db.listing import After
from surveyor.errors import Complaint, Refused
from surveyor.web.api import cursors
from surveyor.web.api.cells import csv_lines
from surveyor.web.api.door import key_for
from surveyor.web.api.filters import Asked, arguments, asked, choice, whole
from surveyor.web.here import services

PAGE, MOST, STREAMED = 100, 1000, 2000
SORTS = ("responded_at", "score")
Read = Callable[..., Sequence[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Listed:
    """One list: its name, its query, its columns and the column that orders it."""

    name: str
    read: Read
    columns: tuple[str, ...]
    ordered_by: str


@key_for("responses:read")
def list_responses() -> Response:
    """Responses that count, without identity."""
    given = arguments("scope", "from", "to", "period", "limit", "cursor", "sort")
    sort: listing.Sort = "score" if choice(given, "sort", SORTS) == "score" else "responded_at"
    columns = (
        "id responded_at day score comment answers store_id segment rule_id rule_version questionnaire_version "
        "language source sent_at"
    )
    read = partial(listing.responses, sort=sort)
    return _list(given, Listed(f"responses.{sort}", read, tuple(columns.split()), sort))


@key_for("decisions:read")
def list_invitations() -> Response:
    """Invitations with what became of them."""
    given = arguments("scope", "from", "to", "period", "limit", "cursor")
    columns = (
        "id customer_id order_id store_id segment rule_id rule_version state reason decision_day due_at sent_at "
        "expires_at created_at"
    )
    return _list(given, Listed("invitations", listing.invitations, tuple(columns.split()), "created_at"))


@key_for("decisions:read")
def list_decisions() -> Response:
    """Every decision, refusals included, with the reason."""
    given = arguments("scope", "from", "to", "period", "limit", "cursor")
    columns = (
        "id customer_id order_id occurrence_on rule_id rule_version verdict reason store_id segment day planned_at "
        "cause facts decided_at"
    )
    return _list(given, Listed("decisions", listing.decisions, tuple(columns.split()), "decided_at"))


def _list(given: dict[str, str], listed: Listed) -> Response:
    wanted = asked(given, default="12m" if "cursor" in given else "4w")
    limit = whole(given, "limit", low=1, high=MOST, default=PAGE)
    after = cursors.read(services().keyring, listed.name, given["cursor"]) if "cursor" in given else None
    accepted = request.accept_mimetypes
    best = accepted.best_match(["application/json", "text/csv"]) if accepted else "application/json"
    if best is None:
        raise _not_acceptable()
    if best == "text/csv":
        rows = _all(listed, wanted, after)
        response = Response(stream_with_context(csv_lines(listed.columns, rows)), mimetype="text/csv")
        response.headers["Content-Disposition"] = f'attachment; filename="{listed.name.partition(".")[0]}.csv"'
        return response
    rows_of_page = _read(listed, wanted, after, limit + 1)
    body: dict[str, Any] = {"data": [_plain(row, listed.columns) for row in rows_of_page[:limit]], "next": None}
    if len(rows_of_page) > limit:
        last = rows_of_page[limit - 1]
        body["next"] = cursors.write(services().keyring, listed.name, After(last[listed.ordered_by], last["id"]))
    response = make_response(json.dumps(body, ensure_ascii=False))
    response.mimetype = "application/json"
    return response


def _read(listed: Listed, wanted: Asked, after: After | None, limit: int) -> Sequence[dict[str, Any]]:
    with services().read_sessions() as session:
        return listed.read(session, wanted.reach, wanted.period, limit=limit, after=after)


def _all(listed: Listed, wanted: Asked, after: After | None) -> Iterator[dict[str, Any]]:
    """Every row, a page at a time: no long snapshot, no growing memory."""
    while rows := _read(listed, wanted, after, STREAMED):
        yield from rows
        after = After(rows[-1][listed.ordered_by], rows[-1]["id"])


def _plain(row: dict[str, Any], columns: tuple[str, ...]) -> dict[str, Any]:
    return {name: _value(row[name]) for name in columns}


def _value(value: Any) -> Any:
    if isinstance(value, UUID):
        return value.hex
    return value.isoformat() if isinstance(value, datetime | date) else value


def _not_acceptable() -> Refused:
    said = shown(request.headers.get("Accept", ""))
    fr = french(f"Accept {said} : seuls application/json et text/csv sont produits ici.")
    en = f"Accept {said}: only application/json and text/csv are produced here."
    return Refused([Complaint("Accept", "not_acceptable", fr, en)], status=406)
