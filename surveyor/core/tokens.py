"""Links and keys: what an invitation's link is made of, and how an address is recognised without being kept.

The derivation is that of the design's token page: one secret, one purpose, one row, one token. A token is made again
whenever it is needed; the database keeps only its SHA-256.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from uuid import UUID

SECRET_BYTES = 32
TOKEN_LENGTH = 22
#: How the name of an erased customer begins.
ERASED = "erased-"
TOKEN_PATTERN = re.compile(r"[0-7][0-9A-Za-z]{21}", re.ASCII)
LONG_TOKEN_PATTERN = re.compile(r"[0-9A-Za-z]{44}", re.ASCII)
#: The row of the links in test emails: no invitation and no email has it.
PREVIEW_ROW = UUID(int=0)
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PAIRS = tuple(a + b for a in _ALPHABET for b in _ALPHABET)
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_PLAIN_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.ASCII)
_PLAIN = re.compile(
    r"[a-z0-9][a-z0-9._+-]{0,60}[a-z0-9_+-]@(?:[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?\.){1,3}[a-z]{2,20}", re.ASCII
)
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff,;:<>()\[\]\\\"]")


class Purpose(StrEnum):
    """What a key may be used for; a token of one purpose is unknown to another."""

    SURVEY = "survey"
    UNSUBSCRIBE = "unsubscribe"
    PAGE = "page"
    ADDRESS = "address"
    CUSTOMER = "customer"
    CLIENT = "client"
    PREVIEW = "preview"
    ACCOUNT = "account"
    REPORT = "report"
    FOLLOW_UP = "follow-up"
    AUDIT_ANCHOR = "audit-anchor"
    KEY_ID = "key-id"


class AddressError(ValueError):
    """Not exactly one usable address. `code` says which rule, and the text never repeats the address."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def decode_secret(text: str) -> bytes:
    """One secret of `SURVEYOR_SECRET_KEYS`: base64 (standard or URL alphabet) of exactly 32 bytes, else ValueError."""
    try:
        secret = base64.b64decode(text.strip().replace("-", "+").replace("_", "/"), validate=True)
    except binascii.Error as wrong:
        raise ValueError("a secret is base64") from wrong
    if len(secret) != SECRET_BYTES:
        raise ValueError(f"a secret is {SECRET_BYTES} bytes, this one {len(secret)}")
    return secret


@lru_cache(maxsize=256)
def derive(secret: bytes, purpose: str) -> bytes:
    """The key of `secret` for `purpose`: one block of HKDF-Expand (RFC 5869, 2.3), 32 bytes."""
    return hmac.digest(secret, b"surveyor/v1/" + purpose.encode("ascii") + b"\x01", "sha256")


@lru_cache(maxsize=256)
def _keyed(secret: bytes, purpose: str) -> hmac.HMAC:
    """An HMAC-SHA-256 that has taken its key and nothing else: to be copied, never to be added to."""
    return hmac.new(derive(secret, purpose), digestmod="sha256")


def _signed(secret: bytes, purpose: str, message: bytes) -> bytes:
    """HMAC-SHA-256 under the key for `purpose`; with the key taken before, a short message costs a quarter."""
    made = _keyed(secret, purpose).copy()
    made.update(message)
    return made.digest()


@lru_cache(maxsize=64)
def key_id(secret: bytes) -> str:
    """Eight hexadecimal digits that name a secret in rows and in commands; they tell nothing of it."""
    return derive(secret, Purpose.KEY_ID).hex()[:8]


def token(secret: bytes, purpose: str, row: UUID) -> str:
    """The 22 base62 characters of a row's link: 128 bits of HMAC-SHA-256, big-endian, left-padded with 0."""
    return _base62(_signed(secret, purpose, row.bytes)[:16])


def long_token(secret: bytes, purpose: str, seed: bytes) -> str:
    """The 44 base62 characters of a staff link: all 256 bits of HMAC-SHA-256 over a seed that only its row holds.

    Whoever has the secrets alone, or the database alone, cannot make it.
    """
    return _base62(_signed(secret, purpose, seed), characters=2 * TOKEN_LENGTH)


def digest(text: str) -> bytes:
    """What the database keeps of a token: SHA-256 of its characters, 32 bytes."""
    return hashlib.sha256(text.encode("ascii", "replace")).digest()


def is_token(text: str) -> bool:
    """Whether `text` has the shape of a token; anything else is answered without a query."""
    return TOKEN_PATTERN.fullmatch(text) is not None


def is_long_token(text: str) -> bool:
    """Whether `text` has the shape of a staff link's token."""
    return LONG_TOKEN_PATTERN.fullmatch(text) is not None


