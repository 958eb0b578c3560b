"""Orders of erased persons come without a name: the order is stored and counted, its customer is nobody."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from surveyor.core.orders import OrderEvent
from surveyor.core.tokens import AddressError, Keyring
from surveyor.db import erasures


def take_names(
    session: Any, events: Sequence[OrderEvent], unknown: Collection[str], *, source: str, keys: Keyring, now: datetime
) -> bool:
    """Take the identity off the events of these unknown customers who were erased, by id or by address.

    Whether there was one: the customers of the events are then to be looked up again. Their payloads are emptied.
    """
    if not erasures.any_yet(session):
        return False
    wanted = set(unknown)
    theirs = [event for event in events if event.customer_id in wanted]
    addresses = {event.customer_id: key for event in theirs if (key := _key(event.email, keys)) is not None}
    opaque = {name: keys.erased_name(name) for name in wanted}
    names, opposed = erasures.erased_among(session, set(opaque.values()), set(addresses.values()))
    new = {
        opaque[name]: key
        for name, key in addresses.items()
        if key in opposed and opaque[name] not in names and opaque[name] != name
    }
    erasures.add_nameless(session, new, now=now)
    erased = [event for event in theirs if opaque[event.customer_id] in names | new.keys()]
    erased = [event for event in erased if event.customer_id != opaque[event.customer_id]]
    for event in erased:
        event.customer_id = opaque[event.customer_id]
        event.email = event.first_name = event.last_name = ""
        event.attributes, event.body = {}, b""
    if erased:
        erasures.empty_bodies(session, source, sorted({event.event_id for event in erased}))
    return bool(erased)


def _key(email: str, keys: Keyring) -> bytes | None:
    try:
        return keys.address_key(email) if email else None
    except AddressError:
        return None
