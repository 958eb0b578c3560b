"""Everything that the tables of the line keep of one person, row by row, for the copy that they may ask for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from surveyor.core.data_map import Kind, kind_of
from surveyor.core.traces import Traces
from surveyor.db import naming
from surveyor.db.base import Base
from surveyor.db.forget import Person

#: What only serves the installation: of no meaning to the person, and some of it opens links.
_LEFT_OUT = frozenset(
    "token_sha256 unsubscribe_sha256 body_sha256 content_sha256 fingerprint key_id owner fence lease_until".split()
)
_OTHERS = frozenset({"order_events", "provider_batches", "imports", "alerts", "audit", "sign_in_links"})


def rows_about(session: Session, who: Person, keys: Sequence[bytes]) -> dict[str, list[dict[str, Any]]]:
    """The rows of every table that name one of the accounts, addresses, orders, invitations or emails, by table."""
    links: Mapping[str, Sequence[Any]] = {
        "customer_id": list(who.accounts),
        "address_key": keys,
        "invitation_id": who.invitations,
        "email_id": who.emails,
        "order_id": sorted(who.traces.orders),
    }
    found: dict[str, list[dict[str, Any]]] = {}
    for table in Base.metadata.sorted_tables:
        if table.name in _OTHERS:
            continue
        by = dict(links) | ({"id": list(who.accounts)} if table.name == "customers" else {})
        conditions = [table.c[name].in_(values) for name, values in by.items() if name in table.c and values]
        if conditions:
            rows = session.execute(select(table).where(or_(*conditions))).mappings()
            found[table.name] = [_shown(table.name, row) for row in rows]
    bodies = [row for row in naming.bodies(session, who.traces) if who.traces.named_in(row.body)]
    found["order_events"] = [{"id": row.id.hex, "body": _read(row.body), "error": row.error} for row in bodies]
    emails = [email.hex for email in who.emails]
    found["provider_batches"] = [
        {"id": row.id.hex, "events": _events(bytes(row.body), who.emails, who.traces)}
        for row in naming.batches(session, who.traces, emails)
        if _names(bytes(row.body).decode("utf-8", "replace"), emails, who.traces)
    ]
    found |= _notes(session, who.traces)
    return {name: rows for name, rows in found.items() if rows}


def _notes(session: Session, traces: Traces) -> dict[str, list[dict[str, Any]]]:
    """Refused lines of imports and alerts that name the person."""
    tables = Base.metadata.tables
    imports, alerts = tables["imports"], tables["alerts"]
    lines = [
        {"file": row.name, "line": one}
        for row in session.execute(select(imports.c.name, imports.c.first_refusals))
        for one in row.first_refusals or ()
        if traces.named_in(json.dumps(one, ensure_ascii=False))
    ]
    said = session.execute(select(alerts.c.code, alerts.c.detail, alerts.c.last_at))
    told = [dict(row._mapping) for row in said if traces.addressed_in(row.detail)]
    return {"imports": lines, "alerts": told}


def _events(body: bytes, emails: Sequence[UUID], traces: Traces) -> list[Any]:
    """Of a provider's body the events that name the person: those of others are not theirs to read."""
    try:
        read = json.loads(body)
    except ValueError:
        return [body.decode("utf-8", "replace")]
    names = [email.hex for email in emails]
    return [one for one in _items(read) if _names(json.dumps(one, ensure_ascii=False), names, traces)]


def _items(read: Any) -> Iterator[Any]:
    if isinstance(read, list):
        yield from read
    else:
        yield read


def _names(text: str, emails: Sequence[str], traces: Traces) -> bool:
    return traces.addressed_in(text) or any(email in text.lower() for email in emails)


def _read(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body


def _shown(table: str, row: Mapping[Any, Any]) -> dict[str, Any]:
    shown = {}
    for name, value in row.items():
        if name in _LEFT_OUT or value is None or kind_of(table, name) is Kind.STAFF:
            continue
        shown[name] = value.hex() if isinstance(value, bytes) else value.hex if isinstance(value, UUID) else value
    if isinstance(shown.get("state"), str) and shown["state"].startswith("["):
        shown["state"] = _read(shown["state"])
    return shown
