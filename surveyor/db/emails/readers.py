"""Who a group of emails is written to, under lock: their states, what their addresses refused, how often they chose."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from surveyor.db.persons import Opposition, StateRow
from surveyor.db.plain import Statement, hashes_full, ids_full, ids_lite, is_full, reading, when_lite

_STATES_TEXT = (
    "SELECT s.customer_id, s.address_key, s.state, c.external_id, c.email, c.segment, c.language "
    "FROM customer_state s JOIN customers c ON c.id = s.customer_id "
    "WHERE s.customer_id {} OR s.address_key {} ORDER BY s.customer_id{}"
)
_STATES = Statement(
    _STATES_TEXT.format("IN (@)", "IN (@)", ""),
    _STATES_TEXT.format("= ANY(CAST(%s AS uuid[]))", "= ANY(CAST(%s AS bytea[]))", " FOR UPDATE OF s"),
)


def lock_states(session: Session, customer_ids: Collection[UUID], address_keys: Collection[bytes]) -> list[StateRow]:
    """The state rows of these customers and of everybody at these addresses, locked in the order of their keys."""
    rows = _STATES.run(
        session,
        lite=[ids_lite(customer_ids), list(address_keys)],
        full=[ids_full(customer_ids), hashes_full(address_keys)],
    )
    if is_full(session):
        return [StateRow(*row) for row in rows]
    ident = reading(session).id
    return [StateRow(ident(row[0]), *row[1:]) for row in rows]


_AGAIN_TEXT = "SELECT customer_id, address_key, state FROM customer_state WHERE address_key {}"
_AGAIN = Statement(
    _AGAIN_TEXT.format("IN (@)"),
    _AGAIN_TEXT.format("= ANY(CAST(%s AS bytea[])) ORDER BY customer_id FOR UPDATE"),
)


def lock_again(session: Session, address_keys: Collection[bytes]) -> set[tuple[UUID, bytes, str]]:
    """Whoever has these addresses now, locked in the order of their keys: (customer, address key, state)."""
    ident = reading(session).id
    rows = _AGAIN.run(session, lite=[list(address_keys)], full=[hashes_full(address_keys)])
    return {(ident(row[0]), bytes(row[1]), row[2]) for row in rows}


_WISHES_TEXT = (
    "SELECT address_key, reason, scope, expires_at, NULL, created_at FROM suppressions WHERE address_key {0} "
    "AND lifted_at IS NULL AND (expires_at IS NULL OR expires_at > {1}) UNION ALL "
    "SELECT address_key, '', '', NULL, gap_months, chosen_at FROM preferences "
    "WHERE address_key {0} AND gap_months IS NOT NULL ORDER BY 6"
)
_WISHES = Statement(_WISHES_TEXT.format("IN (@)", "?"), _WISHES_TEXT.format("= ANY(CAST(%s AS bytea[]))", "%s"))


def wishes(
    session: Session, address_keys: Collection[bytes], *, now: datetime
) -> tuple[list[Opposition], dict[bytes, int]]:
    """What these addresses refused, in force at `now`, the oldest first; and the months that "less often" means."""
    listed, full = list(address_keys), hashes_full(address_keys)
    rows = _WISHES.run(session, lite=[listed, when_lite(now), listed], full=[full, now, full])
    instant = reading(session).instant
    refused = [Opposition(bytes(row[0]), row[1], row[2], instant(row[3])) for row in rows if row[4] is None]
    return refused, {bytes(row[0]): int(row[4]) for row in rows if row[4] is not None}
