"""Pages of the texts of emails: each kind with its version in force, how it looks, and every version before."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response

from surveyor.core.templates.compared import changes, text_changes
from surveyor.db import email_drafts, email_texts, proposals
from surveyor.errors import NotFound
from surveyor.flows.approvals import EMAIL
from surveyor.flows.edit_emails import FIRST, Standing, kinds, standing
from surveyor.flows.known_names import ASKING
from surveyor.mail.published import LANGUAGES
from surveyor.web.emails.shown import (
    PLAIN,
    VIEWS,
    Looked,
    built,
    case_name,
    first_words,
    folder,
    kind_name,
    looked,
    of_standing,
    place_name,
    said_of,
    samples,
    subject_of,
)
from surveyor.web.here import services
from surveyor.web.language import language
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

area = Blueprint("emails", __name__, url_prefix="/emails")


@area.get("")
@needs("read", "emails")
def listing() -> Response:
    """Every kind: its subject in each language, its version, who published it."""
    return listing_page()


def listing_page(status: int = 200, complaints: Any = (), typed: Any = None) -> Response:
    """The emails there are, one's own drafts of new ones, and the form of another."""
    with services().sessions() as session:
        known = kinds(session, folder())
        found = [_version(session, kind, None) for kind in known]
        mine = email_drafts.kinds_of(session, str(me().id))
        waiting = proposals.pending(session) if me().may("write", "emails") else []
    proposed = sum(one.subject.startswith(EMAIL) for one in waiting)
    values = {
        "rows": [_row(*one) for one in found],
        "mine": mine,
        "new": sorted(mine - set(known)),
        "may": bool(me().may("write", "emails")),
        "copies": [kind for kind in known if kind.partition("-")[0] == ASKING],
        "proposed": proposed,
        "complaints": list(complaints),
        "typed": typed or {},
    }
    return make_response(render_template("emails/listing.html", **values, **common()), status)


def _row(found: Standing, stored: dict[str, email_texts.Text]) -> dict[str, Any]:
    """A kind, with its subjects as the plain sample reads them."""
    subjects = {one: subject_of(of_standing(found, stored, one), samples(found.kind, one)[PLAIN]) for one in LANGUAGES}
    return {"kind": found.kind, "standing": found, "subjects": subjects}


@area.get("/<kind>")
@needs("read", "emails")
def page(kind: str) -> Response:
    """The version in force of a kind."""
    return _page(kind, None)


@area.get("/<kind>/<number>")
@needs("read", "emails")
def version(kind: str, number: str) -> Response:
    """One version of a kind."""
    return _page(kind, number_of(number))


@area.get("/<kind>/compare/<one>/<other>")
@needs("read", "emails")
def compare(kind: str, one: str, other: str) -> Response:
    """What changed from one version to another, in words and in the text."""
    a, _ = version_of(kind, number_of(one))
    b, _ = version_of(kind, number_of(other))
    values = {
        "changed": changes(a.sources, b.sources, language()),
        "text": text_changes(a.sources, b.sources),
    }
    return make_response(render_template("emails/compare.html", kind=kind, a=a, b=b, **values, **common()))


def number_of(text: str) -> int:
    """A version's number from an address."""
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text, re.ASCII):
        raise NotFound("email")
    return int(text)


def version_of(kind: str, number: int | None) -> tuple[Standing, dict[str, email_texts.Text]]:
    """A version of a kind (None: the one in force) and its stored texts, none for what comes with the product."""
    with services().sessions() as session:
        return _version(session, kind, number)


def _version(session: Any, kind: str, number: int | None) -> tuple[Standing, dict[str, email_texts.Text]]:
    found = standing(session, folder(), kind, number)
    return found, email_texts.texts(session, kind, found.number) if found.version is not None else {}


def common() -> dict[str, Any]:
    """Words that every page of the area uses."""
    named = {"kind_name": kind_name, "case_name": case_name, "place_name": place_name, "said_of": said_of}
    return {**named, "views": VIEWS, "languages": LANGUAGES}


def _page(kind: str, number: int | None) -> Response:
    found, stored = version_of(kind, number)
    asked = looked(kind)
    with services().sessions() as session:
        history = email_texts.versions(session, kind)
        current = standing(session, folder(), kind).number
        mine = email_drafts.find(session, str(me().id), kind) if me().may("write", "emails") else None
    values = {
        "found": found,
        "asked": asked,
        "history": history,
        "first": FIRST,
        "current": current,
        "mine": mine,
        "saved": "saved" in request.args,
        **seen(asked, kind, of_standing(found, stored, asked.language)),
    }
    return make_response(render_template("emails/page.html", kind=kind, **values, **common()))


def seen(asked: Looked, kind: str, template: Any) -> dict[str, Any]:
    """A case of the sample in a text, as the page around its frame shows it."""
    message = built(template, samples(kind, asked.language)[asked.case]) if template is not None else None
    return {"message": message, "first_words": first_words(message) if message is not None else ""}