def normalise_address(text: str) -> str:
    """The one address in `text`, trimmed, in lower case, its domain in punycode (IDNA): what keys and comparisons use.

    Raises AddressError: `empty`, `characters`, `not_one_address`, `local_too_long` (64), `domain`, `too_long` (254).
    """
    address = text.strip(" \t")
    if _PLAIN.fullmatch(plain := address.lower()) and ".." not in plain:
        return plain  # nearly every address: nothing in it to translate or to refuse
    if not address:
        raise AddressError("empty")
    if _FORBIDDEN.search(address):
        raise AddressError("characters")
    local, at, domain = address.partition("@")
    if not at or not local or "@" in domain:
        raise AddressError("not_one_address")
    ascii_domain = _ascii_domain(domain)
    local = local.lower()
    if len(local.encode()) > 64:
        raise AddressError("local_too_long")
    if local.startswith(".") or local.endswith(".") or ".." in local:
        raise AddressError("characters")
    if len(local.encode()) + 1 + len(ascii_domain) > 254:
        raise AddressError("too_long")
    return f"{local}@{ascii_domain}"


def _ascii_domain(domain: str) -> str:
    if _PLAIN_DOMAIN.fullmatch(domain):
        return domain.lower()
    try:
        written = domain.lower().encode("idna").decode("ascii").lower()
    except UnicodeError as wrong:
        raise AddressError("domain") from wrong
    labels = written.split(".")
    if not all(re.fullmatch(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?", label) for label in labels):
        raise AddressError("domain")
    return written


def address_key(pepper: bytes, address: str) -> bytes:
    """32 bytes that recognise an address: HMAC-SHA-256 of its normal form under the pepper's secret."""
    return _signed(pepper, Purpose.ADDRESS, normalise_address(address).encode())


def client_key(secret: bytes, *, day: str, prefix: str, browser: str) -> bytes:
    """32 bytes that recognise a visitor for one day (`day` as YYYY-MM-DD): network prefix and browser, never kept."""
    of_the_day = _signed(secret, Purpose.CLIENT, day.encode("ascii"))
    return hmac.digest(of_the_day, f"{prefix}\n{browser}".encode("utf-8", "replace"), "sha256")


@dataclass(frozen=True, slots=True)
class Keyring:
    """The secrets of an installation, newest first, and the one that peppers addresses (`pepper_id`)."""

    secrets: tuple[bytes, ...] = field(repr=False)
    pepper_id: str = ""

    @property
    def newest(self) -> bytes:
        """The secret that new rows use."""
        return self.secrets[0]

    @property
    def newest_id(self) -> str:
        """The key id that new rows keep."""
        return key_id(self.secrets[0])

    @property
    def pepper(self) -> bytes:
        """The secret of addresses: named by `pepper_id`, else the oldest, since it never leaves."""
        return self.by_id(self.pepper_id) if self.pepper_id else self.secrets[-1]

    def by_id(self, name: str) -> bytes:
        """The secret that a row names; KeyError when it has left the list."""
        for secret in self.secrets:
            if key_id(secret) == name:
                return secret
        raise KeyError(name)

    def token(self, purpose: str, row: UUID, name: str = "") -> str:
        """The link's token of `row`, under the secret the row names (default: the newest)."""
        return token(self.by_id(name) if name else self.newest, purpose, row)

    def long_token(self, purpose: str, seed: bytes, name: str = "") -> str:
        """See `long_token`; under the secret of that key id (default: the newest)."""
        return long_token(self.by_id(name) if name else self.newest, purpose, seed)

    def is_preview(self, text: str) -> bool:
        """Whether `text` is the token of test emails, under any of the secrets."""
        made = [token(secret, Purpose.PREVIEW, PREVIEW_ROW) for secret in self.secrets]
        return any(hmac.compare_digest(text.encode(), one.encode()) for one in made)

    def address_key(self, address: str) -> bytes:
        """See `address_key`; under this installation's pepper."""
        return address_key(self.pepper, address)

    def erased_name(self, customer_id: str) -> str:
        """What stands in place of an erased customer's id: it recognises the source's id without keeping it."""
        if customer_id.startswith(ERASED):
            return customer_id
        return ERASED + _signed(self.pepper, Purpose.CUSTOMER, customer_id.encode())[:16].hex()


def keys(secrets: Sequence[bytes], pepper_id: str = "") -> Keyring:
    """A keyring out of decoded secrets, newest first; ValueError when none is given, one is short or comes twice."""
    if not secrets or any(len(secret) != SECRET_BYTES for secret in secrets):
        raise ValueError(f"at least one secret, each of {SECRET_BYTES} bytes")
    if len({key_id(secret) for secret in secrets}) != len(secrets):
        raise ValueError("a secret comes twice")
    return Keyring(tuple(secrets), pepper_id)


def _base62(number_bytes: bytes, characters: int = TOKEN_LENGTH) -> str:
    rest = int.from_bytes(number_bytes, "big")
    pairs: list[str] = []
    for _ in range(characters // 2):
        rest, pair = divmod(rest, 3844)
        pairs.append(_PAIRS[pair])
    return "".join(reversed(pairs))
