"""`GET /api/v1/responses`, `/invitations`, `/decisions`: pages by cursor, or the whole as a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, json, make_response, request

from surveyor.core.quoting import french, shown
from surveyor.db import listing
from surveyor.db.listing import After
from surveyor.errors import Complaint, Refused
from surveyor.web.api import cursors
from surveyor.web.api.cells import CSV_PRESETS, PRESETS
from surveyor.web.api.door import key_for
from surveyor.web.api.filters import Asked, arguments, asked, choice, whole
from surveyor.web.api.whole import MEDIA, as_file, media_of
from surveyor.web.here import services

PAGE, MOST = 100, 1000
SORTS = ("responded_at", "score")
_KNOWN = ("scope", "from", "to", "period", "limit", "cursor", "preset")
RESPONSES = tuple(
    "id responded_at day score comment answers store_id segment rule_id rule_version questionnaire_version "
    "language source sent_at".split()
)
IDENTITY = ("customer_id", "email", "first_name", "last_name")
INVITATIONS = tuple(
    "id customer_id order_id store_id segment rule_id rule_version state reason decision_day due_at sent_at "
    "expires_at created_at".split()
)
DECISIONS = tuple(
    "id customer_id order_id occurrence_on rule_id rule_version verdict reason store_id segment day planned_at "
    "cause facts decided_at".split()
)
Read = Callable[..., Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Listed:
    """One list: its name, its query, its columns and those that order it, before the id.

    walk: the query of the whole list, by the columns `walked` and the id.
    """

    name: str
    read: Read
    columns: tuple[str, ...]
    ordered_by: tuple[str, ...]
    walk: Read
    walked: tuple[str, ...]

    def after(self, row: dict[str, Any]) -> After:
        """Where the page behind a row begins."""
        return After(tuple(row[name] for name in self.ordered_by), row["id"])


def responses(sort: listing.Sort = "responded_at", *, identity: bool = False) -> Listed:
    """Responses that count; with `identity` also who gave them."""
    read, walk = partial(listing.responses, sort=sort), partial(listing.responses, sort="named" if identity else "walk")
    columns = RESPONSES + (IDENTITY if identity else ())
    by_day = ("day", "responded_at")
    ordered_by = ("score", *by_day) if sort == "score" else by_day
    return Listed(f"responses.{sort}", read, columns, ordered_by, walk, ("day", "store_id"))


def invitations() -> Listed:
    """Invitations and what became of them."""
    walk, by_day = partial(listing.invitations, walk=True), ("decision_day", "store_id")
    return Listed("invitations", listing.invitations, INVITATIONS, by_day, walk, by_day)


def decisions() -> Listed:
    """Every decision."""
    walk, by_day = partial(listing.decisions, walk=True), ("day", "store_id")
    return Listed("decisions", listing.decisions, DECISIONS, by_day, walk, by_day)


@key_for("responses:read")
def list_responses() -> Response:
    """Responses that count, without identity."""
    given = arguments(*_KNOWN, "sort")
    sort: listing.Sort = "score" if choice(given, "sort", SORTS) == "score" else "responded_at"
    return _list(given, responses(sort))


@key_for("decisions:read")
def list_invitations() -> Response:
    """Invitations with what became of them."""
    return _list(arguments(*_KNOWN), invitations())


@key_for("decisions:read")
def list_decisions() -> Response:
    """Every decision, refusals included, with the reason."""
    return _list(arguments(*_KNOWN), decisions())


def _list(given: dict[str, str], listed: Listed) -> Response:
    wanted = asked(given, default="12m" if "cursor" in given else "4w")
    limit = whole(given, "limit", low=1, high=MOST, default=PAGE)
    after = None
    if "cursor" in given:
        after = cursors.read(services().keyring, listed.name, listed.ordered_by, given["cursor"])
    written = choice(given, "preset", PRESETS)
    form = _form(written)
    if form:
        return as_file(listed, wanted.reach, wanted.period, form, after=after)
    rows_of_page = _read(listed, wanted, after, limit + 1)
    body: dict[str, Any] = {"data": [_plain(row, listed.columns) for row in rows_of_page[:limit]], "next": None}
    if len(rows_of_page) > limit:
        body["next"] = cursors.write(services().keyring, listed.name, listed.after(rows_of_page[limit - 1]))
    response = make_response(json.dumps(body, ensure_ascii=False))
    response.mimetype = "application/json"
    return response


def _form(written: str) -> str:
    """The form of the file that is asked for, "" for a page of JSON. `preset` says which CSV, or stands alone."""
    accepted = request.accept_mimetypes
    best = accepted.best_match(["application/json", *MEDIA]) if accepted else "application/json"
    if best is None:
        raise _not_acceptable()
    if best in MEDIA and not (best == "text/csv" and written in CSV_PRESETS):
        return MEDIA[best]
    if written and (not accepted or best == "text/csv" or accepted[media_of(written)]):
        return written
    return ""


def _read(listed: Listed, wanted: Asked, after: After | None, limit: int) -> Sequence[dict[str, Any]]:
    with services().read_sessions() as session:
        return listed.read(session, wanted.reach, wanted.period, limit=limit, after=after)


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
