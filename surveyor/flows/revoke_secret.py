"""A secret leaked: links that were not sent yet are made again under the newest, those in mailboxes end or go on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from surveyor.core.tokens import Keyring, Purpose, digest, key_id
from surveyor.db import audit, links
from surveyor.db.audit import Entry
from surveyor.errors import NotFound, SettingsError


@dataclass(frozen=True, slots=True)
class Revoked:
    """What one run did. emails, invitations: unsent rows with a new link; ended: links in mailboxes that answer 410.

    in_flight: emails being handed over, or in doubt, that still name the secret: run again when they have settled.
    """

    emails: int
    invitations: int
    ended: int
    in_flight: int


def revoke_secret(sessions: Any, keys: Keyring, name: str, *, keep_sent: bool, by: str, now: datetime) -> Revoked:
    """Let no unsent row name the secret `name`; keep_sent: links in mailboxes go on, else they end.

    In batches of a transaction each: a run that was killed is begun again, and a second one does nothing. A link to
    unsubscribe that was sent goes on in any case: an opposition meets no closed door.

    Raises:
        NotFound: no secret of the installation has this id.
        SettingsError: it is the newest: there is nothing to replace it by.
    """
    if name not in {key_id(secret) for secret in keys.secrets}:
        raise NotFound(f"no secret {name!r}: `surveyor secrets list` shows them")
    if name == keys.newest_id:
        raise SettingsError(
            f"SURVEYOR_SECRET_KEYS: expected a new secret before {name}, which is the newest: put one there, restart, "
            "then revoke"
        )
    _note(sessions, "secret.revoking", name, by=by, now=now, after={"keep_sent": keep_sent})
    new = keys.newest_id
    survey, unsubscribe = _digest(keys, Purpose.SURVEY), _digest(keys, Purpose.UNSUBSCRIBE)
    emails = _all(sessions, lambda s: links.renew_unsubscribe_links(s, name, new, unsubscribe))
    again = _all(sessions, lambda s: links.renew_survey_links(s, name, new, survey, reminders=not keep_sent))
    ended = 0 if keep_sent else _all(sessions, lambda s: links.end_survey_links(s, name, now=now))
    with sessions() as session:
        left = links.in_flight(session, name)
    done = Revoked(emails, again, ended, left)
    counts = {"emails": emails, "invitations": again, "ended": ended, "in_flight": left}
    _note(sessions, "secret.revoked", name, by=by, now=now, after=counts)
    return done


def _digest(keys: Keyring, purpose: Purpose) -> Callable[[UUID], bytes]:
    return lambda row: digest(keys.token(purpose, row))


def _all(sessions: Any, step: Callable[[Any], int]) -> int:
    done = 0
    while True:
        with sessions.begin() as session:
            n = step(session)
        done += n
        if not n:
            return done


def _note(sessions: Any, action: str, name: str, *, by: str, now: datetime, after: Any) -> None:
    with sessions.begin() as session:
        audit.append(session, Entry(by, action, name, after=after), now=now)
