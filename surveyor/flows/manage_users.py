"""Give, change and take back the right to read what orders became; every change is in the audit chain."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from surveyor.core.quoting import shown
from surveyor.core.scope import ROLES, Scope
from surveyor.core.tokens import AddressError, normalise_address
from surveyor.db import access, audit, users
from surveyor.db import sessions as browsers
from surveyor.db.base import new_id
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows import passwords

LANGUAGES = ("fr", "en")
#: Role -> the scopes that it is made for (security.md, 2).
MANAGERS = {"region_manager": "region", "store_manager": "store"}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: a user id, or "host" for a command; and from where, for the audit chain."""

    name: str
    ip_prefix: str = ""
    request_id: str = ""


HOST = Actor("host")


@dataclass(frozen=True, slots=True)
class NewUser:
    """An account as somebody typed it; `scopes` in the grammar of contracts.md 3. id: a new one without it."""

    email: str
    role: str
    scopes: Sequence[str] = ("network",)
    name: str = ""
    language: str = "fr"
    id: UUID | None = None


def add_user(sessions: Any, *, user: NewUser, by: Actor, now: datetime) -> UUID:
    """Make an account without a password; returns its id.

    Raises:
        Refused: 422 with what is wrong (`email_invalid`, `field_value`, `scope_invalid`, …), 409 `user_exists`.
    """
    complaints = _wrong(role=user.role, scopes=user.scopes, name=user.name, language=user.language)
    complaints += _too_wide(user.role, user.scopes) if not complaints else []
    try:
        email = normalise_address(user.email)
        if not email.isascii():
            raise AddressError("characters")
    except AddressError:
        complaints.insert(0, _bad_address())
    if complaints:
        raise Refused(complaints)
    with sessions.begin() as session:
        if users.by_email(session, email) is not None:
            raise Refused([_exists()], status=409)
        made = user.id or new_id(now)
        users.add(session, user_id=made, email=email, role=user.role, language=user.language, now=now)
        users.replace_scopes(session, made, user.scopes)
        users.change(session, made, name=user.name.strip())
        _write_down(session, by, "user.added", made, now, after={"role": user.role, "scopes": list(user.scopes)})
        return made


def edit_user(sessions: Any, *, user_id: UUID, changes: dict[str, Any], by: Actor, now: datetime) -> None:
    """Change `role`, `scopes`, `name` or `language`; another role or reach ends every session of the person.

    Raises:
        NotFound: no such account. Refused: 422 for a value, 409 `last_admin`.
    """
    complaints = _wrong(**{"role": None, "scopes": None, "name": None, "language": None, **changes})
    if complaints:
        raise Refused(complaints)
    with sessions.begin() as session:
        admins = users.lock_admins(session)
        account = _found(session, user_id)
        if "role" in changes or "scopes" in changes:
            wide = _too_wide(changes.get("role", account.role), changes.get("scopes", account.scopes))
            if wide:
                raise Refused(wide)
        if account.role == "admin" and account.active and changes.get("role", "admin") != "admin" and admins <= 1:
            raise Refused([_last_admin("role")], status=409)
        columns = {name: changes[name] for name in ("role", "name", "language") if name in changes}
        if columns:
            users.change(session, user_id, **columns)
        if "scopes" in changes:
            users.replace_scopes(session, user_id, changes["scopes"])
        if columns.get("role", account.role) != account.role or set(changes.get("scopes", account.scopes)) != set(
            account.scopes
        ):
            browsers.close_all(session, user_id)
            before = {"role": account.role, "scopes": list(account.scopes)}
            after = {"role": columns.get("role", account.role), "scopes": list(changes.get("scopes", account.scopes))}
            _write_down(session, by, "user.rights", user_id, now, before=before, after=after)


def disable_user(sessions: Any, *, user_id: UUID, by: Actor, now: datetime, revoke: Collection[str] = ()) -> None:
    """Close an account, every session and every link of it, at once; a second time changes nothing.

    revoke: ids of API keys that end with it; only those that the person made do.

    Raises:
        NotFound: no such account. Refused: 409 `last_admin`.
    """
    with sessions.begin() as session:
        admins = users.lock_admins(session)
        account = _found(session, user_id)
        if account.role == "admin" and account.active and admins <= 1:
            raise Refused([_last_admin("path")], status=409)
        browsers.close_all(session, user_id)
        browsers.end_links(session, user_id, now)
        for key in access.living_keys_of(session, str(user_id), now):
            if key.id in revoke and access.revoke_key(session, key.id, now):
                audit.append(session, audit.Entry(by.name, "key.revoked", key.id, ip_prefix=by.ip_prefix), now=now)
        if account.active:
            users.change(session, user_id, disabled_at=now)
            _write_down(session, by, "user.disabled", user_id, now)


