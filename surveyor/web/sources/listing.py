"""Every source that is known: connected, a key that may bring orders, or a name that orders came under lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from surveyor.db import access, quarantine, source_activity


@dataclass(frozen=True, slots=True)
class Known:
    """One line. kind: shopify, woocommerce, generic, key, or other (a file, a stream); basis: "" when none was said."""

    name: str
    kind: str
    basis: str = ""
    events: int = 0
    conflicts: int = 0
    ignored: int = 0
    last_at: datetime | None = None
    quarantined: int = 0


def known_sources(session: Any, *, since: datetime) -> list[Known]:
    """By name, with what came since an instant."""
    lately = source_activity.since(session, since)
    held = quarantine.by_source(session)
    kinds = dict.fromkeys([*lately, *held], "other")
    kinds |= {key.name: "key" for key in access.keys(session) if "orders:write" in key.scopes and not key.revoked_at}
    found = {source.name: source for source in access.sources(session)}
    kinds |= {name: source.kind for name, source in found.items()}
    return [
        _known(name, kind, found[name].basis if name in found else "", lately.get(name), held.get(name, 0))
        for name, kind in sorted(kinds.items())
    ]


def _known(name: str, kind: str, basis: str, lately: source_activity.Activity | None, held: int) -> Known:
    if lately is None:
        return Known(name, kind, basis, quarantined=held)
    return Known(name, kind, basis, lately.events, lately.conflicts, lately.ignored, lately.last_at, held)
