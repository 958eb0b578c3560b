"""Row 8: an invitation as bytes from its published form, against Jinja2 and EmailMessage for every recipient."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import jinja2

from benchmarks.kit import Case, CheckError
from surveyor.mail.build import EnvelopeFacts, build_email
from surveyor.mail.published import load_folder
from surveyor.mail.samples import load_samples, sample_envelope
from surveyor.shipped import shipped

NAMES = ("Zoé Martin", "Jean-François Lefèvre", "Anaïs D'Angelo", "Müller", "Nuñez", "O=Neil", "Élodie de la Tour")
SIZES = {"small": (4000, 150), "full": (40_000, 1500)}


@dataclass
class Desk:
    """What a round works with, and what it has written."""

    made: list[bytes] = field(default_factory=list)


def cases(*, size: str, engine: str | None) -> Iterator[Case]:
    """The same on both engines: no database is involved."""
    many, few = SIZES[size]
    templates = load_folder(shipped("emails"))
    template = templates["invitation", "fr"]
    plain = load_samples(shipped("emails") / "invitation" / "fr", "invitation")["sample"]
    plain = {**plain, "scores": {}} if "scores" in plain else plain
    start = datetime(2026, 11, 2, 10, tzinfo=UTC)
    envelope = sample_envelope("invitation", "fr", plain, date=start)

    def values(number: int) -> dict[str, dict[str, str]]:
        first, _, last = NAMES[number % len(NAMES)].partition(" ")
        customer = {**plain["customer"], "first_name": first, "last_name": f"{last} {number}"}
        return {**plain, "customer": customer}

    def facts(number: int) -> EnvelopeFacts:
        return EnvelopeFacts(**{**_fields(envelope), "email_id": UUID(int=number), "to_address": f"c{number}@ex.test"})

    def ours(desk: Desk) -> int:
        for number in range(many):
            desk.made.append(build_email(template, values(number), facts(number)).wire)
        return many

    parts = [build_email(template, values(0), facts(0)).wire]
    pieces = [parts[0][at : at + 200] for at in range(0, len(parts[0]), 200)]

    def limit(desk: Desk) -> int:
        for _ in range(many * 10):
            b"".join(pieces)
        return many * 10

    text, html = _jinja(template.text, escape=False), _jinja(template.html, escape=True)

    def peer(desk: Desk) -> int:
        for number in range(few):
            message = EmailMessage(policy=email.policy.SMTP)
            message["From"], message["To"] = "a@ex.test", f"c{number}@ex.test"
            message["Subject"] = "Votre avis, en une question"
            message.set_content(text.render(values(number)))
            message.add_alternative(html.render(values(number)), subtype="html")
            desk.made.append(message.as_bytes())
        return few

    def check(desk: Desk) -> None:
        for number in range(0, many, max(many // 50, 1)):
            parsed = email.message_from_bytes(desk.made[number], policy=email.policy.default)
            body = parsed.get_body(("plain",))
            if body is None or not body.get_content().strip():
                raise CheckError(f"email {number} has no text")
            if max(map(len, desk.made[number].split(b"\r\n"))) > 998:
                raise CheckError(f"email {number} has a line that is too long")

    if engine in (None, "E"):
        yield Case("8", "E", ours, limit=limit, peer=peer, fresh=Desk, check=check, peer_of=True)


def _fields(envelope: EnvelopeFacts) -> dict[str, Any]:
    return {name: getattr(envelope, name) for name in envelope.__dataclass_fields__}


def _jinja(source: str, *, escape: bool) -> jinja2.Template:
    """The template as plain Jinja2 would have it: compiled once, its filters in Python."""
    environment = jinja2.Environment(autoescape=escape)
    environment.filters.update(date=str, time=str)
    return environment.from_string(source)
