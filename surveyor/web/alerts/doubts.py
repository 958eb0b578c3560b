"""Pages of emails in doubt: which, since when, what settles each, and a verdict where only a person can judge."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveyor.core.emails import DOUBT_LASTS, policy
from surveyor.db import doubt_list
from surveyor.db import emails as emails_db
from surveyor.errors import NotFound, Refused
from surveyor.flows.customer_journey import CustomerJourneys, Defaults
from surveyor.flows.judge_doubt import judge_doubt
from surveyor.web.alerts.forms import VerdictForm
from surveyor.web.here import now, services
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

area = Blueprint("doubts", __name__, url_prefix="/doubts")
_ID = re.compile(r"[0-9a-f]{32}")


def find(email_id: str) -> UUID:
    """The email in doubt of an address; NotFound when it is none (any more)."""
    if not _ID.fullmatch(email_id):
        raise NotFound("doubt")
    with services().sessions() as session:
        found = emails_db.doubt(session, UUID(hex=email_id))
    if found is None:
        raise NotFound("doubt")
    return found.email_id


@area.get("")
@needs("read", "sending_release")
def listing() -> Response:
    return _listing()


@area.post("/<email_id>")
@needs("write", "sending_release", find=find)
def judge(email_id: str) -> Response:
    form = VerdictForm.posted()
    complaints = form.complaints()
    if complaints:
        return _listing(422, complaints)
    here = services()
    journeys = CustomerJourneys(here.keyring, Defaults(here.settings.time_zone, here.settings.language))
    try:
        judge_doubt(here.sessions, g.found, form.verdict.data, journeys=journeys, by=me().actor, now=now())
    except Refused as refused:
        return _listing(refused.status, refused.complaints)
    return redirect(url_for("doubts.listing", saved=1), 303)


def _listing(status: int = 200, complaints: Any = ()) -> Response:
    with services().sessions() as session:
        found = doubt_list.waiting(session)
    values = {
        "doubts": [(one, str(policy(one.kind).in_doubt), one.intent_at + DOUBT_LASTS) for one in found],
        "at": now(),
        "complaints": list(complaints),
        "saved": "saved" in request.args,
    }
    return make_response(render_template("alerts/doubts.html", **values), status)
