"""Sealed files, for backups of the line: the age v1 format for X25519 keys, so that `age -d` opens them without us.

Source: age-encryption.org/v1. A file key of 128 bits is wrapped for each recipient; the body is ChaCha20-Poly1305 in
chunks of 64 KiB whose last one says that it is the last, so that a file that was cut is refused.
"""

from __future__ import annotations

import base64
import hmac
import os
import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from surveyor.db.backups import bech32
from surveyor.errors import SurveyorError

PUBLIC, SECRET = "age", "age-secret-key-"
_VERSION = b"age-encryption.org/v1\n"
_INFO = b"age-encryption.org/v1/X25519"
_CHUNK, _TAG = 64 * 1024, 16
#: A header longer than this is none of ours: each recipient takes about 100 bytes.
_HEADER_LINES = 1000


class SealError(SurveyorError):
    """A key that is none, or a file that these keys do not open, that was changed, or that was cut."""

    code = "backup_unreadable"


def new_identity() -> tuple[str, str]:
    """A new pair: the identity, which opens (AGE-SECRET-KEY-1…), and its recipient, which seals (age1…)."""
    key = X25519PrivateKey.generate()
    recipient = bech32.encode(PUBLIC, key.public_key().public_bytes_raw())
    return bech32.encode(SECRET, key.private_bytes_raw()).upper(), recipient


def keys_in(text: str, prefix: str) -> list[bytes]:
    """The keys of a file: one a line, # begins a remark. Raises SealError with the number of a line that is none."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        word = line.strip()
        if not word or word.startswith("#"):
            continue
        try:
            key = bech32.decode(prefix, word)
        except ValueError as wrong:
            raise SealError(f"line {number}: expected {wrong}") from None
        if len(key) != 32:
            raise SealError(f"line {number}: expected a key of 32 bytes")
        found.append(key)
    return found


class Sealing:
    """Seals what is written into it, in constant memory; without `finish` the file cannot be opened."""

    def __init__(self, out: BinaryIO, recipients: Sequence[bytes]) -> None:
        if not recipients:
            raise SealError("a file is sealed for at least one recipient")
        file_key, nonce = os.urandom(16), os.urandom(16)
        head = _VERSION + b"".join(_wrapped(file_key, one) for one in recipients) + b"---"
        out.write(head + b" " + _b64(_mac(file_key, head)) + b"\n" + nonce)
        self._out, self._cipher = out, ChaCha20Poly1305(_derived(file_key, nonce, b"payload"))
        self._held, self._chunks = bytearray(), 0

    def write(self, data: bytes) -> int:
        """Take more; a whole chunk leaves only when another byte follows it, since the last one is marked."""
        self._held += data
        while len(self._held) > _CHUNK:
            self._chunk(bytes(self._held[:_CHUNK]), last=False)
            del self._held[:_CHUNK]
        return len(data)

    def finish(self) -> None:
        """Write the last chunk."""
        self._chunk(bytes(self._held), last=True)
        self._held.clear()

    def _chunk(self, plain: bytes, *, last: bool) -> None:
        self._out.write(self._cipher.encrypt(_nonce(self._chunks, last), plain, None))
        self._chunks += 1


def opened(file: BinaryIO, identities: Sequence[bytes]) -> Iterator[bytes]:
    """What a sealed file holds, chunk by chunk, each checked before it is given; SealError as soon as one is wrong."""
    cipher = ChaCha20Poly1305(_payload_key(file, identities))
    held, number = file.read(_CHUNK + _TAG), 0
    while True:
        ahead = file.read(_CHUNK + _TAG)
        try:
            plain = cipher.decrypt(_nonce(number, last=not ahead), held, None)
        except InvalidTag:
            raise SealError("the file was changed or cut") from None
        if number and not plain:
            raise SealError("the file was changed: its last part is empty")
        yield plain
        if not ahead:
            return
        held, number = ahead, number + 1


def _payload_key(file: BinaryIO, identities: Sequence[bytes]) -> bytes:
    head, stanzas, mac = _header(file)
    for one in identities:
        for share, body in stanzas:
            file_key = _unwrapped(one, share, body)
            if file_key is None:
                continue
            if not hmac.compare_digest(_mac(file_key, head), mac):
                raise SealError("the header of the file was changed")
            nonce = file.read(16)
            if len(nonce) != 16:
                raise SealError("the file was cut")
            return _derived(file_key, nonce, b"payload")
    raise SealError("none of these keys opens the file: it was sealed for another recipient")


def _header(file: BinaryIO) -> tuple[bytes, list[tuple[bytes, bytes]], bytes]:
    """The bytes that the MAC is over, (share, body) of each stanza of our kind, the MAC."""
    if file.readline(len(_VERSION)) != _VERSION:
        raise SealError("this is no file that age or surveyor sealed")
    head = bytearray(_VERSION)
    stanzas: list[tuple[bytes, bytes]] = []
    kind: list[bytes] = []
    body = b""
    for _ in range(_HEADER_LINES):
        line = file.readline(256)
        if line.startswith(b"--- "):
            return bytes(head + b"---"), stanzas, _read_b64(line[4:-1])
        head += line
        if line.startswith(b"-> "):
            kind, body = line[3:-1].split(b" "), b""
            continue
        body += line[:-1]
        if len(line) < 65 and kind[:1] == [b"X25519"] and len(kind) == 2:
            stanzas.append((_read_b64(kind[1]), _read_b64(body)))
    raise SealError("the header of the file does not end")


def _wrapped(file_key: bytes, recipient: bytes) -> bytes:
    """One stanza: the file key for one recipient."""
    ephemeral = X25519PrivateKey.generate()
    share = ephemeral.public_key().public_bytes_raw()
    shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(recipient))
    body = ChaCha20Poly1305(_derived(shared, share + recipient, _INFO)).encrypt(bytes(12), file_key, None)
    return b"-> X25519 " + _b64(share) + b"\n" + _b64(body) + b"\n"


def _unwrapped(identity: bytes, share: bytes, body: bytes) -> bytes | None:
    if len(share) != 32 or len(body) != 32:
        raise SealError("the header of the file was changed")
    key = X25519PrivateKey.from_private_bytes(identity)
    try:
        shared = key.exchange(X25519PublicKey.from_public_bytes(share))
        box = ChaCha20Poly1305(_derived(shared, share + key.public_key().public_bytes_raw(), _INFO))
        return box.decrypt(bytes(12), body, None)
    except (InvalidTag, ValueError):  # for somebody else; ValueError: a share of no order
        return None


def _derived(secret: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt or None, info).derive(secret)


def _mac(file_key: bytes, head: bytes) -> bytes:
    return hmac.digest(_derived(file_key, b"", b"header"), head, "sha256")


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


def _b64(data: bytes) -> bytes:
    return base64.b64encode(data).rstrip(b"=")


def _read_b64(text: bytes) -> bytes:
    if not re.fullmatch(rb"[A-Za-z0-9+/]*", text):
        raise SealError("the header of the file was changed")
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except ValueError:
        raise SealError("the header of the file was changed") from None
