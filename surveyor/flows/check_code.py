"""Check the second factor of somebody who reads the line: a TOTP code or a recovery code, each good once."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import pyotp

from surveyor.core.second_factor import as_recovery, as_totp, step_of
from surveyor.core.tokens import Keyring
from surveyor.db import audit, second_factors, stored_secrets
from surveyor.flows import passwords

#: One half minute of patience on each side: clocks of telephones differ.
DRIFT = (0, -1, 1)


@dataclass(frozen=True, slots=True)
class Proof:
    """A code that is right, not yet used up: a half minute of TOTP, or a recovery code."""

    user_id: UUID
    step: int = 0
    recovery: UUID | None = None


def find_proof(sessions: Any, user_id: UUID, typed: str, *, keys: Keyring, now: datetime) -> Proof | None:
    """What a typed code proves of a person, or None. The slow work of a recovery code holds no transaction."""
    code, recovery = as_totp(typed), as_recovery(typed)
    with sessions() as session:
        secret = second_factors.secret_of(session, user_id)
        kept = second_factors.unused_codes(session, user_id) if recovery else []
    if secret is None or secret.since is None:
        return None
    if code:
        try:
            step = matching_step(unsealed(keys, user_id, secret), code, now)
        except KeyError:  # its key has left the settings: nobody comes in by it; the host can take it back
            return None
        return None if step is None else Proof(user_id, step)
    for code_id, code_hash in kept:
        if passwords.verify(code_hash, recovery):
            return Proof(user_id, recovery=code_id)
    return None


def spend(session: Any, proof: Proof, *, now: datetime) -> bool:
    """Use a code up in the caller's transaction; False when it was used before."""
    if proof.recovery is None:
        return second_factors.take_step(session, proof.user_id, proof.step)
    if not second_factors.use_code(session, proof.recovery, now):
        return False
    entry = audit.Entry(str(proof.user_id), "user.recovery_code_used", f"user:{proof.user_id}")
    audit.append(session, entry, now=now)
    return True


def unsealed(keys: Keyring, user_id: UUID, secret: second_factors.SealedSecret) -> str:
    """The base32 secret of a person. Raises KeyError when the key it was sealed under has left the list."""
    return stored_secrets.unseal(keys, f"user:{user_id}", secret.sealed, secret.key_id).decode("ascii")


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    """The half minute whose code this is: that of `now`, or one beside it (RFC 6238, 5.2)."""
    totp = pyotp.TOTP(secret)
    for drift in DRIFT:
        step = step_of(now) + drift
        if hmac.compare_digest(totp.generate_otp(step), code):
            return step
    return None
