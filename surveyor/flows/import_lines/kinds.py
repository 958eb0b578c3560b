"""What files of past answers hold and where they go: apart from our own, tied to a customer when one is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from surveyor.core.mapping import Mapping as Columns
from surveyor.core.scope import NETWORK
from surveyor.core.tokens import Keyring
from surveyor.db import customers, erasures, imported, stores
from surveyor.db.imported import Stored
from surveyor.db.tables.imported import ImportedResponse
from surveyor.ingest.past_answers import Place, Places, read_answer


@dataclass(slots=True)
class PastAnswers:
    """Answers that another tool collected."""

    mapping: Columns
    keys: Keyring
    name: str = "responses"
    _places: Places = field(default_factory=lambda: Places([], {}))

    @property
    def source(self) -> str:
        """The name under which they are kept apart."""
        return self.mapping.source

    @property
    def columns(self) -> tuple[str, ...]:
        """What the file must have."""
        return self.mapping.read_columns

    def prepare(self, session: Any) -> None:
        """Stores by id and by name."""
        self._places = Places(places(session), self.mapping.stores)

    def read(self, content: Mapping[str, Any], line: int, now: datetime) -> dict[str, Any]:
        """One answer. Raises Refused."""
        return read_answer(content, self.mapping, self._places, now=now, prefix=f"{line}:")

    def store(self, session: Any, rows: Sequence[dict[str, Any]], now: datetime) -> Stored:
        """Keep them: of somebody who was erased only score, store and day; a known number is never changed."""
        named = {row["customer"] for row in rows if row["customer"]}
        known = customers.by_external_id(session, named)
        gone = self._erased(session, named)
        kept = []
        for row in rows:
            who = known.get(row["customer"])
            erased = row["customer"] in gone or (who is not None and who.erased_at is not None)
            kept.append(
                {name: value for name, value in row.items() if name != "customer"}
                | {"customer_id": None if who is None or erased else who.id}
                | ({"comment": None, "answers": {}} if erased else {})
            )
        return imported.store(session, ImportedResponse, self.source, kept, now=now, replace=False)

    def _erased(self, session: Any, named: set[str]) -> set[str]:
        if not named or not erasures.any_yet(session):
            return set()
        hidden = {self.keys.erased_name(name): name for name in named}
        found, _ = erasures.erased_among(session, hidden.keys(), ())
        return {hidden[name] for name in found}


def places(session: Any) -> list[Place]:
    """Every store as lines are matched with it."""
    return [
        Place(shop.id, shop.name, shop.zone, shop.segment_id or "", shop.language)
        for shop in stores.shops(session, (NETWORK,))
    ]
