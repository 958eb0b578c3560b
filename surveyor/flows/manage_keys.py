"""Give, check and end API keys: who may bring orders and read figures by HTTP."""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from surveyor.core import api_keys
from surveyor.core.quoting import shown
from surveyor.core.scope import Scope
from surveyor.db import access, audit
from surveyor.errors import Complaint, MadeAlready, NotFound, Refused

YEAR = timedelta(days=365)
UNUSED = timedelta(days=180)
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}", re.ASCII)
_NOTE_EVERY = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made. `text` is shown once and kept nowhere."""

    id: str
    text: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class WantedKey:
    """A key to make, as somebody asked for it. expires: its last day, within a year; None: a year from now."""

    name: str
    scopes: tuple[str, ...]
    store_scope: str = "network"
    expires: date | None = None


def make_key(
    sessions: Any, *, name: str, scopes: tuple[str, ...], now: datetime, actor: str, store_scope: str = "network"
) -> NewKey:
    """A key for one machine, good for a year. `name` is the source of the order events it brings.

    Raises Refused for a name, a scope or a store scope that does not exist.
    """
    return make_wanted_key(sessions, WantedKey(name, scopes, store_scope), now=now, actor=actor)


def make_wanted_key(sessions: Any, wanted: WantedKey, *, now: datetime, actor: str, seed: bytes = b"") -> NewKey:
    """A key for one machine, until the end of its last day (UTC), a year at most.

    seed: the bytes of its id, which the form that asks for it carries. Raises Refused for a name, a scope, a store
    scope or a last day that cannot be, MadeAlready when the same form made its key before: it was shown then.
    """
    _check(wanted.name, wanted.scopes, wanted.store_scope)
    ends = _end(wanted.expires, now)
    seed = seed or secrets.token_bytes(api_keys.ID_BYTES)
    text = api_keys.make(seed + secrets.token_bytes(api_keys.SECRET_BYTES))
    key = api_keys.read(text)
    assert key is not None
    with sessions.begin() as session:
        added = access.add_key(
            session,
            id=key.id,
            name=wanted.name,
            secret_sha256=key.secret_sha256,
            scopes=" ".join(wanted.scopes),
            store_scope=wanted.store_scope,
            created_by=actor,
            created_at=now,
            expires_at=ends,
        )
        if not added:
            raise MadeAlready(key.id)
        after = {"name": wanted.name, "scopes": wanted.scopes, "stores": wanted.store_scope}
        audit.append(session, audit.Entry(actor, "key.made", key.id, after=after), now=now)
    return NewKey(key.id, text, ends)


def _end(day: date | None, now: datetime) -> datetime:
    if day is None:
        return now + YEAR
    if not now.date() <= day <= (now + YEAR).date():
        raise Refused([wrong_expiry(day.isoformat())])
    return min(datetime.combine(day + timedelta(days=1), time(), UTC), now + YEAR)


def wrong_expiry(text: str) -> Complaint:
    """What is said of a last day that is none, past, or more than a year away."""
    said = shown(text)
    return Complaint(
        "expires",
        "field_value",
        f"Expiration\u00a0: {said} n'est pas accepté. Attendu\u00a0: un an au plus.",
        f"Expiry: {said} is not accepted. Expected: one year at most.",
    )


def revoke_key(sessions: Any, key_id: str, *, now: datetime, actor: str) -> None:
    """End a key at once. Raises NotFound when none of that id lives."""
    with sessions.begin() as session:
        if not access.revoke_key(session, key_id, now):
            raise NotFound(f"no living key {key_id!r}: `surveyor keys list` shows them")
        audit.append(session, audit.Entry(actor, "key.revoked", key_id), now=now)


def check_key(sessions: Any, text: str, *, now: datetime, network: str = "") -> access.KeyFacts | None:
    """The key that a request carries, or None: unknown, mistyped, expired, revoked and long unused look the same.

    Its use is noted at most every 15 minutes, so that a read stays a read.
    """
    key = api_keys.read(text)
    if key is None:
        return None
    with sessions() as session:
        facts = access.key(session, key.id)
    if facts is None or not hmac.compare_digest(facts.secret_sha256, key.secret_sha256):
        return None
    if facts.revoked_at or facts.expires_at <= now or (facts.last_used_at or facts.created_at) < now - UNUSED:
        return None
    if facts.last_used_at is None or facts.last_used_at < now - _NOTE_EVERY or facts.last_network != network:
        with sessions.begin() as session:
            access.key_used(session, facts.id, now, network)
    return facts


def _check(name: str, scopes: tuple[str, ...], store_scope: str) -> None:
    if not _NAME.fullmatch(name):
        raise Refused(
            [
                Complaint(
                    "name",
                    "field_value",
                    "Nom : lettres minuscules, chiffres, « . _ - », 63 au plus, par exemple « caisse-lille ».",
                    'Name: lower-case letters, digits and ". _ -", at most 63, for example "till-lille".',
                )
            ]
        )
    unknown = [scope for scope in scopes if scope not in api_keys.SCOPES]
    if unknown or not scopes:
        known = ", ".join(api_keys.SCOPES)
        raise Refused(
            [Complaint("scopes", "field_value", f"Droits possibles : {known}.", f"Possible scopes: {known}.")]
        )
    Scope.parse(store_scope, where="scope")
