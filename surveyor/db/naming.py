"""Payloads of orders and bodies of providers that may name a person: the database looks first, Python reads the rest.

A body that is kept is read by the thousand when somebody is forgotten: fetched and searched in Python each cost seven
times what the database takes to pass over it. What the database leaves out names nobody; what it leaves in may.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select, true
from sqlalchemy.orm import Session

from surveyor.core.traces import Traces
from surveyor.db.base import first_id
from surveyor.db.engine import dialect_name
from surveyor.db.tables.emails import ProviderBatch
from surveyor.db.tables.orders import OrderEventRow

PAGE = 1000
_CUSTOMER = '"customer_id"'
#: What a source may write in place of any letter, or of a slash; we write neither, so it is only in what is kept raw.
_ESCAPES = (r"\u", r"\/")


def bodies(session: Session, traces: Traces, *, since: datetime | None = None) -> Iterator[Any]:
    """Order payloads that may name the person, by id: id, body, error.

    By the id of an order only those are found that say no customer: the payload of somebody else, who took the order
    over, is theirs.
    """
    row = OrderEventRow
    full = dialect_name(session) == "postgresql"
    named = _holds(row.body, traces.addresses, traces.customers, full=full)
    named = or_(named, *(_within(row.body, escape, full=full) for escape in _ESCAPES))
    if traces.orders:
        named = or_(named, ~_within(row.body, _CUSTOMER, full=full))
    found = and_(row.body.is_not(None), or_(named, _holds(row.error, traces.addresses, (), full=full)))
    query = select(row.id, row.body, row.error).where(found).order_by(row.id).limit(PAGE)
    yield from _pages(session, query, row.id, None if since is None else first_id(since))


def batches(session: Session, traces: Traces, emails: Iterable[str] = ()) -> Iterator[Any]:
    """Provider bodies that may hold an address of the person, or the id of one of these emails (32 small hexadecimal
    digits), by id: id, body, state."""
    b = ProviderBatch
    query = select(b.id, b.body, b.state).where(func.length(b.body) > 0)
    if dialect_name(session) == "postgresql":  # as text, whatever its bytes are; one backslash is written as two
        plain = [address for address in traces.addresses if "\\" not in address]
        if len(plain) == len(traces.addresses):
            said = func.encode(b.body, "escape")
            query = query.where(or_(_holds(said, [*plain, *emails], (), full=True), _within(said, r"\\u", full=True)))
    yield from _pages(session, query.order_by(b.id).limit(20), b.id, None)


def _holds(column: Any, addresses: Iterable[str], ids: Iterable[str], *, full: bool) -> Any:
    """A condition that every text fulfils which holds one of the addresses, in any case, or one of the ids.

    full: on PostgreSQL, whose LIKE takes half as long again as a search for letters; SQLite's is the quickest it has,
    and takes capitals of ASCII for small letters by itself.
    """
    if not all(address.isascii() for address in addresses):
        return true()  # a database folds the case of ASCII alone
    forms = {json.dumps(one, ensure_ascii=plain)[1:-1] for one in ids for plain in (True, False)}
    folded = func.lower(column) if full else column
    return or_(
        *(_within(folded, address, full=full) for address in sorted(addresses)),
        *(_within(column, form, full=full) for form in sorted(forms)),
        *([] if addresses or forms else [~true()]),
    )


def _within(column: Any, text: str, *, full: bool) -> Any:
    return func.strpos(column, text) > 0 if full else column.like(f"%{_escaped(text)}%", escape="\\")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _pages(session: Session, query: Any, key: Any, after: UUID | None) -> Iterator[Any]:
    while True:
        page = session.execute(query if after is None else query.where(key > after)).all()
        yield from page
        if not page:
            return
        after = page[-1].id
