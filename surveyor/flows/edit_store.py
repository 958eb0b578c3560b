"""Correct what is known of a store that orders name; its past days keep the region and brand they had."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from surveyor.core.periods import local_date
from surveyor.db import audit, stores
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows.manage_users import Actor

#: What a person may change: column -> where the form says it.
COLUMNS = {
    "name": "name",
    "city": "city",
    "region_id": "region",
    "brand_id": "brand",
    "segment_id": "segment",
    "zone": "tz",
    "language": "language",
    "excluded": "excluded",
    "named_to_peers": "named_to_peers",
}


def edit_store(sessions: Any, *, store: stores.Shop, changes: dict[str, Any], by: Actor, now: datetime) -> None:
    """Change columns of a store (see `COLUMNS`); what was incomplete is complete once its name is confirmed.

    Raises:
        NotFound: the store is no more. Refused: 422 `reference_unknown` for a region, brand or segment nobody knows.
    """
    with sessions.begin() as session:
        names = stores.names(session)
        if store.id not in names.stores:
            raise NotFound("store")
        known = {"region_id": names.regions, "brand_id": names.brands, "segment_id": names.segments}
        wrong = [column for column, all_ in known.items() if changes.get(column) and changes[column] not in all_]
        if wrong:
            raise Refused([_unknown(COLUMNS[column], str(changes[column])) for column in wrong])
        values = {column: changes[column] or None if column in known else changes[column] for column in changes}
        before = {column: getattr(store, column) or None for column in values}
        moved = {column: value for column, value in values.items() if value != before[column]}
        if store.to_complete and "name" in values:
            moved["to_complete"] = False
        if not moved:
            return
        stores.change(session, store.id, day=local_date(now, store.zone), **moved)
        before = {column: before[column] for column in moved if column in before}
        entry = audit.Entry(
            by.name, "store.edited", f"store:{store.id}", before, moved, "", by.ip_prefix, by.request_id
        )
        audit.append(session, entry, now=now)


def _unknown(where: str, value: str) -> Complaint:
    return Complaint(
        where,
        "reference_unknown",
        f"«\u00a0{value[:40]}\u00a0» n'existe pas dans le réseau. Choisissez dans la liste.",
        f'"{value[:40]}" does not exist in the network. Choose from the list.',
    )
