"""The signed head of the audit chain, for a log that leaves the machine: a tail that is cut off later shows there."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Any

from surveyor.core.tokens import Keyring, Purpose, derive
from surveyor.db import audit


@dataclass(frozen=True, slots=True)
class Anchor:
    """Line `n` is the last and has this hash, says the secret `key_id`; both in hexadecimal."""

    n: int
    hash: str
    key_id: str
    signature: str


def anchor_audit(sessions: Any, keys: Keyring) -> Anchor | None:
    """The head as it stands, signed; None before the first line."""
    with sessions() as session:
        found = audit.head(session)
    return None if found is None else Anchor(found[0], found[1].hex(), keys.newest_id, _sign(keys.newest, *found))


def holds(anchor: Anchor, keys: Keyring) -> bool:
    """Whether an anchor out of a log was signed by us. Raises KeyError when its secret has left the list."""
    expected = _sign(keys.by_id(anchor.key_id), anchor.n, bytes.fromhex(anchor.hash))
    return hmac.compare_digest(expected, anchor.signature)


def _sign(secret: bytes, n: int, head: bytes) -> str:
    return hmac.digest(derive(secret, Purpose.AUDIT_ANCHOR), n.to_bytes(8, "big") + head, "sha256").hex()
