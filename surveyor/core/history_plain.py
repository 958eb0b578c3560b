"""An account as compact JSON values and back: the one row per customer that a decision reads instead of the orders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from surveyor.core.history import Account

#: Raised by one when the form changes: a row of another version is rebuilt from orders.
FORMAT = 1


def to_plain(account: Account) -> dict[str, Any]:
    """The account as JSON values; empty parts are left out. Address, segment and suppressions are not in it."""
    raise NotImplementedError


def from_plain(customer_id: str, plain: Mapping[str, Any], *, email_known: bool, segment: str) -> Account:
    """The account that `to_plain` described. Raises ValueError for another version of the form: rebuild it."""
    raise NotImplementedError


def forget(account: Account, *, before: int) -> None:
    """Forget the orders dated before the day `before` that nothing waits for, SENT of over 365 days ago but the last."""
    raise NotImplementedError
