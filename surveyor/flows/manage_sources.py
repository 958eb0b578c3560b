"""Connect an order source: its kind, the legal basis of asking its customers, and the secrets of its webhook."""

from __future__ import annotations

import re
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, NamedTuple

from surveyor.core.tokens import Keyring
from surveyor.db import access, audit, stored_secrets
from surveyor.errors import Complaint, NotFound, Refused

KINDS = ("generic", "shopify", "woocommerce")
BASES = ("soft_opt_in", "consent")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}", re.ASCII)


@dataclass(frozen=True, slots=True)
class NewSource:
    """What an administrator says of a source.

    basis: why its customers may be written to (security.md, 6.3); notice: the words they saw when they gave their
    address; secret: the platform's own, or "" to have one made.
    """

    name: str
    kind: str
    basis: str
    notice: str = ""
    shop_domain: str = ""
    secret: str = ""


def add_source(sessions: Any, new: NewSource, *, keys: Keyring, now: datetime, actor: str) -> str:
    """Connect a source and return its webhook secret, shown once. Raises Refused, with what to write instead."""
    _check(new)
    chosen = new.secret or secrets.token_urlsafe(32)
    sealed, key_id = stored_secrets.seal(keys, new.name, chosen.encode())
    facts = {name: value for name, value in asdict(new).items() if name != "secret"}
    with sessions.begin() as session:
        if access.source(session, new.name) is not None:
            words = f"La source {new.name} existe déjà.", f"Source {new.name} already exists."
            raise Refused([Complaint("name", "field_value", *words)], status=409)
        access.add_source(session, **facts, secret=sealed, key_id=key_id, created_at=now)
        said = {"kind": new.kind, "basis": new.basis}
        audit.append(session, audit.Entry(actor, "source.added", new.name, after=said), now=now)
    return chosen


def rotate_source(sessions: Any, name: str, *, keys: Keyring, now: datetime, actor: str) -> str:
    """A new secret for a source; the one before goes on until the next rotation. Raises NotFound."""
    chosen = secrets.token_urlsafe(32)
    with sessions.begin() as session:
        found = access.source(session, name)
        if found is None:
            raise NotFound(f"no source {name!r}: `surveyor sources list` shows them")
        sealed, key_id = stored_secrets.seal(keys, name, chosen.encode())
        previous = None
        if found.secret is not None:
            old = stored_secrets.unseal(keys, name, found.secret, found.key_id)
            previous, _ = stored_secrets.seal(keys, name, old)
        access.rotate_source(session, name, secret=sealed, previous=previous, key_id=key_id, now=now)
        audit.append(session, audit.Entry(actor, "source.rotated", name), now=now)
    return chosen


def list_sources(sessions: Any) -> list[access.SourceFacts]:
    """Every source, by name; secrets stay sealed."""
    with sessions() as session:
        return list(access.sources(session))


class Live(NamedTuple):
    """What a delivery is believed for: the kind of its source, its live secrets, newest first, and its shop."""

    kind: str
    secrets: list[bytes]
    shop_domain: str = ""


def live_secrets(sessions: Any, name: str, *, keys: Keyring) -> Live:
    """Of one source; kind "" and no secret when there is no such source."""
    if not _NAME.fullmatch(name):
        return Live("", [])
    with sessions() as session:
        found = access.source(session, name)
    if found is None:
        return Live("", [])
    sealed = [one for one in (found.secret, found.previous_secret) if one is not None]
    secrets = [stored_secrets.unseal(keys, name, one, found.key_id) for one in sealed]
    return Live(found.kind, secrets, found.shop_domain)


def _check(new: NewSource) -> None:
    if not _NAME.fullmatch(new.name):
        words = "minuscules, chiffres, « _ - », 63 au plus", 'lower case, digits, "_ -", at most 63'
        raise _refused("name", f"Nom : {words[0]}.", f"Name: {words[1]}.")
    if new.kind not in KINDS:
        raise _refused("kind", f"Genres possibles : {', '.join(KINDS)}.", f"Possible kinds: {', '.join(KINDS)}.")
    if new.basis not in BASES:
        raise _refused("basis", f"Bases possibles : {', '.join(BASES)}.", f"Possible bases: {', '.join(BASES)}.")


def _refused(where: str, message_fr: str, message_en: str) -> Refused:
    return Refused([Complaint(where, "field_value", message_fr, message_en)])
