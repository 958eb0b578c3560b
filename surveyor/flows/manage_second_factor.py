"""Give and take back the second factor of somebody who reads the line; every change ends their other sessions."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

import pyotp

from surveyor.core.second_factor import RECOVERY_ALPHABET, RECOVERY_CODES, RECOVERY_LENGTH, as_totp, written
from surveyor.core.tokens import Keyring
from surveyor.db import audit, second_factors, stored_secrets, users
from surveyor.db import sessions as browsers
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows import passwords
from surveyor.flows.check_code import matching_step, unsealed
from surveyor.flows.manage_users import Actor

ISSUER = "surveyor"


def offer_second_factor(sessions: Any, *, user_id: UUID, keys: Keyring, now: datetime) -> None:
    """Draw a secret of 160 bits and keep it sealed until its first code confirms it; a former offer is forgotten.

    Raises:
        Refused: 409 `second_factor_on`, one is in force already.
    """
    sealed, key_id = stored_secrets.seal(keys, f"user:{user_id}", pyotp.random_base32().encode("ascii"))
    with sessions.begin() as session:
        if not second_factors.offer(session, user_id, sealed=sealed, key_id=key_id):
            raise Refused([_already()], status=409)
        _write_down(session, Actor(str(user_id)), "user.second_factor_offered", user_id, now)


def offered_secret(sessions: Any, *, user_id: UUID, keys: Keyring) -> str:
    """The base32 secret that waits for its first code; "" when none does. A secret in force is never shown again."""
    with sessions() as session:
        secret = second_factors.secret_of(session, user_id)
    return "" if secret is None or secret.since is not None else unsealed(keys, user_id, secret)


def address_of(secret: str, account: str) -> str:
    """The otpauth:// address that an application reads from a picture."""
    return str(pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=ISSUER))


def confirm_second_factor(
    sessions: Any, *, user_id: UUID, code: str, keys: Keyring, now: datetime, keep: bytes | None = None
) -> list[str]:
    """Put the offered secret in force with its first code; returns ten recovery codes, shown this once.

    Every session of the person ends but `keep`. Raises Refused 422 `code_wrong`, which changes nothing.
    """
    with sessions() as session:
        secret = second_factors.secret_of(session, user_id)
    typed = as_totp(code)
    if secret is None or secret.since is not None or not typed:
        raise Refused([wrong_code()])
    step = matching_step(unsealed(keys, user_id, secret), typed, now)
    if step is None:
        raise Refused([wrong_code()])
    codes, hashes = _draw_codes()
    with sessions.begin() as session:
        if not second_factors.put_in_force(session, user_id, sealed=secret.sealed, now=now):
            raise Refused([wrong_code()])
        second_factors.take_step(session, user_id, step)
        second_factors.replace_codes(session, user_id, hashes, now=now)
        browsers.close_all(session, user_id, but=keep)
        _write_down(session, Actor(str(user_id)), "user.second_factor_on", user_id, now)
    return codes


def new_recovery_codes(sessions: Any, *, user_id: UUID, now: datetime) -> list[str]:
    """Ten other recovery codes, shown this once; the former ones stop working.

    Raises:
        NotFound: there is no second factor to recover from.
    """
    with sessions() as session:
        account = users.by_id(session, user_id)
    if account is None or not account.second_factor:
        raise NotFound("second factor")
    codes, hashes = _draw_codes()
    with sessions.begin() as session:
        second_factors.replace_codes(session, user_id, hashes, now=now)
        _write_down(session, Actor(str(user_id)), "user.recovery_codes_made", user_id, now)
    return codes


def end_second_factor(sessions: Any, *, user_id: UUID, by: Actor, now: datetime, keep: bytes | None = None) -> bool:
    """Sign-in asks for the password alone again; every session ends but `keep`. False when there was none.

    By the person after a step-up, or on the host for somebody who lost it.
    """
    with sessions.begin() as session:
        if not second_factors.forget(session, user_id):
            return False
        browsers.close_all(session, user_id, but=keep)
        _write_down(session, by, "user.second_factor_off", user_id, now)
        return True


def _draw_codes() -> tuple[list[str], list[str]]:
    """Ten codes as they are shown, and what is stored of each."""
    drawn = ["".join(secrets.choice(RECOVERY_ALPHABET) for _ in range(RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
    return [written(code) for code in drawn], [passwords.hash_password(code) for code in drawn]


def _write_down(session: Any, by: Actor, action: str, user_id: UUID, now: datetime) -> None:
    entry = audit.Entry(by.name, action, f"user:{user_id}", ip_prefix=by.ip_prefix, request_id=by.request_id)
    audit.append(session, entry, now=now)


def wrong_code() -> Complaint:
    """What is said of a code that is wrong, over, or used."""
    return Complaint(
        "code",
        "code_wrong",
        "Code incorrect, expiré ou déjà utilisé. Attendez le suivant et saisissez-le.",
        "Code wrong, expired or used already. Wait for the next one and type it.",
    )


def _already() -> Complaint:
    return Complaint(
        "path",
        "second_factor_on",
        "La double authentification est déjà active. Désactivez-la d'abord pour changer d'appareil.",
        "Two-step sign-in is on already. Turn it off first to change devices.",
    )
