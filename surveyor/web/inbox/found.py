"""The case of an address, inside the reader's scopes, and how a list is asked for; between the URL and the reads."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

from flask import request

from surveyor.core.scope import covers
from surveyor.core.scope.roles import may
from surveyor.db import cases, users
from surveyor.db.cases import Listed, Shown, Wanted
from surveyor.errors import NotFound
from surveyor.web.here import services
from surveyor.web.security.people import me

PAGE = 25
STATUSES = ("open", "new", "in_progress", "waiting", "closed")
WHYS = ("severe", "score", "label", "call_back", "person")
_ID = re.compile(r"[0-9a-f]{32}")
_AFTER = re.compile(r"(\d{1,17})-([0-9a-f]{32})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def identifier(text: str, what: str) -> UUID:
    """An id of an address; NotFound for anything else."""
    if not _ID.fullmatch(text):
        raise NotFound(what)
    return UUID(hex=text)


def find(case_id: str, **_others: str) -> Shown:
    """The case of an address when it is inside the reader's scopes; NotFound otherwise."""
    ident = identifier(case_id, "case")
    with services().sessions() as session:
        found = cases.shown(session, me().reach, ident)
    if found is None:
        raise NotFound("case")
    return found


def wanted() -> Wanted:
    """What the address of a list asks for; what cannot be read is left out."""
    given = request.args.get
    status, who, why = given("status", "open"), given("who", ""), given("why", "")
    return Wanted(
        status=status if status in STATUSES else "" if status == "all" else "open",
        who=who if who in ("mine", "nobody") else "",
        me=me().id,
        why=why if why in WHYS else "",
        label=given("label", "")[:40],
        late=given("late") == "1",
        unread=given("unread") == "1",
        store=given("store", "")[:200],
        after=_after(given("after", "")),
        limit=PAGE + 1,
    )


def filters(asked: Wanted) -> dict[str, str | None]:
    """The same question as parameters of an address, without where the page begins."""
    status = None if asked.status == "open" else asked.status or "all"
    flags = {"late": "1" if asked.late else None, "unread": "1" if asked.unread else None}
    rest = {"who": asked.who or None, "why": asked.why or None, "label": asked.label or None}
    return {"status": status, **rest, **flags, "store": asked.store or None}


def cursor(row: Listed) -> str:
    """Where the next page begins."""
    return f"{(row.opened_at - _EPOCH) // timedelta(microseconds=1)}-{row.id.hex}"


def _after(text: str) -> tuple[datetime, UUID] | None:
    found = _AFTER.fullmatch(text)
    if found is None:
        return None
    return _EPOCH + timedelta(microseconds=int(found[1])), UUID(hex=found[2])


def owners(shown: Shown) -> list[tuple[str, str]]:
    """(id, name) of those who may work on a case: active, allowed, its store inside their scopes."""
    with services().sessions() as session:
        everybody = users.everybody(session)
        place = cases.place(session, shown.case.store_id)
    segment = shown.case.segment
    return [
        (one.id.hex, one.name or one.email)
        for one in everybody
        if one.active
        and may(one.role, "write", "cases")
        and covers(one.reach, store=shown.case.store_id, segment=segment, **place)
    ]
