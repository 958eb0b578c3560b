"""Pages of explanations: what was typed is found, then told by our own id; looking at an identity is written down."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveyor.core.reasons import LABELS, Reason
from surveyor.db import customer_line
from surveyor.errors import NotFound
from surveyor.flows.customer_journey import Defaults
from surveyor.flows.explain_decisions import Asking, Match, Story, explain_customer, find_subjects
from surveyor.flows.note_look import note_look
from surveyor.web.explain.forms import SearchForm
from surveyor.web.explain.lines import around, counted_rows, life
from surveyor.web.here import now, services
from surveyor.web.language import language
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

area = Blueprint("explain", __name__, url_prefix="/explain")
#: Decisions on a page.
PAGE = 12
_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_COUNT = re.compile(r"[0-9]{1,5}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Whose:
    """The customer of an address of ours, and the order when one was meant."""

    customer: UUID
    order: UUID | None


def find_customer(customer_id: str) -> Whose:
    """A customer of whom the reader may know a decision; NotFound for any other, and for nobody."""
    order = request.args.get("order", "")
    if not _ID.fullmatch(customer_id) or (order and not _ID.fullmatch(order)):
        raise NotFound("customer")
    whose = Whose(UUID(hex=customer_id), UUID(hex=order) if order else None)
    with services().sessions() as session:
        if not customer_line.known(session, {whose.customer}, me().reach):
            raise NotFound("customer")
    return whose


@area.get("")
@needs("read", "explain")
def search() -> Response:
    subject = request.args.get("q", "")
    # An address would stay in the history of the browser: it is only taken from the form.
    return _found(subject if "@" not in subject and len(subject) <= 254 else "")


@area.post("")
@needs("read", "explain")
def find() -> Response:
    form = SearchForm.posted()
    complaints = form.complaints()
    if complaints:
        return _page("", 422, complaints=list(complaints))
    return _found((form.q.data or "").strip())


@area.get("/<customer_id>")
@needs("read", "explain", find=find_customer)
def customer(customer_id: str) -> Response:
    """The story of one customer, or of one of their orders."""
    whose: Whose = g.found
    asked = request.args.get("skip", "")
    skip = int(asked) if _COUNT.fullmatch(asked) else 0
    story = explain_customer(services().sessions, whose.customer, _asking(), order=whose.order, skip=skip)
    if story is None:
        raise NotFound("decisions")
    return _story_page(story, whose, skip)


def masked(address: str) -> str:
    """`a•••@e•••.fr`: what is left of an address for those who may not know it."""
    local, at, domain = address.partition("@")
    if not at:
        return ""
    name, dot, end = domain.rpartition(".")
    return f"{local[:1]}•••@{name[:1]}•••{dot}{end}"


def _asking() -> Asking:
    here = services()
    defaults = Defaults(here.settings.time_zone, here.settings.language)
    return Asking(me().reach, language(), here.keyring, defaults, most=PAGE)


def _found(typed: str) -> Response:
    """One thing is told at once; several are listed; an address leads to our id of the customer, never to itself."""
    if not typed:
        return _page("")
    here = services()
    matches = find_subjects(here.sessions, typed, reach=me().reach, keys=here.keyring)
    if not matches:
        return _page(typed, 404)
    if len(matches) > 1:
        return _page(typed, matches=matches)
    return redirect(_address(matches[0]), 303)


def _address(match: Match) -> str:
    order = match.order.hex if match.order else None
    return url_for("explain.customer", customer_id=match.customer_id.hex, order=order)


def _page(typed: str, status: int = 200, **values: Any) -> Response:
    page = render_template(
        "explain/page.html", **{"subject": typed, "matches": [], "complaints": [], "address": _address, **values}
    )
    return make_response(page, status)


def _story_page(story: Story, whose: Whose, skip: int) -> Response:
    zone = services().settings.time_zone
    drawn, rows = life(story, zone)
    told = [(one, around(one, story), counted_rows(one, story)) for one in story.decisions]
    values = {
        "story": replace(story, decisions=()),
        "told": told,
        "life": drawn,
        "rows": rows,
        "customers": _customers(story),
        "whose": whose,
        "skip": skip,
        "page": PAGE,
        "why": why,
        "labels": LABELS,
    }
    return make_response(render_template("explain/customer.html", **values))


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
