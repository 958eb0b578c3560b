"""The bounded memory of one customer as the text of its state row: what core/history_plain says, encoded."""

from __future__ import annotations

import msgspec

from surveyor.core.history import Account
from surveyor.core.history_plain import from_plain, to_plain

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


def dump(account: Account, *, since: int) -> str:
    """The account as text. since: day (ordinal) from which its orders are all remembered, 0 when none was forgotten."""
    return _encode([since, to_plain(account)]).decode()


def load(customer_id: str, text: str, *, email_known: bool, segment: str) -> tuple[Account, int]:
    """The account of a text ("": nothing is remembered yet), and the day from which its orders are all there.

    Raises ValueError for a text that is none of ours.
    """
    if not text:
        return Account(customer_id, email_known=email_known, segment=segment), 0
    since, plain = _decode(text)
    return from_plain(customer_id, plain, email_known=email_known, segment=segment), since
