"""`POST /api/v1/customers/<id>/unsubscribe`: an opposition that another system heard of, in force once answered."""

from __future__ import annotations

from flask import Response, json, make_response

from surveyor.core.quoting import french
from surveyor.core.scope import Reach
from surveyor.db import known_customers
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows.customer_journey import CustomerJourneys, Defaults
from surveyor.flows.unsubscribe import unsubscribe_address
from surveyor.web.api.body import JSON, raw_body
from surveyor.web.api.door import api_key, key_for, reach
from surveyor.web.here import now, services

LIMIT = 4096


@key_for("customers:write")
def unsubscribe(customer: str) -> Response:
    """Unsubscribe the address of a customer, by the id that sources use. The body is `{}`: there is nothing to say."""
    _read_nothing(raw_body(LIMIT, kinds=(JSON,)))
    here = services()
    journeys = CustomerJourneys(here.keyring, Defaults(here.settings.time_zone, here.settings.language))
    source = f"api:{api_key().id}"
    new = unsubscribe_address(here.sessions, _key(customer, reach()), source=source, journeys=journeys, now=now())
    body = {"customer": customer, "unsubscribed": True, "new": new}
    response = make_response(json.dumps(body, ensure_ascii=False))
    response.mimetype = JSON
    return response


def _read_nothing(raw: bytes) -> None:
    """An empty body or an empty object; anything else would be thought to mean something."""
    if raw.strip() not in (b"", b"{}"):
        fr, en = "Le corps est vide ou {} : rien ne s'y ajoute.", "The body is empty or {}: nothing goes into it."
        raise Refused([Complaint("", "field_unknown", french(fr), en)])


def _key(customer: str, stores: Reach) -> bytes:
    with services().sessions() as session:
        found, key = known_customers.key_of_customer(session, customer, stores)
    if not found:
        raise NotFound("no such customer in the stores of this key")
    if key is None:
        fr, en = "Ce client n'a pas d'adresse : il ne reçoit rien.", "This customer has no address: nothing is sent."
        raise Refused([Complaint("path", "customer_without_address", french(fr), en)], status=409)
    return key
