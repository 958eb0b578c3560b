"""Tell those who listen outside that a case was opened or closed: the one place where that is said."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from surveyor.flows.note_fact import note_fact


def tell_case(
    session: Any,
    kind: Literal["case.opened", "case.closed"],
    case_id: UUID,
    *,
    store: str,
    customer_id: UUID | None,
    now: datetime,
) -> None:
    """In the transaction that opens or closes it, without identity."""
    note_fact(session, kind, case_id.hex, {"store_id": store}, now=now, customer_id=customer_id)
