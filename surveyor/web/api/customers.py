"""What another system heard of a customer: an opposition, in force once answered; an erasure, begun once answered."""

from __future__ import annotations

from typing import Any

from flask import Response, json, make_response, request

from surveyor.core.quoting import french
from surveyor.core.scope import Reach
from surveyor.db import known_customers
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows.customer_journey import CustomerJourneys, Defaults
from surveyor.flows.erase_customer import request_erasure
from surveyor.flows.manage_users import Actor
from surveyor.flows.unsubscribe import unsubscribe_address
from surveyor.web.api.body import JSON, no_body
from surveyor.web.api.door import api_key, key_for, reach
from surveyor.web.here import now, services
from surveyor.web.security.client import network_prefix

LIMIT = 4096


@key_for("customers:write")
def unsubscribe(customer: str) -> Response:
    """Unsubscribe the address of a customer, by the id that sources use. The body is `{}`: there is nothing to say."""
    no_body(LIMIT)
    here = services()
    journeys = CustomerJourneys(here.keyring, Defaults(here.settings.time_zone, here.settings.language))
    source = f"api:{api_key().id}"
    new = unsubscribe_address(here.sessions, _key(customer, reach()), source=source, journeys=journeys, now=now())
    body = {"customer": customer, "unsubscribed": True, "new": new}
    response = make_response(json.dumps(body, ensure_ascii=False))
    response.mimetype = JSON
    return response


@key_for("customers:write")
def erase(customer: str) -> Response:
    """Erase a customer: nothing leaves and no link opens once this is answered; the job named empties the rest."""
    here = services()
    with here.sessions() as session:
        found = known_customers.id_of_customer(session, customer, reach())
    if found is None:
        raise NotFound("no such customer in the stores of this key")
    journeys = CustomerJourneys(here.keyring, Defaults(here.settings.time_zone, here.settings.language))
    by = Actor(f"api:{api_key().id}", network_prefix(request.remote_addr or ""))
    options: Any = {"home": here.settings.home, "journeys": journeys, "now": now()}
    job = request_erasure(here.sessions, found, by=by, **options)
    response = make_response(json.dumps({"customer": customer, "job": job.hex}, ensure_ascii=False), 202)
    response.mimetype = JSON
    return response


def _key(customer: str, stores: Reach) -> bytes:
    with services().sessions() as session:
        found, key = known_customers.key_of_customer(session, customer, stores)
    if not found:
        raise NotFound("no such customer in the stores of this key")
    if key is None:
        fr, en = "Ce client n'a pas d'adresse : il ne reçoit rien.", "This customer has no address: nothing is sent."
        raise Refused([Complaint("path", "customer_without_address", french(fr), en)], status=409)
    return key
