"""Which email a provider's event is about, and how much it may do: what is not certainly ours changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from surveyor.core.tokens import AddressError, Keyring
from surveyor.db import emails as emails_db
from surveyor.db import provider_events as rows
from surveyor.db.provider_events import Rung
from surveyor.mail.providers.base import ProviderEvent

#: An asynchronous bounce carries nothing of ours: it is about the latest email to its address, if that is recent.
RECENT = timedelta(days=5)
#: Providers count whole seconds, on clocks of their own.
AHEAD = timedelta(minutes=5)


class Matched(NamedTuple):
    """An event with the email (and attempt) it is about. by: as `email_events.matched_by`.

    key: the address it speaks of, None when that is nobody's we wrote to. certain: the email is known, not guessed from
    the address: only then does the ladder move. foreign: another installation's, kept and ignored.
    """

    event: ProviderEvent
    email_id: UUID | None = None
    n: int | None = None
    by: str = "none"
    key: bytes | None = None
    foreign: bool = False

    @property
    def certain(self) -> bool:
        """Whether the event proves something of its email."""
        return self.email_id is not None and self.by != "address"


def match(
    session: Any, provider: str, events: Sequence[ProviderEvent], *, keys: Keyring, installation: str
) -> tuple[list[Matched], dict[UUID, Rung]]:
    """Each event with its email: by our own arguments, the provider's reference, the return path, then the address;
    and the ladders of the emails found, locked after their customers.

    The address of an event must be that of its email (S33): one that is not is kept and has no effect.
    installation: the 16 digits that our emails carry; "": not compared.
    """
    told = _address_keys(events, keys)
    named = {event.email_id for event in events if event.email_id is not None}
    bare = {event.email_id for event in events if event.email_id is not None and not event.address}
    whose = {key for key in told.values() if key is not None} | rows.address_keys(session, bare)
    emails_db.lock(session, address_keys=whose, email_ids=())
    ladders = rows.rungs(session, named)
    # Asked once: an id is dear to look up.
    emails = [None if event.email_id is None else ladders.get(event.email_id) for event in events]
    unnamed = {event.provider_ref for event, email in zip(events, emails, strict=True) if email is None}
    refs = _references(session, provider, unnamed - {""}, ladders)
    found: list[Matched | None] = []
    heard = [told.get(event.address) for event in events]
    for event, email, key in zip(events, emails, heard, strict=True):
        if installation and event.installation and event.installation != installation:
            found.append(Matched(event, foreign=True))
        elif email is not None:
            found.append(_named(event, email, key))
        else:
            found.append(_referred(event, refs.get(event.provider_ref, ()), ladders, key))
    known = [one for one in found if one is not None]
    return (known if len(known) == len(found) else _by_address(session, events, heard, found)), ladders


def _references(
    session: Any, provider: str, unnamed: Collection[str], ladders: dict[UUID, Rung]
) -> dict[str, list[tuple[UUID, int]]]:
    """The emails that the provider's own references name, of events that name none of ours; added to `ladders`."""
    refs = rows.by_request(session, provider, unnamed)
    ladders.update(rows.rungs(session, {one for found in refs.values() for one, _ in found if one not in ladders}))
    return refs


def _named(event: ProviderEvent, email: Rung, key: bytes | None) -> Matched:
    if event.address and key != email.address_key:
        return Matched(event)
    by = "return_path" if event.by_return_path else "email"
    return Matched(event, email.email_id, event.attempt, by, email.address_key)


def _referred(
    event: ProviderEvent, refs: Sequence[tuple[UUID, int]], emails: dict[UUID, Rung], key: bytes | None
) -> Matched | None:
    """The provider's reference *and* the address: one request may have carried several emails."""
    for email_id, n in refs:
        email = emails.get(email_id)
        if email is not None and (not event.address or key == email.address_key):
            return Matched(event, email_id, n, "request", email.address_key)
    return None


def _by_address(
    session: Any, events: Sequence[ProviderEvent], told: Sequence[bytes | None], found: Sequence[Matched | None]
) -> list[Matched]:
    wanted = {key for one, key in zip(found, told, strict=True) if one is None and key is not None}
    latest = rows.sent_to(session, wanted) if wanted else {}
    matched = []
    for event, key, one in zip(events, told, found, strict=True):
        sent = latest.get(key, ()) if one is None and key is not None else ()
        about = next((email for email, at in sent if -AHEAD <= event.at - at <= RECENT), None)
        matched.append(one or (Matched(event, about, None, "address", key) if about else Matched(event)))
    return matched


def _address_keys(events: Sequence[ProviderEvent], keys: Keyring) -> dict[str, bytes | None]:
    """The key of each address that is spoken of, once: None for one that cannot be written to."""
    found: dict[str, bytes | None] = {}
    for address in {event.address for event in events if event.address}:
        try:
            found[address] = keys.address_key(address)
        except AddressError:
            found[address] = None
    return found
