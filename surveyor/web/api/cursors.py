"""Where the next page of a list begins, sealed: a cursor of ours is known again, anybody else's is refused."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from surveyor.core.tokens import Keyring, derive
from surveyor.db.listing import After
from surveyor.errors import Complaint, Refused

PURPOSE = "cursor"
_MAC = 10


def write(keys: Keyring, name: str, after: After) -> str:
    """The cursor of list `name` behind a row."""
    value = [one.isoformat() if isinstance(one, date) else one for one in after.value]
    body = msgspec.json.encode([name, value, after.id.hex])
    return base64.urlsafe_b64encode(_seal(keys.newest, body) + body).decode().rstrip("=")


def read(keys: Keyring, name: str, columns: Sequence[str], text: str) -> After:
    """What a cursor says of the columns that a list goes by. Raises Refused when no key of ours sealed it for it."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        mac, body = raw[:_MAC], raw[_MAC:]
        if any(hmac.compare_digest(mac, _seal(secret, body)) for secret in keys.secrets):
            of, value, row = msgspec.json.decode(body)
            if of == name:
                said = zip(columns, value, strict=True)
                return After(tuple(_typed(column, one) for column, one in said), UUID(row))
    except (binascii.Error, ValueError, TypeError, msgspec.DecodeError):
        pass
    fr = "?cursor : ce curseur n'est pas de nous, ou a expiré. Reprenez au début."
    en = "?cursor: this cursor is not ours, or has expired. Start again."
    raise Refused([Complaint("?cursor", "cursor_invalid", fr, en)])


def _typed(column: str, value: Any) -> Any:
    if column.endswith("_at"):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if column.endswith("day") else value


def _seal(secret: bytes, body: bytes) -> bytes:
    return hmac.digest(derive(secret, PURPOSE), body, "sha256")[:_MAC]
