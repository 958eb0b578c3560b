"""What files of costs, tickets and mentions hold and where they go; a line that comes again replaces the one before."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from surveyor.core.tokens import Keyring, derive
from surveyor.db import imported, network
from surveyor.db.imported import Stored
from surveyor.db.tables.imported import MarketingCost, SocialMention, Ticket
from surveyor.errors import Refused
from surveyor.ingest import side_lines
from surveyor.ingest.complaints import complain

PERSON = "ticket-person"


@dataclass(slots=True)
class SideFile:
    """One of them. columns: those that a CSV must have. hide: what becomes of a row before it is kept.

    named: what the file calls a store -> our id.
    """

    name: str
    table: Any
    columns: tuple[str, ...]
    reading: Callable[[Mapping[str, Any], str, datetime], dict[str, Any]]
    source: str = "file"
    hide: Callable[[dict[str, Any]], dict[str, Any]] = lambda row: row
    named: Mapping[str, str] = field(default_factory=dict)
    _stores: frozenset[str] = field(default_factory=frozenset)

    def prepare(self, session: Any) -> None:
        """The stores that lines may name."""
        self._stores = frozenset(network.stores(session))

    def read(self, content: Mapping[str, Any], line: int, now: datetime) -> dict[str, Any]:
        """One line. Raises Refused."""
        prefix = f"{line}:"
        found = self.reading(content, prefix, now)
        found["store_id"] = self.named.get(found["store_id"], found["store_id"])
        if found["store_id"] and found["store_id"] not in self._stores:
            raise Refused([complain("store_unmatched", prefix + "store_id", found["store_id"], near_fr="", near_en="")])
        return self.hide(found)

    def store(self, session: Any, rows: Sequence[dict[str, Any]], now: datetime) -> Stored:
        """Keep them."""
        return imported.store(session, self.table, self.source, rows, now=now, replace=True)


def of(kind: str, source: str, keys: Keyring, *, stores: Mapping[str, str]) -> SideFile:
    """The kind of a name. stores: what the file calls a store -> our id. Raises KeyError for another name."""
    made = {"costs": lambda: costs(source), "mentions": lambda: mentions(source)}
    found = tickets(source, keys) if kind == "tickets" else made[kind]()
    found.named = stores
    return found


def costs(source: str) -> SideFile:
    """Money spent to win customers."""
    return SideFile(
        "costs",
        MarketingCost,
        ("amount",),
        lambda content, prefix, _: side_lines.read_cost(content, prefix=prefix),
        source,
    )


def mentions(source: str) -> SideFile:
    """What is said elsewhere."""
    return SideFile(
        "mentions",
        SocialMention,
        ("polarity",),
        lambda content, prefix, _: side_lines.read_mention(content, prefix=prefix),
        source,
    )


def tickets(source: str, keys: Keyring) -> SideFile:
    """Contacts with customer service; who wrote is kept as a keyed hash alone."""

    def hide(row: dict[str, Any]) -> dict[str, Any]:
        person = row["person"]
        key = hmac.digest(derive(keys.pepper, PERSON), person.encode(), "sha256") if person else None
        return {name: value for name, value in row.items() if name != "person"} | {"person_key": key}

    return SideFile(
        "tickets",
        Ticket,
        ("ticket_id", "created_at"),
        lambda content, prefix, now: side_lines.read_ticket(content, now=now, prefix=prefix),
        source,
        hide,
    )
