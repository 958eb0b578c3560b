"""Keep a file of other brands' figures, whole or not at all, with its receipt and who said that it may be used."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from surveyor.db import audit, review_feeds, scores
from surveyor.db.base import new_id
from surveyor.errors import Complaint, Refused
from surveyor.flows.manage_users import Actor
from surveyor.ingest.peer_files import PeerLine

KIND = "peers"


def import_peers(sessions: Any, raw: bytes, lines: Sequence[PeerLine], *, name: str, by: Actor, now: datetime) -> UUID:
    """One transaction. The same file twice is refused: 409 `file_known`."""
    sha = hashlib.sha256(raw).digest()
    with sessions.begin() as session:
        if any(one.sha256 == sha for one in review_feeds.receipts(session, KIND, limit=1000)):
            fr, en = "Ce fichier est déjà là.", "This file is here already."
            raise Refused([Complaint("file", "file_known", fr, en)], status=409)
        key = new_id(now)
        counts = {"accepted": len(lines), "changed": 0, "duplicates": 0, "rejected": 0}
        told = {
            "id": key,
            "kind": KIND,
            "sha256": sha,
            "name": name[:200],
            "refusals": [],
            "author": by.name,
            "at": now,
        }
        review_feeds.add_receipt(session, **told, **counts)
        scores.add_peers(session, [{"id": new_id(now), "receipt_id": key, **asdict(one)} for one in lines])
        entry = audit.Entry(
            by.name, "peers.imported", f"receipt:{key.hex}", None, counts, "", by.ip_prefix, by.request_id
        )
        audit.append(session, entry, now=now)
    return key
