"""The values an email is shown and tested with: `sample.toml`, and each of its cases on top of it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

from surveyor.core.templates import fields
from surveyor.errors import Complaint, Refused
from surveyor.mail.build import EnvelopeFacts, build_email
from surveyor.mail.message import Message
from surveyor.mail.published import PublishedEmail, read

SAMPLE_ID = UUID("0192f1c4-7b1e-7c55-9a57-3f6b5a0e9d11")
Values = dict[str, dict[str, str]]


def load_samples(place: Path, kind: str) -> dict[str, Values]:
    """case -> values; `sample` is the plain one. Refused when a value is no text or the kind has no such field."""
    name = "/".join((*place.parts[-2:], "sample.toml"))
    try:
        given = tomllib.loads(read(place / "sample.toml"))
    except tomllib.TOMLDecodeError as wrong:
        raise Refused([Complaint(name, "sample_unreadable", f"{name} : {wrong}", f"{name}: {wrong}")]) from wrong
    cases = given.pop("case", {})
    plain = _checked(given, kind, name)
    samples = {"sample": plain}
    for case, changes in sorted(cases.items()):
        changed = _checked(changes, kind, name)
        samples[case] = {group: {**plain.get(group, {}), **changed.get(group, {})} for group in {**plain, **changed}}
    return samples


def _checked(given: Mapping[str, object], kind: str, name: str) -> Values:
    known = fields(kind)
    for group, values in given.items():
        for field, value in values.items() if isinstance(values, dict) else ():
            if field not in known.get(group, ()) or not isinstance(value, str):
                what = f"{name}: {group}.{field}"
                french, english = f"{what} : inconnu, ou pas un texte.", f"{what}: unknown, or not a text."
                raise Refused([Complaint(name, "sample_field", french, english)])
    return {group: dict(values) for group, values in given.items() if isinstance(values, dict)}


def sample_envelope(
    kind: str, language: str, values: Mapping[str, Mapping[str, str]], *, date: datetime
) -> EnvelopeFacts:
    """An envelope for previews and tests: a mailbox that does not exist, and the links of the sample."""
    customer = values.get("customer", {})
    return EnvelopeFacts(
        email_id=SAMPLE_ID,
        attempt=1,
        kind=kind,
        to_address="zoe.martin@exemple.test",
        to_name=f"{customer.get('first_name', '')} {customer.get('last_name', '')}".strip()[:80],
        sender="avis@enquetes.maison-x.fr",
        sender_name="Maison X",
        reply_to="contact@maison-x.fr",
        list_name="Enquêtes Maison X",
        rule="standard",
        store="S1",
        sender_id="maison-x",
        unsubscribe_url=values.get("links", {}).get("unsubscribe", ""),
        return_path_domain="enquetes.maison-x.fr",
        language=language,
        date=date,
    )


def sample_messages(template: PublishedEmail, place: Path, *, date: datetime) -> dict[str, Message]:
    """case -> the message built from it."""
    return {
        case: build_email(template, values, sample_envelope(template.kind, template.language, values, date=date))
        for case, values in load_samples(place, template.kind).items()
    }


def marked_test(message: Message) -> Message:
    """The same email with a subject that says it is a test: what `mail test` sends."""
    mark = "[Essai] " if message.language == "fr" else "[Test] "
    return replace(message, subject=(mark + message.subject)[:150], wire=None)
