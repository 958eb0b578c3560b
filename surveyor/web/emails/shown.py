"""An email as a page shows it: one case of its sample in one language, with its subject and its first words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from flask import request

from surveyor.errors import Complaint, NotFound, SurveyorError
from surveyor.flows.edit_emails import Standing
from surveyor.mail.build import BuildError, build_email
from surveyor.mail.message import Message
from surveyor.mail.plan import MissingValue
from surveyor.mail.published import LANGUAGES, PublishedEmail, load_one, sample_place
from surveyor.mail.quality.content import FIRST_WORDS
from surveyor.mail.quality.page import Page
from surveyor.mail.samples import Values, load_samples, sample_envelope
from surveyor.shipped import shipped
from surveyor.web.assets import load
from surveyor.web.here import now
from surveyor.web.language import language as spoken
from surveyor.web.language import text
from surveyor.web.texts import catalogue

#: How a preview may be looked at.
VIEWS = ("desktop", "phone", "dark", "no_images", "text")
#: The name of the sample's own values among its cases.
PLAIN = "sample"


def folder() -> Path:
    """Where the emails that come with the product are: frame, samples, version 1."""
    return shipped("emails")


@dataclass(frozen=True, slots=True)
class Looked:
    """What a reader chose to look at: a language, a case of the sample, a view."""

    language: str
    case: str
    view: str
    cases: tuple[str, ...]

    def args(self, **changed: str) -> dict[str, str]:
        """The same choice for an address, with changes."""
        return {"language": self.language, "case": self.case, "view": self.view, **changed}


def looked(kind: str) -> Looked:
    """The choice that the address makes; what it does not say, or says wrong, is the reader's language and the plain
    sample.
    """
    asked = request.args
    ours = spoken() if spoken() in LANGUAGES else LANGUAGES[0]
    language = asked.get("language", ours) if asked.get("language", ours) in LANGUAGES else ours
    cases = tuple(samples(kind, language))
    case = asked.get("case", PLAIN) if asked.get("case", PLAIN) in cases else PLAIN
    view = asked.get("view", VIEWS[0]) if asked.get("view", VIEWS[0]) in VIEWS else VIEWS[0]
    return Looked(language, case, view, cases)


def samples(kind: str, language: str) -> dict[str, Values]:
    """case -> values of a kind in a language, the plain sample first."""
    try:
        return load_samples(sample_place(folder(), kind, language), kind)
    except (SurveyorError, KeyError, OSError):
        raise NotFound("email") from None


def kind_name(kind: str) -> str:
    """What a kind is called in the reader's language."""
    if f"emails.kind.{kind}" in catalogue():
        return text(f"emails.kind.{kind}")
    family, _, variant = kind.partition("-")
    return f"{text(f'emails.kind.{family}')} · {variant}" if f"emails.kind.{family}" in catalogue() else kind


def case_name(case: str) -> str:
    """What a case of a sample is called; its own name when nobody named it."""
    return text(f"emails.case.{case}") if f"emails.case.{case}" in catalogue() else case


def place_name(where: str) -> str:
    """`fr/body.mjml:12` as "Français, corps, ligne 12"; a place of another shape as far as it can be said."""
    tongue, _, rest = where.partition("/")
    if tongue not in LANGUAGES:  # an automatic check names the kind first
        tongue, _, rest = rest.partition("/")
    file, _, line = rest.partition(":")
    part = {"subject.txt": "subject", "body.txt": "text", "body.mjml": "body", "body.html": "body"}.get(file)
    words = [text(f"emails.language.{tongue}")] if tongue in LANGUAGES else []
    if part is not None:
        named = text(f"emails.part.{part}")
        words.append(text("emails.part.line", part=named, n=int(line)) if line.isdigit() else named)
    elif file:
        words.append(case_name(file))
    return ", ".join(words)


def said_of(one: Complaint) -> str:
    """The sentence of a complaint without its place."""
    said = one.message(spoken())
    return said.removeprefix(f"{one.where} : ").removeprefix(f"{one.where}: ")


def of_standing(found: Standing, stored: Mapping[str, Any], language: str) -> PublishedEmail:
    """The text of a version in a language: stored, or the one that comes with the product."""
    one = stored.get(language)
    if one is None:
        return _shipped(found.kind, language)
    return PublishedEmail(found.kind, language, one.subject, one.text, one.html)


@cache
def _shipped(kind: str, language: str) -> PublishedEmail:
    """What comes with the product is checked once: it does not change while we run."""
    return load_one(folder(), kind, language, folder() / kind / language)


def subject_of(template: PublishedEmail, values: Values) -> str:
    """The subject of a case alone; the text as written when it needs a value that the sample has not."""
    try:
        return template.subject_plan.render(values)
    except MissingValue:
        return template.subject


def of_check(kind: str, checked: Any, language: str) -> PublishedEmail | None:
    """What a draft compiled to in a language; None when it did not."""
    made = (checked or {}).get("made", {}).get(language)
    return None if made is None else PublishedEmail(kind, language, made["subject"], made["text"], made["html"])


def built(template: PublishedEmail, values: Values) -> Message | None:
    """The message of a case; None when the text needs a value that the sample has not."""
    own = {group: dict(named) for group, named in values.items()}
    if own.get("brand", {}).get("logo_url"):
        own["brand"]["logo_url"] = f"/static/{load()['mark.svg'].address}"
    envelope = sample_envelope(template.kind, template.language, values, date=now())
    try:
        return build_email(template, own, envelope, wire=False)
    except BuildError:
        return None


def first_words(message: Message) -> str:
    """What a list of emails shows after the subject: the preheader is the first visible sentence."""
    return " ".join(words.text for words in Page(message.html).words if not words.hidden)[:FIRST_WORDS]
