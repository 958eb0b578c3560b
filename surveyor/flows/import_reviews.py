"""Take in reviews that customers published elsewhere, each once, and file a receipt of what became of every line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from surveyor.core.external_reviews import ExternalReview, RefusedLine
from surveyor.db import audit, review_feeds
from surveyor.db.base import new_id
from surveyor.db.review_feeds import Counts
from surveyor.flows.again import again
from surveyor.flows.manage_users import Actor
from surveyor.flows.open_review_cases import follow_imported

BATCH = 500
KIND = "reviews"
NAMED = 50


@dataclass(frozen=True, slots=True)
class File:
    """What is brought in. source: `google` or another word; name: of the file or the location."""

    source: str
    name: str
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class Imported:
    """The receipt: every line is in exactly one of the four."""

    counts: Counts
    refused: tuple[RefusedLine, ...]

    @property
    def rejected(self) -> int:
        """How many lines were refused."""
        return len(self.refused)


def import_reviews(
    sessions: Any, file: File, lines: Iterable[ExternalReview | RefusedLine], *, by: Actor, now: datetime
) -> Imported:
    """Write reviews by groups of 500; killed anywhere, the same file again ends the same. Stores must be known."""
    total, refused = Counts(), []
    rows = iter(lines)
    number = 0
    while group := list(islice(rows, BATCH)):
        with sessions() as session:
            known = review_feeds.known_stores(
                session, [one.store_id for one in group if isinstance(one, ExternalReview)]
            )
        good: dict[str, ExternalReview] = {}
        doubled = 0
        for one in group:
            number += 1
            if isinstance(one, RefusedLine):
                refused.append(one)
            elif one.store_id not in known:
                refused.append(RefusedLine(number, "store_id", "reference_unknown"))
            else:
                doubled += one.external_id in good
                good[one.external_id] = one
        total += _keep(sessions, file.source, list(good.values()), now)
        total += Counts(duplicates=doubled)
    _file(sessions, file, total, refused, (by, now))
    return Imported(total, tuple(refused))


def _keep(sessions: Any, source: str, rows: Sequence[ExternalReview], now: datetime) -> Counts:
    def once() -> Counts:
        with sessions.begin() as session:
            counts = review_feeds.keep(session, source, rows, now=now)
            follow_imported(session, source, [one.external_id for one in rows], now=now)
            return counts

    return again(once)


def _file(
    sessions: Any, file: File, counts: Counts, refused: Sequence[RefusedLine], who: tuple[Actor, datetime]
) -> None:
    by, now = who
    said = {"accepted": counts.accepted, "changed": counts.changed, "duplicates": counts.duplicates}
    first = [{"line": one.line, "field": one.field, "code": one.code} for one in refused[:NAMED]]
    with sessions.begin() as session:
        key = new_id(now)
        review_feeds.add_receipt(
            session,
            id=key,
            kind=KIND,
            sha256=hashlib.sha256(file.raw or file.name.encode()).digest(),
            name=f"{file.source}: {file.name}"[:200],
            rejected=len(refused),
            refusals=first,
            author=by.name,
            at=now,
            **said,
        )
        entry = audit.Entry(
            by.name, "reviews.imported", f"receipt:{key.hex}", None, said | {"rejected": len(refused)}, "", by.ip_prefix
        )
        audit.append(session, entry, now=now)
