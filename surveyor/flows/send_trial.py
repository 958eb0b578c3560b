"""Send one email of a draft to the person who writes it: through the provider in force, in no row and no figure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from surveyor.db import audit
from surveyor.db import emails as rows
from surveyor.errors import Complaint, Refused
from surveyor.mail.message import Message
from surveyor.mail.providers.base import Provider, ProviderError

#: Per person: enough to work with, too few to write to anybody's crowd.
MOST, WINDOW = 20, timedelta(hours=1)


def send_trial(
    sessions: Any, provider: Provider, make: Callable[[], Message], *, actor: str, what: str, now: datetime
) -> str:
    """Hand one test over and return what the provider calls it. what: kind and language, for the audit chain.

    Raises Refused: `email_test_held` (409) when nothing may leave, `email_test_limit` (429) after 20 in an hour,
    `email_test_failed` (503) with what the provider said; BuildError when a value is missing.
    """
    message = make()
    with sessions.begin() as session:
        if not rows.gate(session, provider.name).open:
            raise Refused([_held()], status=409)
        audit.append(session, audit.Entry(actor, "emails.test", what, after=message.email_id.hex), now=now)
        if audit.count_of(session, actor, "emails.test", since=now - WINDOW) > MOST:
            raise Refused([_too_many()], status=429)
    try:
        return provider.send(message).ref
    except ProviderError as wrong:
        raise Refused([_failed(wrong)], status=503) from wrong


def _held() -> Complaint:
    fr = "Les envois sont retenus ou en pause : rien ne part, un essai non plus. Voyez les alertes."
    en = "Sending is held or paused: nothing leaves, nor does a test. See the alerts."
    return Complaint("test", "email_test_held", fr, en)


def _too_many() -> Complaint:
    fr = f"{MOST} essais par heure au plus. Attendez un peu."
    return Complaint("test", "email_test_limit", fr, f"At most {MOST} tests an hour. Wait a little.")


def _failed(wrong: ProviderError) -> Complaint:
    fr = f"Le fournisseur n'a pas pris l'essai ({wrong.code}). Voyez la page Délivrabilité."
    en = f"The provider did not take the test ({wrong.code}). See the Deliverability page."
    return Complaint("test", "email_test_failed", fr, en)