def enable_user(sessions: Any, *, user_id: UUID, by: Actor, now: datetime) -> None:
    """Open a closed account again. Raises NotFound."""
    with sessions.begin() as session:
        if not _found(session, user_id).active:
            users.change(session, user_id, disabled_at=None)
            _write_down(session, by, "user.enabled", user_id, now)


def set_password(
    sessions: Any,
    *,
    user_id: UUID,
    password: str,
    now: datetime,
    own_words: Sequence[str] = (),
    keep: bytes | None = None,
) -> None:
    """Choose a password; every session of the person ends but `keep`, the browser where it was typed.

    Raises:
        NotFound: no such account. Refused: 422 `password_too_short`, `password_too_long`, `password_common`.
    """
    with sessions.begin() as session:
        account = _found(session, user_id)
    refuse_weak_password(password, own_words=[*own_words, account.email.partition("@")[0], account.name])
    stored = passwords.hash_password(password)
    with sessions.begin() as session:
        users.change(session, user_id, password_hash=stored)
        browsers.close_all(session, user_id, but=keep)
        _write_down(session, Actor(str(user_id)), "user.password", user_id, now)


def refuse_weak_password(password: str, *, own_words: Sequence[str] = ()) -> None:
    """Raises Refused, 422, for a password that nobody should have; before an account is made for it."""
    weak = passwords.weakness(password, own_words)
    if weak is not None:
        raise Refused([weak])


def _found(session: Any, user_id: UUID) -> users.Account:
    account = users.by_id(session, user_id)
    if account is None:
        raise NotFound("user")
    return account


def _write_down(session: Any, by: Actor, action: str, user_id: UUID, now: datetime, **values: Any) -> None:
    entry = audit.Entry(by.name, action, f"user:{user_id}", ip_prefix=by.ip_prefix, request_id=by.request_id, **values)
    audit.append(session, entry, now=now)


def _wrong(
    *, role: str | None, scopes: Sequence[str] | None, name: str | None, language: str | None
) -> list[Complaint]:
    complaints: list[Complaint] = []
    if role is not None and role not in ROLES:
        complaints.append(_value("role", "Rôle", "Role", role, ", ".join(ROLES)))
    if language is not None and language not in LANGUAGES:
        complaints.append(_value("language", "Langue", "Language", language, "fr, en"))
    if name is not None and (len(name) > 200 or re.search(r"[\x00-\x1f\x7f-\x9f]", name)):
        complaints.append(_value("name", "Nom", "Name", name, "200"))
    if scopes is not None and not scopes:
        complaints.append(Complaint("scope", "field_required", "Périmètre est obligatoire.", "Scope is required."))
    for text in scopes or ():
        try:
            Scope.parse(text, where="scope")
        except Refused as refused:
            complaints.extend(refused.complaints)
    return complaints


def _too_wide(role: str, scopes: Sequence[str]) -> list[Complaint]:
    """The manager of a store or of a region has some of the stores; the whole network is another role's."""
    kind = MANAGERS.get(role)
    if kind is None:
        return []
    return [
        Complaint(
            "scope",
            "field_value",
            f"Périmètre\u00a0: le rôle {role} ne va pas avec {shown(text)}, qui est tout le réseau. Attendu\u00a0: "
            f"{kind}:ID, plusieurs au besoin\u00a0; pour tout le réseau, le rôle cx, marketing ou support.",
            f"Scope: the role {role} does not go with {shown(text)}, which is the whole network. Expected: {kind}:ID, "
            "several if need be; for the whole network, the role cx, marketing or support.",
        )
        for text in scopes
        if not any(Scope.parse(text, where="scope").parts[:3])
    ]


def _value(where: str, fr: str, en: str, value: str, expected: str) -> Complaint:
    said = shown(value)
    return Complaint(
        where,
        "field_value",
        f"{fr}\u00a0: {said} n'est pas accepté. Attendu\u00a0: {expected}.",
        f"{en}: {said} is not accepted. Expected: {expected}.",
    )


def _bad_address() -> Complaint:
    return Complaint(
        "email",
        "email_invalid",
        "Cette adresse ne peut pas recevoir d'e-mail. Attendu\u00a0: nom@domaine.fr.",
        "This address cannot receive email. Expected: name@domain.com.",
    )


def _exists() -> Complaint:
    return Complaint(
        "email",
        "user_exists",
        "Un compte existe déjà pour cette adresse.",
        "An account already exists for this address.",
    )


def _last_admin(where: str) -> Complaint:
    return Complaint(
        where,
        "last_admin",
        "C'est le dernier administrateur actif. Nommez-en un autre d'abord.",
        "This is the last active administrator. Name another one first.",
    )
