"""One email, built and ready: what stands between a decision to write and the provider that carries it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from surveyor.core.reports.report import Kept


@dataclass(slots=True)  # frozen, it costs three times as much to make, for every email
class Message:
    """Everything a provider may need; it changes nothing and reads nothing else.

    attempt: counts from 1. kind: `invitation`, `reminder`… address: exactly one, ASCII (IDN in punycode).
    headers: in order, unencoded text, without From, To, Subject, Reply-To, Date, MIME-Version and Content-*, which have
    their own fields or belong to the body; `date` is RFC 5322 text. wire: the whole message as bytes with CRLF, ready
    for SMTP and the outbox; None when nobody asked for it. envelope_sender: the return path (`b+<email id>@…`).
    report: of an email to staff, what is kept of it when it leaves. sha256: with `wire`, what identifies these bytes:
    of what changes from one email to the next and of the constants' own SHA-256, a tenth of all the bytes.
    """

    email_id: UUID
    attempt: int
    kind: str
    address: str
    name: str
    sender: str
    sender_name: str
    reply_to: str
    subject: str
    text: str
    html: str
    headers: tuple[tuple[str, str], ...] = ()
    date: str = ""
    wire: bytes | None = None
    envelope_sender: str = ""
    language: str = "fr"
    report: Kept | None = None
    sha256: bytes = b""

    @property
    def id_text(self) -> str:
        """The email id as it is printed everywhere: 32 hexadecimal digits."""
        return self.email_id.hex

    def header(self, name: str) -> str | None:
        """The value of a header, whatever its case; None when the email does not have it."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)
