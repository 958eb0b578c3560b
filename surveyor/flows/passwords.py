"""Passwords of those who read the indicators: hashed with Argon2id, compared with what everybody tries first."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from surveyor.errors import Complaint

SHORTEST, LONGEST = 12, 128
#: 19 MiB, two passes, one lane (security.md, S1).
_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
_LOOKALIKE = str.maketrans("013457@$!", "oieastasi")
_ROWS = (
    "qwertyuiop",
    "azertyuiop",
    "asdfghjkl",
    "qsdfghjklm",
    "zxcvbnm",
    "wxcvbn",
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
)


def hash_password(password: str) -> str:
    """What is stored of a password."""
    return _HASHER.hash(password)


def verify(stored: str | None, password: str) -> bool:
    """Whether the password is the stored one; without a stored one the same work is done, and the answer is no."""
    try:
        return _HASHER.verify(stored or _nobody(), password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def outdated(stored: str) -> bool:
    """Whether the settings rose since this hash was made: it is made again at the next sign-in."""
    return _HASHER.check_needs_rehash(stored)


def weakness(password: str, own_words: Iterable[str] = ()) -> Complaint | None:
    """What is wrong with a new password: its length, or that it is common, a run of keys, or one of `own_words`.

    own_words: names of the brands, of the product, of the account; a password built around one is refused.
    """
    if len(password) < SHORTEST:
        return _complaint(
            "password_too_short",
            f"{len(password)} caractères\u00a0: {SHORTEST} au moins. Une phrase convient.",
            f"{len(password)} characters: at least {SHORTEST}. A sentence will do.",
        )
    if len(password) > LONGEST:
        return _complaint(
            "password_too_long",
            f"{len(password)} caractères\u00a0: {LONGEST} au plus.",
            f"{len(password)} characters: at most {LONGEST}.",
        )
    if _common(password, own_words):
        return _complaint(
            "password_common",
            "Ce mot de passe figure dans les listes connues ou contient le nom de l'enseigne. Choisissez-en un autre.",
            "This password is in known lists or contains the brand's name. Choose another.",
        )
    return None


def _common(password: str, own_words: Iterable[str]) -> bool:
    plain = _plain(password)
    rest = plain
    for word in sorted({*_common_words(), *(_plain(word) for word in own_words)}, key=len, reverse=True):
        # Words under four letters are found inside every sentence.
        if len(word) >= 4:
            rest = rest.replace(word, "")
    return len(rest) < 5 or len(set(plain)) < 5 or _is_run(password.lower()) or _is_run(plain)


def _plain(text: str) -> str:
    """Lower case, without accents, figures at the end, separators; `p@ssw0rd` is `password`."""
    letters = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    bare = re.sub(r"[\W\d_]+$", "", letters)
    return re.sub(r"[\W_]", "", (bare or letters).translate(_LOOKALIKE))


def _is_run(text: str) -> bool:
    """Whether neighbours of a keyboard or of the alphabet make up the text, in pieces of four or more."""
    rest = text
    for row in _ROWS:
        for keys in (row, row[::-1]):
            for size in range(len(keys), 3, -1):
                for start in range(len(keys) - size + 1):
                    rest = rest.replace(keys[start : start + size], "")
    return len(rest) < 4


@cache
def _common_words() -> frozenset[str]:
    lines = (Path(__file__).parent / "common_passwords.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(_plain(line) for line in lines if line and not line.startswith("#"))


@cache
def _nobody() -> str:
    return _HASHER.hash("nobody has this one")


def _complaint(code: str, fr: str, en: str) -> Complaint:
    return Complaint("password", code, fr, en)
