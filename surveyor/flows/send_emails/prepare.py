"""Build a claimed group, with no transaction open: a template that fails costs its email a wait, nobody else."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from uuid import UUID

from surveyor.db.emails import Claimed, EmailFacts
from surveyor.errors import NotForReader
from surveyor.faults import fault
from surveyor.flows.send_emails.mailer import Built, Mailer
from surveyor.mail.message import Message


def prepare(emails: Iterable[Claimed], facts: Mapping[UUID, EmailFacts], mailer: Mailer) -> list[Built]:
    """One message for each email, or the name of the error that its build ended in."""
    built = []
    for email in emails:
        try:
            about = facts[email.id]
            built.append(Built(email, mailer.build(about), edition=about.template_version))
        except NotForReader as no:
            built.append(Built(email, None, refused=no.reason))
        except Exception as wrong:  # a builder renders texts that people edit: whatever it raises is that email's
            built.append(Built(email, None, type(wrong).__name__))
    fault("build.done")
    return built


def body_sha256(message: Message) -> bytes:
    """What identifies the bytes that are about to leave."""
    if message.wire is not None:
        return message.sha256 or hashlib.sha256(message.wire).digest()
    return hashlib.sha256("\0".join((message.subject, message.text, message.html)).encode()).digest()
