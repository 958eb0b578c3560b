"""The second factor of those who read what orders became: who needs one, and what a typed code may be."""

from __future__ import annotations

import re
from datetime import datetime

#: Roles that may write to everybody, or give rights: in production they sign in with a second factor (security.md, S4).
REQUIRED_FOR = frozenset({"admin", "cx"})
STEP_SECONDS = 30
RECOVERY_CODES = 10
#: Without letters and figures that look alike: 31 ** 12 is 59 bits, behind Argon2id and five tries in 15 minutes.
RECOVERY_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
RECOVERY_LENGTH = 12
_TOTP = re.compile(r"[0-9]{6}", re.ASCII)
_RECOVERY = re.compile(rf"[{RECOVERY_ALPHABET}]{{{RECOVERY_LENGTH}}}", re.ASCII)


def is_required(role: str, *, production: bool) -> bool:
    """Whether somebody of this role may do nothing before they have a second factor."""
    return production and role in REQUIRED_FOR


def step_of(now: datetime) -> int:
    """The half minute of an instant, counted from 1970 (RFC 6238)."""
    return int(now.timestamp()) // STEP_SECONDS


def as_totp(typed: str) -> str:
    """The six figures of a code as typed, blanks aside; "" when it is none."""
    plain = re.sub(r"[ \u00a0]", "", typed)
    return plain if _TOTP.fullmatch(plain) else ""


def as_recovery(typed: str) -> str:
    """The twelve characters of a recovery code as typed, blanks, hyphens and capitals aside; "" when it is none."""
    plain = re.sub(r"[ \u00a0-]", "", typed).lower()
    return plain if _RECOVERY.fullmatch(plain) else ""


def written(code: str) -> str:
    """A recovery code as it is shown: three groups of four."""
    return "-".join(code[start : start + 4] for start in range(0, RECOVERY_LENGTH, 4))
