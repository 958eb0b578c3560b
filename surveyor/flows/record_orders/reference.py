"""Stores and customers that come with orders: known, made or completed before anything is decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from surveyor.core.orders import OrderEvent
from surveyor.core.tokens import AddressError, Keyring
from surveyor.db import customers, network
from surveyor.db.base import new_ids
from surveyor.db.customers import CustomerRow
from surveyor.db.network import StoreRow
from surveyor.errors import Complaint
from surveyor.flows.customer_journey.regime import Defaults
from surveyor.flows.record_orders.nameless import take_names
from surveyor.ingest.complaints import complain


def unknown_stores(session: Any, events: Iterable[OrderEvent]) -> dict[str, Complaint]:
    """The stores that these events name and nobody declared, each with what to say of it."""
    asked = {event.store_id for event in events if event.store_id}
    known = network.stores(session, asked)
    return {store_id: complain("store_unknown", "/store_id", store_id) for store_id in asked - known.keys()}


def complete_stores(
    session: Any, events: list[OrderEvent], known: Mapping[str, StoreRow], *, defaults: Defaults, now: datetime
) -> bool:
    """Make the unknown stores of these events, `to_complete`, and fill what is empty by what came; whether any was."""
    said: dict[str, StoreRow] = {}
    for event in events:
        if event.store_id and (event.store_id not in known or event.store_name or event.region or event.brand):
            said[event.store_id] = _with_event(said.get(event.store_id, _blank(event.store_id, defaults)), event)
    missing = [row for store_id, row in said.items() if store_id not in known]
    filling = {store_id: _filling(known[store_id], row) for store_id, row in said.items() if store_id in known}
    filled = {store_id: found for store_id, found in filling.items() if any(found)}
    segments = {event.segment for event in events if event.segment}
    _add_names(session, [*missing, *(said[s] for s in filled)], segments, now=now)
    if missing:
        named = [replace(row, name=row.name or row.id) for row in missing]
        network.add_stores(session, named, day=now.date(), now=now)
    network.complete_stores(session, filled)
    return bool(missing or filled)


def customers_of(
    session: Any, events: list[OrderEvent], *, source: str, keys: Keyring, now: datetime
) -> tuple[dict[str, CustomerRow], dict[str, CustomerRow]]:
    """The customers of these events by the source's id: as they stand, and as the events say they are now.

    Unknown ones are inserted as the events describe them, so that they have a row to lock.
    """
    asked = {event.customer_id for event in events if event.customer_id}
    known = customers.by_external_id(session, asked)
    missing = sorted(asked - known.keys())
    if missing and take_names(session, events, missing, source=source, keys=keys, now=now):
        return customers_of(session, events, source=source, keys=keys, now=now)
    ids = new_ids(now, len(missing))
    described = {name: CustomerRow(key, name) for name, key in zip(missing, ids, strict=True)} | known
    for event in events:
        name = event.customer_id
        if name and not _says_nothing_new(row := described[name], event):
            described[name] = _described(row, event, keys)
    if missing:
        made = customers.add(session, [described[name] for name in missing], now=now)
        known |= {name: described[name] for name in made}
        known |= customers.by_external_id(session, [name for name in missing if name not in made])
        described |= {name: described[name]._replace(id=known[name].id, created=True) for name in missing}
    return known, described


def _says_nothing_new(row: CustomerRow, event: OrderEvent) -> bool:
    """Whether an event describes its customer as they are known already: what nearly all do."""
    return (
        (event.email == row.email and (row.address_key is not None or not row.email))
        and (event.first_name == row.first_name or not event.first_name)
        and (event.last_name == row.last_name or not event.last_name)
        and (event.language == row.language or not event.language)
        and (event.segment == row.segment or not event.segment)
    )


def _described(row: CustomerRow, event: OrderEvent, keys: Keyring) -> CustomerRow:
    address = address_of(event.email, keys)
    return row.with_news(
        email=event.email if address else "",
        address_key=address,
        first_name=event.first_name,
        last_name=event.last_name,
        language=event.language,
        segment=event.segment,
    )


def address_of(email: str, keys: Keyring) -> bytes | None:
    """The key of an address; None when there is none that can be written to."""
    try:
        return keys.address_key(email) if email else None
    except AddressError:
        return None


def _blank(store_id: str, defaults: Defaults) -> StoreRow:
    return StoreRow(store_id, "", defaults.zone, language=defaults.language, to_complete=True)


def _with_event(row: StoreRow, event: OrderEvent) -> StoreRow:
    return replace(
        row,
        name=row.name or event.store_name,
        region=row.region or event.region,
        brand=row.brand or event.brand,
    )


def _filling(known: StoreRow, said: StoreRow) -> tuple[str, str, str]:
    """Name, region and brand that were empty and came with an order; "" for what stays."""
    nameless = known.to_complete and known.name == known.id
    return (
        said.name if nameless and said.name != known.name else "",
        said.region if not known.region else "",
        said.brand if not known.brand else "",
    )


def _add_names(session: Any, rows: list[StoreRow], segments: set[str], *, now: datetime) -> None:
    new_segments = segments - network.known_segments(session, segments) if segments else set()
    brands = {row.brand for row in rows if row.brand}
    regions = {row.region for row in rows if row.region}
    network.add_names(session, now=now, brands=brands, regions=regions, segments=new_segments)
