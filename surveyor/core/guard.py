"""Whether this installation may send: a restored or a copied database must not (pipeline.md, 10)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

#: Why sending is held, in English as it is stored -> in French.
REASONS = {
    "another installation: this database was made for another address": (
        "une autre installation : cette base a été faite pour une autre adresse"
    ),
    "an older backup: a witness is ahead of this database": (
        "une sauvegarde plus ancienne : un témoin est en avance sur cette base"
    ),
    "another PostgreSQL cluster or timeline: restored, recovered or failed over": (
        "un autre serveur ou une autre histoire de PostgreSQL : restauration, reprise ou bascule"
    ),
    "no witness agrees and the clock has been silent for six hours": (
        "aucun témoin ne concorde et l'horloge se tait depuis six heures"
    ),
}
_OTHER_NAME, _OLDER, OTHER_CLUSTER, _SILENT = REASONS
SILENT_FOR = timedelta(hours=6)
_LOOPBACK = ("localhost", "127.0.0.1", "::1", "")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a database says it is. `system` and `timeline`: of a PostgreSQL cluster, None on SQLite."""

    name: str
    epoch: int = 0
    heartbeat_at: datetime | None = None
    system: str | None = None
    timeline: int | None = None


def installation_name(base_url: str) -> str:
    """64 hexadecimal digits; every address of one's own machine is the same installation, whatever the port."""
    host = urlsplit(base_url).hostname or ""
    return hashlib.sha256(("loopback" if host in _LOOPBACK else base_url).encode()).hexdigest()


def held_because(kept: Identity, now: datetime, here: Identity, witnesses: Sequence[int | None]) -> str | None:
    """Why sending is to be held, None when all is well.

    kept: what the database says of itself; here: what this installation is. witnesses: the epochs that were copied
    outside the database (None: a witness that has none).
    """
    if kept.name != here.name:
        return _OTHER_NAME
    seen = [epoch for epoch in witnesses if epoch is not None]
    if any(epoch > kept.epoch for epoch in seen):
        return _OLDER
    if kept.system is not None and (kept.system, kept.timeline) != (here.system, here.timeline):
        return OTHER_CLUSTER
    agrees = any(epoch >= kept.epoch - 1 for epoch in seen)
    if not agrees and kept.heartbeat_at is not None and now - kept.heartbeat_at >= SILENT_FOR:
        return _SILENT
    return None
