"""Stores and customers that come with orders: known, made or completed before anything is decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from surveyor.core.orders import OrderEvent
from surveyor.core.tokens import AddressError, Keyring
from surveyor.db import customers, network
from surveyor.db.base import new_id
from surveyor.db.customers import CustomerRow
from surveyor.db.network import StoreRow
from surveyor.errors import Complaint
from surveyor.flows.customer_journey.regime import Defaults
from surveyor.ingest.complaints import complain


def unknown_stores(session: Any, events: Iterable[OrderEvent]) -> dict[str, Complaint]:
    """The stores that these events name and nobody declared, each with what to say of it."""
    asked = {event.store_id for event in events if event.store_id}
    known = network.stores(session, asked)
    return {store_id: complain("store_unknown", "/store_id", store_id) for store_id in asked - known.keys()}


def stores_of(session: Any, events: list[OrderEvent], *, defaults: Defaults, now: datetime) -> dict[str, StoreRow]:
    """The stores of these events; an unknown one is made `to_complete`, what is empty is filled by what came."""
    said: dict[str, StoreRow] = {}
    for event in events:
        if event.store_id:
            said[event.store_id] = _with_event(said.get(event.store_id, _blank(event.store_id, defaults)), event)
    known = network.stores(session, said)
    missing = [said[store_id] for store_id in said.keys() - known.keys()]
    filling = {store_id: _filling(row, said[store_id]) for store_id, row in known.items()}
    filled = {store_id: found for store_id, found in filling.items() if any(found)}
    segments = {event.segment for event in events if event.segment}
    _add_names(session, [*missing, *(said[s] for s in filled)], segments, now=now)
    if missing:
        named = [replace(row, name=row.name or row.id) for row in missing]
        network.add_stores(session, named, day=now.date(), now=now)
    network.complete_stores(session, filled)
    return network.stores(session, said) if missing or filled else known


def customers_of(
    session: Any, events: list[OrderEvent], *, keys: Keyring, now: datetime
) -> tuple[dict[str, CustomerRow], dict[str, CustomerRow]]:
    """The customers of these events by the source's id: as they stand, and as the events say they are now.

    Unknown ones are inserted as the events describe them, so that they have a row to lock.
    """
    asked = {event.customer_id for event in events if event.customer_id}
    known = customers.by_external_id(session, asked)
    missing = asked - known.keys()
    described = {name: CustomerRow(new_id(now), name) for name in missing} | known
    for event in events:
        if event.customer_id:
            described[event.customer_id] = _described(described[event.customer_id], event, keys)
    if missing:
        customers.add(session, [described[name] for name in missing], now=now)
        known |= customers.by_external_id(session, missing)
        described |= {name: replace(described[name], id=known[name].id, created=True) for name in missing}
    return known, described


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
