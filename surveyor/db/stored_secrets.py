"""Secrets that must be read again, those of order sources: AES-256-GCM, the name of the row bound in."""

from __future__ import annotations

import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from surveyor.core.tokens import Keyring, derive

PURPOSE = "stored-secret"


def seal(keys: Keyring, row: str, secret: bytes) -> tuple[bytes, str]:
    """The sealed secret and the id of the key that opens it."""
    nonce = os.urandom(12)
    box = AESGCM(derive(keys.newest, PURPOSE))
    return nonce + box.encrypt(nonce, secret, row.encode()), keys.newest_id


def unseal(keys: Keyring, row: str, sealed: bytes, key_id: str) -> bytes:
    """The secret of a row; KeyError when its key has left the list, InvalidTag when it is another row's."""
    box = AESGCM(derive(keys.by_id(key_id), PURPOSE))
    return box.decrypt(sealed[:12], sealed[12:], row.encode())
