"""Pages of suppressions: the list, the history of one address, adding by hand, lifting with a written reason."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveyor.core.quoting import french
from surveyor.core.tokens import AddressError
from surveyor.db import known_customers
from surveyor.db import suppression_list as rows
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows.customer_journey import CustomerJourneys, Defaults
from surveyor.flows.manage_suppressions import KINDS, PERMANENT, Order, add_suppression, lift_suppression
from surveyor.flows.note_look import note_look
from surveyor.web.explain.routes import masked
from surveyor.web.here import now, services
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me
from surveyor.web.suppressions.forms import AddForm, LiftForm

area = Blueprint("suppressions", __name__, url_prefix="/suppressions")
PAGE = 50
_KEY = re.compile(r"key-([0-9a-f]{64})")
_HEX = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose address a page is about; customer: the source's id as it stands in the address of the page, or ""."""

    name: str
    key: bytes
    customer: str = ""


def find(customer: str) -> Subject:
    """The address behind a customer's id or a key, inside the reader's scopes; NotFound for anything else."""
    by_key = _KEY.fullmatch(customer)
    with services().sessions() as session:
        if by_key is None:
            _, key = known_customers.key_of_customer(session, customer, me().reach)
            if key is None:
                raise NotFound("customer")
            return Subject(customer, key, customer)
        key = bytes.fromhex(by_key[1])
        if not known_customers.is_network(me().reach) and not known_customers.is_known(session, key, me().reach):
            raise NotFound("customer")
        return Subject(customer, key)


@area.get("")
@needs("read", "suppressions")
def listing() -> Response:
    return _listing()


@area.post("")
@needs("write", "suppressions")
def add() -> Response:
    form = AddForm.posted()
    typed = {name: (form[name].data or "") for name in ("subject", "kind", "reason")}
    complaints = form.complaints()
    key = None if complaints else _subject_key(typed["subject"].strip())
    if not complaints and key is None:
        complaints = [_stranger()]
    if complaints or key is None:
        return _listing(422, complaints, typed)
    here = services()
    journeys = CustomerJourneys(here.keyring, Defaults(here.settings.time_zone, here.settings.language))
    order = Order(key, typed["kind"], typed["reason"])
    add_suppression(here.sessions, order, journeys=journeys, by=me().actor, now=now())
    return redirect(url_for("suppressions.page", customer=f"key-{key.hex()}", saved=1), 303)


@area.get("/<customer>")
@needs("read", "suppressions", find=find)
def page(customer: str) -> Response:
    return _page(g.found)


@area.get("/<customer>/lift")
@needs("write", "suppression_lift", find=find)
def lift_page(customer: str) -> Response:
    return _page(g.found, lifting=True)


@area.post("/<customer>/lift")
@needs("write", "suppression_lift", find=find)
def lift(customer: str) -> Response:
    form = LiftForm.posted()
    complaints = form.complaints()
    if complaints:
        return _page(g.found, 422, complaints, lifting=True)
    kind = form.kind.data or ""
    order = Order(g.found.key, kind if kind in rows.REASONS else "", form.reason.data or "")
    try:
        lift_suppression(services().sessions, order, by=me().actor, now=now())
    except Refused as refused:
        return _page(g.found, refused.status, refused.complaints, lifting=True)
    return redirect(url_for("suppressions.page", customer=customer, saved=1), 303)


def _subject_key(subject: str) -> bytes | None:
    """The key of what was typed: any address for the network, a known customer for the rest."""
    reach = me().reach
    with services().sessions() as session:
        if "@" not in subject:
            return known_customers.key_of_customer(session, subject, reach)[1]
        try:
            key = services().keyring.address_key(subject)
        except AddressError:
            return None
        seen = known_customers.is_network(reach) or known_customers.is_known(session, key, reach)
    return key if seen else None


def _stranger() -> Complaint:
    fr = "Ni un client de vos magasins ni une adresse utilisable. Vérifiez l'orthographe."
    en = "Neither a customer of your stores nor a usable address. Check the spelling."
    return Complaint("subject", "reference_unknown", french(fr), en)


def _listing(status: int = 200, complaints: Any = (), typed: dict[str, str] | None = None) -> Response:
    reason, before = request.args.get("reason", ""), request.args.get("before", "")
    cursor = UUID(hex=before) if _HEX.fullmatch(before) else None
    with services().sessions() as session:
        counts = rows.how_many(session, me().reach, now=now())
        found = rows.listing(session, me().reach, now=now(), reason=reason, before=cursor, limit=PAGE + 1)
    shown = found[:PAGE]
    values = {
        "counts": counts,
        "reason": reason if reason in rows.REASONS else "",
        "suppressions": [(one, masked(one.address)) for one in shown],
        "next": shown[-1].id.hex if len(found) > PAGE else "",
        "typed": typed or {"subject": "", "kind": "unsubscribed", "reason": ""},
        "complaints": list(complaints),
        "kinds": KINDS,
        "source": source_words,
    }
    return make_response(render_template("suppressions/listing.html", **values), status)


def _page(subject: Subject, status: int = 200, complaints: Any = (), *, lifting: bool = False) -> Response:
    with services().sessions() as session:
        found = rows.of_address(session, subject.key)
    if not found:
        raise NotFound("suppression")
    access, address = me().may("read", "suppressions"), found[0].address
    if address and not access.masked:
        note_look(services().sessions, customers=[found[0].customer], by=me().actor, now=now())
    at = now()
    held = [one for one in found if one.holds(at)]
    values = {
        "subject": subject,
        "customer": found[0].customer,
        "address": address if not access.masked else masked(address),
        "history": found,
        "held": held,
        "can_lift": [one for one in held if one.reason not in PERMANENT],
        "at": at,
        "lifting": lifting,
        "complaints": list(complaints),
        "saved": "saved" in request.args,
        "source": source_words,
    }
    return make_response(render_template("suppressions/page.html", **values), status)


def source_words(source: str) -> str:
    """The key of the words that say where a suppression came from."""
    kind = source.partition(":")[0]
    return kind if kind in ("event", "link", "api", "staff", "import", "settle") else "other"
