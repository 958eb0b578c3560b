"""The texts that an email is built from: those of its edition, read once, checked as on the day of publication."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from surveyor.core.templates import check
from surveyor.db import email_texts
from surveyor.errors import Refused
from surveyor.mail.language import parse
from surveyor.mail.published import PublishedEmail


def published_texts(sessions: Any, kind: str, edition: int) -> dict[str, PublishedEmail]:
    """language -> text of a kind as it stood at an edition; empty when nobody had published one.

    Refused when a stored text is not the one that was published, or would not be taken today (security.md, S18):
    the emails of that kind wait, the others leave.
    """
    with sessions() as session:
        version = email_texts.current(session, kind, at=edition)
        stored = email_texts.texts(session, kind, version.number) if version is not None else {}
    return {language: _again(kind, one) for language, one in stored.items()}


def every_text(sessions: Any) -> tuple[dict[tuple[str, str], PublishedEmail], list[str]]:
    """(kind, language) -> text, of the kinds that somebody published; and the kinds whose stored texts are unfit."""
    with sessions() as session:
        edition, kinds = email_texts.edition(session), email_texts.kinds(session)
    found: dict[tuple[str, str], PublishedEmail] = {}
    unfit = []
    for kind in kinds:
        try:
            texts = published_texts(sessions, kind, edition)
        except Refused:
            unfit.append(kind)
        else:
            found |= {(kind, language): text for language, text in texts.items()}
    return found, unfit


def _again(kind: str, stored: email_texts.Text) -> PublishedEmail:
    template = PublishedEmail(kind, stored.language, stored.subject, stored.text, stored.html)
    parts: Mapping[str, str] = {"subject.txt": stored.subject, "body.txt": stored.text, "body.html": stored.html}
    found = [one for part, text in parts.items() for one in check(text, parse=parse, kind=kind, part=part, blocks={})]
    if found or template.sha256 != stored.sha256:
        raise Refused(found, code="email_text_unfit")
    return template
