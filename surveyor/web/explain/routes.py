"""Pages of explanations; looking at an identity is written to the audit chain."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response

from surveyor.core.reasons import LABELS, Reason
from surveyor.flows.customer_journey import Defaults
from surveyor.flows.explain_decisions import Asking, Story, explain_decisions
from surveyor.flows.note_look import note_look
from surveyor.web.explain.forms import SearchForm
from surveyor.web.here import now, services
from surveyor.web.language import language
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

area = Blueprint("explain", __name__, url_prefix="/explain")


@area.get("")
@needs("read", "explain")
def search() -> Response:
    subject = request.args.get("q", "")
    # An address would stay in the history of the browser: it is only taken from the form.
    return _page(subject if "@" not in subject and len(subject) <= 254 else "")


@area.post("")
@needs("read", "explain")
def find() -> Response:
    form = SearchForm.posted()
    complaints = form.complaints()
    if complaints:
        return _page("", 422, complaints)
    return _page((form.q.data or "").strip())


def masked(address: str) -> str:
    """`a•••@e•••.fr`: what is left of an address for those who may not know it."""
    local, at, domain = address.partition("@")
    if not at:
        return ""
    name, dot, end = domain.rpartition(".")
    return f"{local[:1]}•••@{name[:1]}•••{dot}{end}"


def _page(subject: str, status: int = 200, complaints: Any = ()) -> Response:
    story = _story(subject) if subject else None
    if subject and story is None:
        status = 404
    values = {
        "subject": subject,
        "story": story,
        "customers": _customers(story) if story else [],
        "complaints": list(complaints),
        "why": why,
    }
    return make_response(render_template("explain/page.html", **values), status)


def _story(subject: str) -> Story | None:
    here = services()
    asking = Asking(me().reach, language(), here.keyring, Defaults(here.settings.time_zone, here.settings.language))
    return explain_decisions(here.sessions, subject, asking)


def _customers(story: Story) -> list[tuple[str, str]]:
    """The source's ids with their addresses, as this role may see them."""
    access = me().may("read", "explain")
    if access.masked:
        return [(customer, masked(address)) for customer, address in story.customers]
    if any(address for _, address in story.customers):
        names = [customer for customer, _ in story.customers]
        note_look(services().sessions, customers=names, by=me().actor, now=now())
    return list(story.customers)


def why(reason: str | None) -> str:
    """A reason in words."""
    if not reason or not re.fullmatch(r"[A-Z_]+", reason) or reason not in Reason.__members__:
        return reason or ""
    return LABELS[Reason[reason]][0 if language() == "fr" else 1]
